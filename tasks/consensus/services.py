"""Writing down what answers and experts say of tasks. Whole batches: see `fits`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from marketplace.core.clock import now
from tasks.consensus.rules import EXPERT_ACCURACY
from tasks.consensus.weighing import VERSION, Result

METHOD_VERDICT = "verdict"
PER_STATEMENT = 1000

#: A call in a statement (see `tasks.flow.change`): each of `results` is written, or replaces what stands for
#: its task and question.
WEIGHED = "write_consensus(%(results)s, %(now)s)"


class TaskResult(NamedTuple):
    """A row of the consensus: the result on one question of one task."""

    task_id: int
    question: str
    value: Any
    confidence: float
    posterior: list[float]
    answers_used: int
    method: str
    version: str


def of_task(task_id: int, results: Sequence[Result]) -> list[TaskResult]:
    """The rows of one task."""
    return [TaskResult(task_id, *result) for result in results]


def upsert_consensus(*, rows: Sequence[TaskResult]) -> None:
    """Write each row, or replace what stands for its task and question."""
    with connection.cursor() as cursor:
        for start in range(0, len(rows), PER_STATEMENT):
            results = [row._asdict() for row in rows[start : start + PER_STATEMENT]]
            cursor.execute(f"SELECT {WEIGHED}", {"results": json.dumps(results), "now": now()})


def record_verdict(*, task_id: int, answer: dict[str, Any], answers_used: int) -> None:
    """Let an expert's answer be the consensus."""
    results = [
        Result(question, value, EXPERT_ACCURACY, [], answers_used, METHOD_VERDICT, VERSION)
        for question, value in answer.items()
    ]
    upsert_consensus(rows=of_task(task_id, results))
