"""What each accuracy would cost a batch: in money, for its rows, and what of it is still to be spent."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Q

from marketplace.kinds.registry import kind_of
from marketplace.ledger.money import share_of
from marketplace.projects.models import Batch
from marketplace.projects.schema import Question
from marketplace.projects.selectors import schema_of
from tasks.consensus.models import Fit
from tasks.consensus.rules import BatchPlan, Price
from tasks.pool.models import Task, TaskState
from tasks.quality.promise.calibration import LEAST_GOLD

# Open rows by how many answers they have, and by how many of the thresholds their confidence has passed.
_OPEN = """
SELECT t.answers_count, coalesce(width_bucket(c.confidence, %(thresholds)s::float8[]), 0), count(*)
  FROM tasks_task t
  LEFT JOIN tasks_consensus c
    ON t.answers_count > 0 AND c.task_id = t.id AND c.question = %(question)s
 WHERE t.batch_id = %(batch)s AND t.state = 'open' AND NOT t.is_gold
 GROUP BY 1, 2
"""

#: why there may be no prices
REASONS = ("no_classes", "no_gold", "little_gold", "not_yet")
#: what is said of a target that is out of reach
UNREACHED: dict[str, Any] = {
    "feasible": False,
    "cost_micros": None,
    "experts_micros": None,
    "left_micros": None,
    "answers_per_task": None,
    "settled": None,
    "expected_accuracy": None,
    "expected_low": None,
    "threshold": None,
    "overlap": None,
    "tried_overlap": None,
}


class Waiting(NamedTuple):
    """Open rows that are alike: their answers, how many of some thresholds they have passed, their number."""

    answers: int
    passed: int
    rows: int


def prices_of(batch: Batch) -> list[dict[str, Any]]:
    """What each target would take, question by question; where nothing can be told, the `reason` for it.

    Money is in micros, fees included, for the rows of the batch: answers to known rows come on top. `left`
    is what the rows that are not settled yet are expected to cost from now on under that target.

    Reasons: `no_classes` (an answer is not one choice out of a list, so no plan is made), `no_gold`
    (the project has no known rows), `little_gold` (of `gold_needed` known rows with enough answers
    there are `gold_tasks`), `not_yet` (there is enough gold, and a plan follows with the next refit).
    """
    plans = dict(Fit.objects.filter(batch=batch).values_list("question", "plan"))
    states = Task.objects.filter(batch=batch, is_gold=False).values_list("state").annotate(n=Count("id"))
    rows = dict(states)
    found = []
    for question in schema_of(batch.project_id).questions:
        stored = plans.get(question.name)
        plan = BatchPlan.stored(stored) if stored else None
        # plans from before there were prices have none until the next refit
        priced = plan is not None and bool(plan.prices or plan.out_of_reach)
        found.append(
            {"question": question.name}
            | (_told(batch, question, plan, rows) if plan and priced else _untold(batch, question))
        )
    return found


def _told(batch: Batch, question: Question, plan: BatchPlan, rows: dict[str, int]) -> dict[str, Any]:
    thresholds = sorted({price.threshold for price in plan.prices})
    waiting = _open_rows(batch, question, thresholds) if rows.get(TaskState.OPEN) else []
    answer, verdict = (
        paid + share_of(paid, batch.fee_ppm) for paid in (batch.reward_micros, batch.expert_reward_micros)
    )
    told = [UNREACHED | {"target": target} for target in plan.out_of_reach]
    for price in plan.prices:
        left = _answers_left(price, waiting, thresholds.index(price.threshold), batch.min_overlap)
        all_rows = sum(rows.values())
        told.append(
            {
                "target": price.target,
                "feasible": True,
                "cost_micros": round(all_rows * price.cost_to_come[0] * answer),
                "experts_micros": round(all_rows * (1.0 - price.settled) * verdict),
                "left_micros": round(left * answer) + rows.get(TaskState.DISPUTED, 0) * verdict,
                "answers_per_task": price.answers,
                "settled": price.settled,
                "expected_accuracy": price.accuracy,
                "expected_low": price.accuracy_low,
                "threshold": price.threshold,
                "overlap": price.overlap,
                "tried_overlap": price.tried,
            }
        )
    targets = [each | {"asked_for": each["target"] == batch.target_accuracy} for each in told]
    targets.sort(key=lambda each: each["target"])
    return _reasoned(None, plan.gold_tasks) | {"targets": targets}


def _answers_left(price: Price, waiting: list[Waiting], step: int, min_overlap: int) -> float:
    """What open rows are expected to cost yet, in answers; those that are sure enough cost nothing more."""
    total = 0.0
    for alike in waiting:
        sure = alike.passed > step and alike.answers >= min_overlap
        total += 0.0 if sure else alike.rows * price.cost_to_come[min(alike.answers, price.tried)]
    return total


def _open_rows(batch: Batch, question: Question, thresholds: list[float]) -> list[Waiting]:
    if not thresholds:
        return []
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"batch": batch.pk, "question": question.name, "thresholds": thresholds}
        cursor.execute(_OPEN, asked)
        return [Waiting(*row) for row in cursor.fetchall()]


def _untold(batch: Batch, question: Question) -> dict[str, Any]:
    """Why there are no prices."""
    if kind_of(question.kind).n_labels(question.config) is None:
        return _reasoned("no_classes", 0)
    known = Task.objects.filter(batch__project_id=batch.project_id, is_gold=True).aggregate(
        all=Count("id"), ready=Count("id", filter=Q(answers_count__gte=batch.min_overlap))
    )
    if not known["all"]:
        return _reasoned("no_gold", 0)
    return _reasoned("not_yet" if known["ready"] >= LEAST_GOLD else "little_gold", known["ready"])


def _reasoned(reason: str | None, gold_tasks: int) -> dict[str, Any]:
    return {"reason": reason, "gold_tasks": gold_tasks, "gold_needed": LEAST_GOLD, "targets": []}
