"""The results of a batch, row by row, each with where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch, QuerySet

from marketplace.projects.models import Batch
from tasks.consensus.models import Consensus
from tasks.disputes.models import Dispute, DisputeState
from tasks.pool.models import Task

COLUMNS = (
    "task",
    "row",
    "state",
    "question",
    "value",
    "confidence",
    "answers",
    "method",
    "version",
    "verdict",
    "verdict_reason",
)


def result_tasks(batch: Batch) -> QuerySet[Task]:
    """The tasks of a batch that are results (gold is not), with everything a result shows."""
    decided = Dispute.objects.filter(state=DisputeState.DECIDED).select_related("verdict")
    return (
        Task.objects.filter(batch=batch, is_gold=False)
        .select_related("row")
        .prefetch_related(
            Prefetch("consensus", Consensus.objects.order_by("id")), Prefetch("disputes", decided)
        )
    )


def result_of(task: Task) -> dict[str, Any]:
    """One task's result: value and confidence per question, answers used, method, verdict if any."""
    verdict = next((dispute.verdict for dispute in task.disputes.all()), None)
    found = list(task.consensus.all())
    return {
        "task": task.public_id,
        "row": task.row.external_id or str(task.row.position),
        "state": task.state,
        "value": {row.question: row.value for row in found},
        "confidence": min((row.confidence for row in found), default=None),
        "confidences": {row.question: round(row.confidence, 6) for row in found},
        "answers": task.answers_count,
        "method": found[0].method if found else None,
        "version": found[0].version if found else None,
        "verdict": {"outcome": verdict.outcome, "answer": verdict.answer, "reason": verdict.reason}
        if verdict
        else None,
    }


def results_of(batch: Batch) -> Iterator[dict[str, Any]]:
    """Every result of a batch in file order, in constant memory."""
    for task in result_tasks(batch).order_by("row__position").iterator(chunk_size=2000):
        yield result_of(task)


def flat_results_of(batch: Batch) -> Iterator[dict[str, Any]]:
    """Results as one line per question, for CSV: keys are COLUMNS."""
    for result in results_of(batch):
        verdict = result["verdict"]
        shared = {key: result[key] for key in ("task", "row", "state", "answers", "method", "version")}
        shared["verdict"] = verdict["outcome"] if verdict else ""
        shared["verdict_reason"] = verdict["reason"] if verdict else ""
        for question in result["value"] or {"": None}:
            yield shared | {
                "question": question,
                "value": result["value"].get(question),
                "confidence": result["confidences"].get(question),
            }
