"""Storing answers, and grading those to gold."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction

from marketplace.core.errors import Conflict, Fault, Invalid, broken_constraint
from marketplace.kinds.registry import kind_of
from marketplace.projects.schema import AnswerProblems, Schema, canonical_answer
from tasks.answers.models import Answer, Grade
from tasks.assignment.models import Assignment
from tasks.assignment.services import AssignmentNotLive
from tasks.pool.models import GoldAnswer
from tasks.quality.trust.reliability import of_gold
from workers.reliability.services import Interval, record_gold

NO_LABEL = -1


class AnswerInvalid(Invalid):
    """The answer does not fit the question; see errors for the places. Your task is still yours."""

    code = "answer_invalid"


class AnswerStored(Conflict):
    """You already sent another answer to this task; the first one counts."""

    code = "answer_already_stored"


def read_answer(schema: Schema, raw: Any) -> dict[str, Any]:
    """The canonical form of an answer. Raises AnswerInvalid with every fault and its question."""
    try:
        return dict(canonical_answer(schema, raw))
    except AnswerProblems as error:
        raise AnswerInvalid(faults=[Fault(*problem) for problem in error.problems]) from error


def labels_of(schema: Schema, value: dict[str, Any]) -> list[int]:
    """One class code per question of the schema, NO_LABEL where there is none."""
    codes = []
    for question in schema.questions:
        given = value.get(question.name)
        label = None if given is None else kind_of(question.kind).label(question.config, given)
        codes.append(NO_LABEL if label is None else label)
    return codes


def store_answer(
    *,
    assignment: Assignment,
    schema: Schema,
    value: dict[str, Any],
    seconds: float | None,
    moment: dt.datetime,
) -> Answer:
    """Write an answer once. The database refuses it unless the assignment is live (AssignmentNotLive)."""
    try:
        with transaction.atomic():
            return Answer.objects.create(
                assignment=assignment,
                task_id=assignment.task_id,
                batch_id=assignment.batch_id,
                worker_id=assignment.worker_id,
                value=value,
                labels=labels_of(schema, value),
                seconds=seconds,
                submitted_at=moment,
            )
    except IntegrityError as error:
        if broken_constraint(error) == "answer_only_for_live_assignment":
            raise AssignmentNotLive from error
        raise


def grade_gold(*, answer: Answer, schema: Schema, project_id: int) -> Grade:
    """Hold an answer to a gold task against the known one and move the worker's reliability."""
    gold = GoldAnswer.objects.get(task_id=answer.task_id).answer
    scores, passes = [], []
    for index, question in enumerate(schema.questions):
        known, given = gold.get(question.name), answer.value.get(question.name)
        if known is None:
            continue
        kind = kind_of(question.kind)
        graded = None if given is None else kind.grade(question.config, given, known)
        score, passed = (0.0, False) if graded is None else (graded.score, graded.passed)
        scores.append(score)
        passes.append(passed)
        record_gold(
            worker_id=answer.worker_id,
            project_id=project_id,
            question=question.name,
            passed=passed,
            confusion=_confusion(
                kind.label(question.config, known), answer.labels[index], kind.n_labels(question.config)
            ),
            interval=accuracy_interval,
        )
    score = sum(scores) / len(scores) if scores else 1.0
    return Grade.objects.create(answer=answer, score=score, passed=all(passes))


def accuracy_interval(right: int, total: int) -> Interval:
    """Accuracy and its 95 % interval after `right` of `total` known answers."""
    found = of_gold(right, total)
    return found.mean, found.low, found.high


def _confusion(true: int | None, given: int, n_labels: int | None) -> tuple[int, int, int] | None:
    if true is None or n_labels is None or given == NO_LABEL:
        return None
    return true, given, n_labels
