"""Writing down what was learnt of a worker. The numbers are computed above, in tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from marketplace.core.clock import now
from workers.reliability.models import Reliability

#: A part of a statement (see `tasks.flow.change`): adds each of `known` to a worker's record. It adds in the
#: database, so that of many at once each is counted. `counts` are added cell by cell.
MEASURED = """
measured AS (
  INSERT INTO workers_reliability AS r
    (worker_id, project_id, question, gold_right, gold_answers, counts, weights, version, updated_at)
  SELECT %(worker)s, %(project)s, k.question, k.gold_right, k.gold_answers, k.counts, '[]', '', %(now)s
    FROM json_to_recordset(%(known)s) AS k
      (question text, gold_right int, gold_answers int, counts jsonb)
  ON CONFLICT (worker_id, project_id, question) DO UPDATE
     SET gold_right = r.gold_right + excluded.gold_right,
         gold_answers = r.gold_answers + excluded.gold_answers,
         updated_at = excluded.updated_at,
         counts = CASE
           WHEN excluded.counts = '[]' THEN r.counts
           WHEN r.counts = '[]' THEN excluded.counts
           ELSE (
             SELECT jsonb_agg(
                      (SELECT jsonb_agg(a.n::float8 + b.n::float8 ORDER BY l)
                         FROM jsonb_array_elements(old.row) WITH ORDINALITY AS a (n, l)
                         JOIN jsonb_array_elements(new.row) WITH ORDINALITY AS b (n, l) USING (l))
                      ORDER BY k)
               FROM jsonb_array_elements(r.counts) WITH ORDINALITY AS old (row, k)
               JOIN jsonb_array_elements(excluded.counts) WITH ORDINALITY AS new (row, k) USING (k))
         END
)"""


class Confusion(NamedTuple):
    """Class codes of a known and of a given answer, out of so many."""

    true: int
    given: int
    n_labels: int


class SeenGold(NamedTuple):
    """One graded known answer to one question; no confusion for kinds without classes."""

    question: str
    passed: bool
    confusion: Confusion | None


class FittedWorker(NamedTuple):
    """One worker after a refit: expected answers [true class][answered class], prior not included, what an
    answer adds to the log posterior, in the same shape, and what it teaches (see `Reliability.tells`), None
    where that stays as it was.
    """

    worker_id: int
    counts: list[list[float]]
    weights: list[list[float]]
    tells: float | None = None


def known_of(seen: Sequence[SeenGold]) -> list[dict[str, Any]]:
    """Graded answers of one worker in one project as `known` of MEASURED: a row per question, in their order.

    Before the first refit the next posterior already knows of them, later the next refit.
    """
    rows: dict[str, dict[str, Any]] = {}
    for each in seen:
        none_yet = {"question": each.question, "gold_right": 0, "gold_answers": 0, "counts": []}
        row = rows.setdefault(each.question, none_yet)
        row["gold_answers"] += 1
        row["gold_right"] += each.passed
        if each.confusion is not None:
            true, given, n_labels = each.confusion
            row["counts"] = row["counts"] or [[0.0] * n_labels for _ in range(n_labels)]
            row["counts"][true][given] += 1.0
    return list(rows.values())


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
            tells=item.tells,
            version=version,
            updated_at=moment,
        )
        for item in sorted(
            fitted, key=attrgetter("worker_id")
        )  # one order, so that two writers cannot lock each other out
    ]
    compared = ["tells"] if any(row.tells is not None for row in rows) else []
    Reliability.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["worker", "project", "question"],
        update_fields=["counts", "weights", "version", "updated_at", *compared],
        batch_size=500,
    )
