"""Paying what is accepted, and closing batches."""

from __future__ import annotations

from django.db import transaction

from marketplace.core.clock import now
from marketplace.projects.models import RUNNING, Batch, BatchState
from marketplace.projects.selectors import schema_of
from marketplace.projects.services import BatchMoved, move_batch, refund_escrow
from tasks.assignment.models import LIVE, Assignment, AssignmentState
from tasks.assignment.services import bring_acceptance_forward
from tasks.disputes.models import Dispute, DisputeState
from tasks.flow.refits import refit_batch
from tasks.pool.models import Task, TaskState
from tasks.pool.services import close_open_tasks
from workers.pay.services import pay_work
from workers.profiles.models import Worker

PER_PAYMENT = 1000


def settle_due(*, batch: Batch | None = None) -> int:
    """Accept and pay everything whose acceptance is due; returns how many answers were paid.

    One journal entry pays all that one worker has due in one batch. Gold and work are paid alike
    and at the same time, so pay tells nothing. Safe to run twice at once: rows are skipped while
    another settles them, and a paid row is never due again.
    """
    paid = 0
    for batch_id, worker_id in _due(batch):
        paid += _settle_one(batch_id, worker_id)
    return paid


def close_batch(*, batch: Batch) -> BatchState:
    """End a batch: nothing more is handed out; what is held may still be answered.

    It is closed, and the rest of its escrow with the client, once no lease is live and no dispute
    undecided: at once if that is so now, else by the sweep. Closing again changes nothing.
    Raises BatchMoved for a draft.
    """
    if batch.state == BatchState.DRAFT:
        raise BatchMoved
    move_batch(batch=batch, origins=RUNNING, state=BatchState.CLOSING)
    finish_closing(batch_id=batch.pk)
    batch.refresh_from_db()
    return BatchState(batch.state)


def finish_closing(*, batch_id: int) -> bool:
    """Close a closing batch if nothing is outstanding; False if something is. Safe to run twice."""
    batch = Batch.objects.select_related("project__client").get(pk=batch_id)
    if batch.state != BatchState.CLOSING or _outstanding(batch):
        return False
    if not refit_batch(batch=batch, schema=schema_of(batch.project_id), final=True):
        return False  # another process is at it; the sweep comes again
    bring_acceptance_forward(batch=batch)
    settle_due(batch=batch)
    with transaction.atomic():
        # Nothing can be claimed any more, so what was not outstanding above cannot come back;
        # the row lock orders two sweepers.
        batch = (
            Batch.objects.select_for_update(of=("self",)).select_related("project__client").get(pk=batch_id)
        )
        if batch.state != BatchState.CLOSING or _outstanding(batch) or _unpaid(batch):
            return False
        close_open_tasks(batch=batch)
        refund_escrow(batch=batch)
        Batch.objects.filter(pk=batch_id).update(state=BatchState.CLOSED, closed_at=now())
    return True


def sweep_closing() -> None:
    """Start closing batches whose work is all done, and finish those that wait."""
    for batch in Batch.objects.filter(state=BatchState.LIVE):
        unsettled = Task.objects.filter(
            batch=batch, is_gold=False, state__in=(TaskState.OPEN, TaskState.DISPUTED)
        )
        if not unsettled.exists():
            move_batch(batch=batch, origins=(BatchState.LIVE,), state=BatchState.CLOSING)
    for batch_id in Batch.objects.filter(state=BatchState.CLOSING).values_list("id", flat=True):
        finish_closing(batch_id=batch_id)


def _due(batch: Batch | None) -> list[tuple[int, int]]:
    rows = Assignment.objects.filter(state=AssignmentState.SUBMITTED, accept_due_at__lte=now())
    if batch is not None:
        rows = rows.filter(batch=batch)
    return list(rows.order_by().values_list("batch_id", "worker_id").distinct())


@transaction.atomic
def _settle_one(batch_id: int, worker_id: int) -> int:
    due = list(
        Assignment.objects.select_for_update(skip_locked=True)
        .filter(
            batch_id=batch_id,
            worker_id=worker_id,
            state=AssignmentState.SUBMITTED,
            accept_due_at__lte=now(),
        )
        .order_by("id")
        .values_list("id", "public_id")[:PER_PAYMENT]
    )
    if not due:
        return 0
    batch = Batch.objects.get(pk=batch_id)
    entry = pay_work(
        batch=batch,
        worker=Worker.objects.get(pk=worker_id),
        reward_micros=batch.reward_micros * len(due),
        source=f"answers:{due[0][1]}",
        memo=f"{len(due)} x {batch.name}",
    )
    if entry is None:  # pragma: no cover  (the first of these answers was paid: it cannot be due)
        raise RuntimeError(f"answers from assignment {due[0][1]} are paid but not accepted")
    Assignment.objects.filter(id__in=[pk for pk, _ in due]).update(
        state=AssignmentState.ACCEPTED, payment=entry
    )
    return len(due)


def _outstanding(batch: Batch) -> bool:
    undecided = Dispute.objects.filter(batch=batch).exclude(state=DisputeState.DECIDED)
    return Assignment.objects.filter(batch=batch, state__in=LIVE).exists() or undecided.exists()


def _unpaid(batch: Batch) -> bool:
    return Assignment.objects.filter(batch=batch, state=AssignmentState.SUBMITTED).exists()
