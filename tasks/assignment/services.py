"""Claiming work, giving it back, and taking it back when the time is up."""

from __future__ import annotations

import datetime as dt
import random

from django.db import connection, transaction
from django.db.models import F, Sum

from marketplace.core.clock import now
from marketplace.core.errors import Conflict
from marketplace.core.ids import public_id
from marketplace.projects.models import Batch, BatchState
from tasks.assignment.access import assignment_for_worker, batch_for_worker, task_for_worker
from tasks.assignment.claim import claim_rows, has_work, hold_batch, pick_gold
from tasks.assignment.models import RECLAIMABLE, Assignment, AssignmentState
from tasks.assignment.policy import gold_count
from tasks.pool.models import Task, TaskState
from workers.profiles.models import Worker
from workers.reliability.models import Reliability


class NothingToDo(Conflict):
    """There is nothing here for you at the moment; new work may come at any time."""

    code = "nothing_to_do"


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


@transaction.atomic
def claim_suite(
    *, worker: Worker, batch: str, size: int | None = None, rng: random.Random | None = None
) -> list[Assignment]:
    """Lease the next suite of a batch (public id) to a worker, gold mixed in at random places.

    Raises NotFound, BatchNotLive, or NothingToDo where no task fits this worker.
    """
    source = batch_for_worker(batch)
    if source.state != BatchState.LIVE:
        raise BatchNotLive
    drawn = rng or random.SystemRandom()
    wanted = min(size or source.suite_size, source.suite_size)
    graded = Reliability.objects.filter(worker=worker, project_id=source.project_id)
    gold_answers = graded.aggregate(n=Sum("gold_answers"))["n"] or 0
    gold = gold_count(wanted, gold_answers=gold_answers, gold_share=source.gold_share, rng=drawn)
    known = pick_gold(batch_id=source.pk, worker_id=worker.pk, size=gold)
    found = claim_rows(
        batch_id=source.pk,
        worker_id=worker.pk,
        gold=known,
        size=wanted - len(known),  # what there is no gold for is made up with work
        suite=public_id(),
        moment=now(),
        lease=dt.timedelta(seconds=source.lease_seconds),
    )
    only_gold = len(found) <= len(known)
    if only_gold and not (len(known) == wanted and has_work(batch_id=source.pk, worker_id=worker.pk)):
        # undoes the gold: handed out alone at the end it would give itself away
        raise NothingToDo
    suite_rows = list(Assignment.objects.filter(id__in=found).select_related("batch__project"))
    drawn.shuffle(suite_rows)
    return suite_rows


@transaction.atomic
def claim_task(*, worker: Worker, task: str) -> Assignment:
    """Lease one named task (public id). Raises NotFound, BatchNotLive, TaskSettled, TaskFullyLeased,
    AlreadyYours. A task that was returned or ran out may be claimed again, under a new fence.
    """
    # looked at before it is locked: a refusal, the commonest reply of a batch near its end, writes nothing
    _require_claimable(task_for_worker(task), worker)
    wanted = task_for_worker(task, lock=True)
    held = _require_claimable(wanted, worker)
    batch = wanted.batch
    if hold_batch(batch.pk) != BatchState.LIVE:
        raise BatchNotLive
    moment = now()
    expires = moment + dt.timedelta(seconds=batch.lease_seconds)
    if held is None:
        return Assignment.objects.create(
            task=wanted,
            batch=batch,
            worker=worker,
            suite=public_id(),
            claimed_at=moment,
            lease_expires_at=expires,
        )
    # the locked task row keeps a second claim by the same worker out until this one is done
    held.state, held.suite, held.fence = AssignmentState.CLAIMED, public_id(), held.fence + 1
    held.claimed_at, held.lease_expires_at, held.batch = moment, expires, batch
    held.skipped = False
    held.save(update_fields=["state", "suite", "fence", "claimed_at", "lease_expires_at", "skipped"])
    return held


def _require_claimable(task: Task, worker: Worker) -> Assignment | None:
    """The worker's earlier assignment of a task they may claim; raises the reason why they may not."""
    held = Assignment.objects.filter(worker=worker, task=task).first()
    if held is not None and held.state not in RECLAIMABLE:
        raise AlreadyYours
    if task.state != TaskState.OPEN or task.answers_count >= task.max_overlap:
        raise TaskSettled
    if task.batch.state != BatchState.LIVE:
        raise BatchNotLive
    if not task.wanted:
        raise TaskFullyLeased
    return held


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


def require_live(assignment: Assignment, fence: int | None) -> None:
    """Raises the reason why an answer to this (locked) assignment cannot be taken, if there is one."""
    if assignment.state == AssignmentState.RETURNED:
        raise AssignmentReturned
    if assignment.state != AssignmentState.CLAIMED:
        raise AssignmentNotLive
    if fence is not None and fence != assignment.fence:
        raise LeaseFenced


class LeaseFenced(Conflict):
    """You claimed this task again since; use the newer claim."""

    code = "lease_fenced"


def mark_submitted(*, assignment: Assignment, moment: dt.datetime) -> None:
    """Note that a (locked) live assignment was answered; acceptance falls due after the batch's time."""
    due = moment + dt.timedelta(seconds=assignment.batch.acceptance_seconds)
    assignment.state, assignment.submitted_at, assignment.accept_due_at = (
        AssignmentState.SUBMITTED,
        moment,
        due,
    )
    assignment.save(update_fields=["state", "submitted_at", "accept_due_at"])


# Two sweepers share the rows; ordered by task so that they lock the tasks in one order. Materialised,
# because a planner may run a subquery with LIMIT more than once, and then take more than it was given.
_EXPIRE = """
WITH due AS MATERIALIZED (
  SELECT id FROM tasks_assignment
   WHERE state = 'claimed' AND lease_expires_at < %s
   ORDER BY task_id LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE tasks_assignment SET state = 'expired' FROM due WHERE tasks_assignment.id = due.id
"""


def expire_leases(*, limit: int = 500) -> int:
    """Take back tasks whose lease ran out; returns how many. Safe to run twice at once."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_EXPIRE, [now(), limit])
        return int(cursor.rowcount)


def bring_acceptance_forward(*, batch: Batch) -> None:
    """Let everything submitted in a batch fall due now: it is closing."""
    Assignment.objects.filter(batch=batch, state=AssignmentState.SUBMITTED, accept_due_at__gt=now()).update(
        accept_due_at=F("submitted_at")
    )
