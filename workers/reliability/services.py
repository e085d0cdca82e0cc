"""Writing down what was learnt of a worker. The numbers are computed above, in tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.db import transaction

from marketplace.core.clock import now
from workers.reliability.models import Reliability

Interval = tuple[float, float, float]


class FittedCounts(NamedTuple):
    """Expected counts [true class][answered class] of one worker after a refit, prior not included."""

    worker_id: int
    counts: list[list[float]]


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

    `confusion` is (true class, answered class, number of classes) for kinds with classes; the next
    posterior then already knows it. `interval(right, total)` gives accuracy, low and high.
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


def record_fit(*, project_id: int, question: str, fitted: Iterable[FittedCounts], version: str) -> None:
    """Replace the fitted counts of many workers; their gold record stays as it is."""
    moment = now()
    rows = [
        Reliability(
            worker_id=item.worker_id,
            project_id=project_id,
            question=question,
            counts=item.counts,
            version=version,
            updated_at=moment,
        )
        for item in sorted(fitted)  # one order, so that two writers cannot lock each other out
    ]
    Reliability.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["worker", "project", "question"],
        update_fields=["counts", "version", "updated_at"],
        batch_size=500,
    )
