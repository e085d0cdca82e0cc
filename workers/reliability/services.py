"""Writing down what was learnt of a worker. The numbers are computed above, in tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.db import transaction

from marketplace.core.clock import now
from workers.reliability.models import Reliability

Interval = tuple[float, float, float]


class FittedWorker(NamedTuple):
    """One worker after a refit: expected answers [true class][answered class], prior not included, and
    what an answer adds to the log posterior, in the same shape.
    """

    worker_id: int
    counts: list[list[float]]
    weights: list[list[float]]


@transaction.atomic
def record_gold(
    *,
    worker_id: int,
    project_id: int,
    question: str,
    passed: bool,
    confusion: tuple[int, int, int] | None,
    interval: Callable[[int, int], Interval],
) -> None:
    """Count one graded gold answer.

    `confusion` is (true class, answered class, number of classes) for kinds with classes; before the first
    refit the next posterior already knows it, later the next refit. `interval(right, total)` gives accuracy,
    low and high.
    """
    row, _ = Reliability.objects.get_or_create(worker_id=worker_id, project_id=project_id, question=question)
    row = Reliability.objects.select_for_update().get(pk=row.pk)
    row.gold_answers += 1
    row.gold_right += int(passed)
    row.accuracy, row.low, row.high = interval(row.gold_right, row.gold_answers)
    if confusion is not None:
        true, given, n_labels = confusion
        counts = row.counts or [[0.0] * n_labels for _ in range(n_labels)]
        counts[true][given] += 1.0
        row.counts = counts
    row.updated_at = now()
    row.save()


def record_fit(*, project_id: int, question: str, fitted: Iterable[FittedWorker], version: str) -> None:
    """Replace what was fitted of many workers; their gold record stays as it is."""
    moment = now()
    rows = [
        Reliability(
            worker_id=item.worker_id,
            project_id=project_id,
            question=question,
            counts=item.counts,
            weights=item.weights,
            version=version,
            updated_at=moment,
        )
        for item in sorted(fitted)  # one order, so that two writers cannot lock each other out
    ]
    Reliability.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["worker", "project", "question"],
        update_fields=["counts", "weights", "version", "updated_at"],
        batch_size=500,
    )
