"""Claiming work, giving it back, and taking it back when the time is up."""

from __future__ import annotations

import datetime as dt
import random

from django.db import connection, transaction

from marketplace.core.clock import now
from marketplace.core.errors import Conflict, DomainError, NotFound
from marketplace.core.ids import public_id
from marketplace.kinds.registry import kind_of
from marketplace.projects.models import BatchState
from marketplace.projects.selectors import schema_of
from tasks.assignment.access import assignment_for_worker
from tasks.assignment.claim import Context, lease_suite, lease_task, read_context
from tasks.assignment.limits import EnoughOfThisBatch, TooManyHeld, room_for, within_limits
from tasks.assignment.models import Assignment, AssignmentState
from tasks.assignment.policy import GoldRecord, gold_count, gold_share_of
from tasks.assignment.suite import Suite
from workers.profiles.models import Worker


class NothingToDo(Conflict):
    """There is nothing here for you at the moment; new work may come at any time."""

    code = "nothing_to_do"
    keeps = True  # how far the worker has read


class OthersFirst(Conflict):
    """Others are asked first in this project for now, because more of their answers turn out right. While
    none of them is here, it is your turn again; look in later.
    """

    code = "others_first"


class BatchNotLive(Conflict):
    """This batch is not handing out work now."""

    code = "batch_not_live"


class TaskSettled(Conflict):
    """This task needs no more answers."""

    code = "task_settled"


class TaskFullyLeased(Conflict):
    """Others hold every answer this task wants at the moment; it may come free again."""

    code = "task_fully_leased"


class AlreadyYours(Conflict):
    """You have this task already, or have answered it."""

    code = "already_yours"


class AssignmentNotLive(Conflict):
    """You no longer hold this task."""

    code = "lease_expired"


class AssignmentReturned(Conflict):
    """You gave this task back."""

    code = "assignment_returned"


# What the database answers to a claim by name that it refuses.
REFUSALS: dict[str, type[DomainError]] = {
    error.code: error for error in (NotFound, AlreadyYours, TaskSettled, BatchNotLive, TaskFullyLeased)
}


def claim_suite(
    *, worker: Worker, batch: str, size: int | None = None, rng: random.Random | None = None
) -> Suite:
    """Lease the next suite of a batch (public id) to a worker, gold mixed in at random places; a smaller one
    where a limit leaves no room for more.

    Raises NotFound, BatchNotLive, OthersFirst, NothingToDo where no task fits this worker, and what
    `within_limits` raises.
    """
    drawn = rng or random.SystemRandom()
    try:
        return _claim_suite(worker, batch, size, drawn)
    except (TooManyHeld, EnoughOfThisBatch):
        room = room_for(worker_id=worker.pk, batch=batch)
        if room < 1:
            raise
    return _claim_suite(worker, batch, min(room, size or room), drawn)


def _claim_suite(worker: Worker, batch: str, size: int | None, drawn: random.Random) -> Suite:
    moment, suite = now(), public_id()
    with within_limits(), transaction.atomic():
        context = read_context(worker_id=worker.pk, batch=batch)
        if context is None or context.state == BatchState.DRAFT:
            raise NotFound
        if context.bookmark_id is None:
            raise BatchNotLive
        if context.others_first:
            raise OthersFirst
        wanted = min(size or context.suite_size, context.suite_size)
        gold = gold_count(wanted, share=_gold_share(context), rng=drawn)
        expires = moment + dt.timedelta(seconds=context.terms.lease_seconds)
        leased = lease_suite(
            bookmark_id=context.bookmark_id,
            size=wanted,
            gold=[drawn.randint(1, context.places) for _ in range(gold)],
            suite=suite,
            moment=moment,
            expires=expires,
        )
    if not leased:  # outside the transaction, which keeps how far the worker has read
        raise NothingToDo
    return Suite(suite, context.terms, expires, leased)


def claim_task(*, worker: Worker, task: str) -> Suite:
    """Lease one named task (public id), as a suite of one. Raises NotFound, BatchNotLive, TaskSettled,
    TaskFullyLeased, AlreadyYours, and what `within_limits` raises. A task that was returned or ran out may be
    claimed again, under a new fence.
    """
    suite = public_id()
    with within_limits(), transaction.atomic():
        found = lease_task(worker_id=worker.pk, task=task, suite=suite, moment=now())
    if found.refusal is not None:
        raise REFUSALS[found.refusal]
    return Suite(suite, found.terms, found.expires_at, [found.leased])


def _gold_share(context: Context) -> float:
    """How much gold this worker is due, by what was graded of them in this project."""
    questions = {question.name: question for question in schema_of(context.terms.project_id).questions}
    records = [
        GoldRecord(right, total, kind_of(questions[name].kind).n_labels(questions[name].config))
        for name, right, total in context.graded
        if total
    ]
    return gold_share_of(records, answers=context.taken, gold_share=context.gold_share)


@transaction.atomic
def return_assignment(*, worker: Worker, assignment: str, skipped: bool = True) -> Assignment:
    """Give a task back unanswered; giving back twice is giving back once. One that was only held, not
    `skipped`, may be offered to the same worker again. Raises NotFound, AssignmentNotLive when it was
    answered or ran out.
    """
    held = assignment_for_worker(worker, assignment, lock=True)
    if held.state == AssignmentState.RETURNED:
        return held
    if held.state != AssignmentState.CLAIMED:
        raise AssignmentNotLive
    held.state, held.skipped = AssignmentState.RETURNED, skipped
    held.save(update_fields=["state", "skipped"])
    return held


class LeaseFenced(Conflict):
    """You claimed this task again since; use the newer claim."""

    code = "lease_fenced"


# The longest overdue first, passed over where another sweeper has them. The tasks are locked in the order of
# their ids before anything is written: a sweep and a suite of answers never wait for each other in a ring.
_EXPIRE = """
WITH due AS MATERIALIZED (
  SELECT id, task_id FROM tasks_assignment
   WHERE state = 'claimed' AND lease_expires_at < %(moment)s
   ORDER BY lease_expires_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), held AS MATERIALIZED (
  SELECT task.id FROM (SELECT DISTINCT task_id FROM due ORDER BY task_id) AS one
   CROSS JOIN LATERAL (SELECT id FROM tasks_task WHERE id = one.task_id FOR NO KEY UPDATE) AS task
)
UPDATE tasks_assignment SET state = 'expired'
  FROM due WHERE tasks_assignment.id = due.id AND (SELECT count(*) FROM held) > 0
"""
# Read from the front of the index, and the rest looked up one by one, whatever the planner believes of how
# many are due: to take five hundred, a hundred thousand need be neither sorted nor read.
_FROM_THE_FRONT = """
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off;
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"""


def expire_leases(*, limit: int = 500, moment: dt.datetime | None = None) -> int:
    """Take back up to `limit` tasks whose lease ran out before `moment` (now); returns how many.

    One short transaction. Safe to run twice at once.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FROM_THE_FRONT)
        cursor.execute(_EXPIRE, {"moment": moment or now(), "limit": limit})
        return int(cursor.rowcount)


def last_lease() -> dt.datetime | None:
    """When the last of the leases that are live now runs out; None where there is none."""
    live = Assignment.objects.filter(state=AssignmentState.CLAIMED).order_by("-lease_expires_at")
    return live.values_list("lease_expires_at", flat=True).first()
