"""Submitting answers: each has an outcome of its own, and those that are taken are written together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction

from marketplace.core.clock import now
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.ids import public_id
from marketplace.projects.models import RUNNING, BatchState
from marketplace.projects.schema import Schema
from marketplace.projects.selectors import schema_of
from tasks.answers.services import AnswerStored, grade, labels_of, read_answer
from tasks.assignment.models import ANSWERED, AssignmentState
from tasks.assignment.selectors import rows_of
from tasks.assignment.services import AssignmentNotLive, AssignmentReturned, LeaseFenced
from tasks.consensus.services import of_task
from tasks.consensus.votes import standings
from tasks.consensus.weighing import Heard, Weighed, weigh
from tasks.disputes.services import REASON_NO_CONSENSUS
from tasks.flow.change import Author, Change
from tasks.flow.hold import HeldAssignment, HeldTask, hold_assignments, hold_tasks
from tasks.pool.models import Lane, TaskState
from tasks.quality.promise.stopping import Decision

DECIDING = (*RUNNING, BatchState.CLOSING)
PER_ROUND = 200


class Given(NamedTuple):
    """An answer as it was sent: the assignment by its public id, the fence as it came with the claim."""

    assignment: str
    answer: Any
    fence: int | None = None
    seconds: float | None = None


class Receipt(NamedTuple):
    """What became of one answer: stored by this call (`new`), stored before, or refused, and why."""

    assignment: str
    new: bool
    refusal: DomainError | None = None


class _Taken(NamedTuple):
    """An answer that is to be stored."""

    held: HeldAssignment
    task: HeldTask
    schema: Schema
    value: dict[str, Any]
    labels: list[int]
    seconds: float | None


def take_answers(*, worker_id: int, given: Sequence[Given], suite: str | None = None) -> list[Receipt]:
    """Take in answers to a worker's assignments, each named once; several only from one `suite` (public id).

    One transaction: what can be taken is stored, gold is graded, tasks are weighed and decided on; what
    cannot is refused by itself. The same answer again is answered the same and stored once.
    """
    with transaction.atomic():
        held = hold_assignments(worker_id=worker_id, names=[each.assignment for each in given])
        receipts, taken = [], []
        rows = _rows(held.values())
        for each in given:
            try:
                one = _take(held.get(each.assignment), each, suite, rows)
            except DomainError as refusal:
                receipts.append(Receipt(each.assignment, new=False, refusal=refusal))
                continue
            receipts.append(Receipt(each.assignment, new=one is not None))
            if one is not None:
                taken.append(one)
        if taken:
            _store(taken, worker_id, now())
    return receipts


def decide_tasks(*, task_ids: Sequence[int]) -> None:
    """Weigh tasks again and let what follows follow: after a refit. Safe to run at any time."""
    ordered = sorted(task_ids)
    for start in range(0, len(ordered), PER_ROUND):
        with transaction.atomic():
            change = Change()
            for task in hold_tasks(task_ids=ordered[start : start + PER_ROUND]):
                if not task.is_gold:
                    _decide(change, task, task.answers)
            change.write(now())


def _rows(held: Iterable[HeldAssignment]) -> dict[int, dict[str, Any]]:
    """What was shown, by assignment id, where an answer has to fit it."""
    asked = [each.id for each in held if schema_of(each.project_id).asks_of_rows]
    return rows_of(assignment_ids=asked) if asked else {}


def _take(
    held: HeldAssignment | None, given: Given, suite: str | None, rows: Mapping[int, dict[str, Any]]
) -> _Taken | None:
    """What is to be stored of an answer; None where it is stored already. Raises why it cannot be taken."""
    if held is None:
        raise NotFound
    schema = schema_of(held.project_id)
    value = read_answer(schema, given.answer, rows.get(held.id))
    if held.state in ANSWERED:
        if held.stored != value:
            raise AnswerStored
        return None
    if held.state == AssignmentState.RETURNED:
        raise AssignmentReturned
    if held.task is None:
        raise AssignmentNotLive
    if given.fence not in (None, held.fence) or suite not in (None, held.suite):
        raise LeaseFenced
    return _Taken(held, held.task, schema, value, labels_of(schema, value), given.seconds)


def _store(taken: list[_Taken], worker_id: int, moment: dt.datetime) -> None:
    """Write what is taken, with all that follows from it. Gold counts from the worker's next submit on."""
    batch = taken[0].task.batch  # of one suite, so of one batch
    pay_due = moment + dt.timedelta(seconds=batch.acceptance_seconds)
    change = Change(Author(worker_id, batch.id, batch.project_id, pay_due))
    for held, task, schema, value, labels, seconds in taken:
        row = {"assignment_id": held.id, "task_id": task.id, "value": value, "labels": labels}
        change.answers.append(row | {"seconds": seconds})
        if task.is_gold:
            graded = grade(schema, task.known or {}, value, labels)
            change.grades.append({"assignment_id": held.id, "score": graded.score, "passed": graded.passed})
            change.seen += graded.seen
        else:
            _decide(change, task, [*task.answers, Heard(labels, value, held.records)])
    change.write(moment)


def _decide(change: Change, task: HeldTask, answers: list[Heard]) -> None:
    """Weigh a task and note what follows: it is settled, wants one answer more, or goes to an expert.

    An expert's word stands, whoever weighs the answers again. Late answers are weighed too, but move nothing.
    """
    if task.judged:
        return
    batch = task.batch
    stands = standings(batch.id, batch.project_id, batch.fits)
    weighed = weigh(schema_of(batch.project_id), answers, stands, batch.terms)
    change.results += of_task(task.id, weighed.results)
    if task.state != TaskState.OPEN or batch.state not in DECIDING:
        return
    state, lane, overlap = TaskState.OPEN, task.lane, task.overlap
    if weighed.decision is Decision.RESOLVE:
        state = TaskState.RESOLVED
    elif weighed.decision is Decision.EXTEND:
        lane = Lane.NEAR if weighed.near else Lane.BEGUN
        overlap = min(task.max_overlap, max(task.overlap, weighed.answers + 1))
    else:
        state = TaskState.DISPUTED
        change.disputes.append(_dispute(task, weighed))
    if (state, lane, overlap) != (task.state, task.lane, task.overlap):
        change.moves.append({"task_id": task.id, "state": state, "lane": lane, "overlap": overlap})


def _dispute(task: HeldTask, weighed: Weighed) -> dict[str, Any]:
    return {
        "public_id": public_id(),
        "task_id": task.id,
        "batch_id": task.batch.id,
        "reason": REASON_NO_CONSENSUS,
        "evidence": {"confidence": round(weighed.confidence, 4), "answers": weighed.answers},
    }
