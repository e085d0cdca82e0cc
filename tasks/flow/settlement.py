"""Paying what is accepted, and closing batches."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from marketplace.core.clock import now
from marketplace.projects.models import RUNNING, Batch, BatchState, ClosingStep
from marketplace.projects.selectors import schema_of
from marketplace.projects.services import BatchMoved, move_batch, refund_escrow
from tasks.assignment.models import LIVE, Assignment, AssignmentState
from tasks.disputes.selectors import undecided_disputes
from tasks.flow.refits import refit_batch
from tasks.flow.selectors import closing_batches, done_batches, untended
from tasks.offers.services import withdraw_offer
from tasks.pool.models import Task, TaskState
from tasks.pool.services import close_open_tasks
from workers.pay.services import pay_work
from workers.profiles.models import Worker

log = logging.getLogger(__name__)

PER_PAYMENT = 1000  # answers in one journal entry, and so in one transaction
WINDOW = 10_000  # due answers looked at together
PER_CLEARING = 2000  # tasks closed in one transaction
PATIENCE = 45.0  # seconds a sweep works before it lets the other sweeps of its process have a turn

Pair = tuple[int, int]
# of an assignment its number, batch and worker, and when it falls due
Due = Any
Dues = QuerySet[Assignment, Due]


def settle_due(*, batch: Batch | None = None, moment: dt.datetime | None = None, seconds: float = 1e9) -> int:
    """Accept and pay what is due at `moment` (now); returns how many answers were paid.

    One journal entry pays what one worker has due in one batch, each in a transaction of its own. Gold and
    work are paid alike and at the same time, so pay tells nothing. Stops after so many `seconds`. Safe to run
    twice at once: rows are skipped while another settles them, and a paid row is never due again.
    """
    due = _due(moment or now())
    if batch is not None:
        due = due.filter(batch=batch)
    end = time.monotonic() + seconds
    paid, window = 0, list(due[:WINDOW])
    while window:
        paid_now = _pay_all(window, end)
        paid += paid_now
        if not paid_now or len(window) < WINDOW or time.monotonic() > end:
            break
        # on from here: what lies behind is paid, or in another process's hands
        window = list(due.filter(accept_due_at__gte=window[-1].accept_due_at)[:WINDOW])
    return paid


def any_pay_due() -> bool:
    """Whether something is due."""
    return _due(now()).exists()


def close_batch(*, batch: Batch) -> BatchState:
    """End a batch: nothing more is handed out; what is held may still be answered.

    The rest is done in steps by the background, or by `finish_closing`: once no lease is live and no dispute
    undecided, everything is weighed once more and paid, and what is left of the escrow goes back to the
    client. Closing again changes nothing. Raises BatchMoved for a draft.
    """
    if batch.state == BatchState.DRAFT:
        raise BatchMoved
    with transaction.atomic():
        move_batch(batch=batch, origins=RUNNING, state=BatchState.CLOSING)
        withdraw_offer(batch_id=batch.pk)
    return BatchState(batch.state)


def finish_closing(*, batch_id: int, seconds: float = 1e9) -> bool:
    """Take a closing batch as far as it goes now, for about so many `seconds`; whether this call closed it.

    False when something is outstanding, when time was short, or when another process is at it. Each step may
    be done twice, and begins where it was left should a process die.
    """
    if not _take_in_hand(batch_id):
        return False
    end = time.monotonic() + seconds
    try:
        while _closing(batch_id).update(tended_at=now()) and time.monotonic() <= end:
            batch = Batch.objects.select_related("project__client").get(pk=batch_id)
            if not STEPS[ClosingStep(batch.closing_step)](batch, end):
                return False
    finally:
        Batch.objects.filter(pk=batch_id).update(tended_at=None)
    return Batch.objects.filter(pk=batch_id, state=BatchState.CLOSED).exists()


def sweep_closing(*, seconds: float = 1e9) -> None:
    """Start closing batches whose work is all done, and go on with those that wait."""
    end = time.monotonic() + seconds
    for batch in done_batches():
        close_batch(batch=batch)
    for batch_id in closing_batches().order_by("id").values_list("id", flat=True):
        if time.monotonic() > end:
            break
        try:
            finish_closing(batch_id=batch_id, seconds=end - time.monotonic())
        except Exception:
            log.exception("batch %s could not be closed; the others are all the same", batch_id)


def _wait(batch: Batch, end: float) -> bool:
    """The lock waits for claims under way; after it nothing more can be claimed."""
    with transaction.atomic():
        found = _locked(batch.pk)
        return bool(found and not _outstanding(found) and _step(found, ClosingStep.ESTIMATING))


def _estimate(batch: Batch, end: float) -> bool:
    if not refit_batch(batch=batch, schema=schema_of(batch.project_id), final=True):
        return False  # another process is at it; the sweep comes again
    # the last estimate may have sent a task to the experts
    return _step(batch, ClosingStep.WAITING if _outstanding(batch) else ClosingStep.CLEARING)


def _clear(batch: Batch, end: float) -> bool:
    while close_open_tasks(batch=batch, limit=PER_CLEARING):
        if time.monotonic() > end:
            return False
    return _step(batch, ClosingStep.PAYING)


def _pay(batch: Batch, end: float) -> bool:
    """Pay what is due and what is not due yet; then, if that was all, give the rest of the escrow back."""
    window = list(_unpaid(batch)[:WINDOW])
    while window and _pay_all(window, end) and time.monotonic() <= end:
        window = list(_unpaid(batch)[:WINDOW])
    with transaction.atomic():
        found = _locked(batch.pk)
        if found is None or _unpaid(found).exists():
            return False
        if _outstanding(found) or Task.objects.filter(batch=found, state=TaskState.OPEN).exists():
            return _step(found, ClosingStep.WAITING)
        refund_escrow(batch=found)
        _closing(batch.pk).update(state=BatchState.CLOSED, closing_step="", closed_at=now())
    return True


STEPS: dict[ClosingStep, Callable[[Batch, float], bool]] = {
    ClosingStep.WAITING: _wait,
    ClosingStep.ESTIMATING: _estimate,
    ClosingStep.CLEARING: _clear,
    ClosingStep.PAYING: _pay,
}


def _step(batch: Batch, step: ClosingStep) -> bool:
    """Compare-and-set: a step that another process has taken meanwhile is not taken again."""
    return bool(_closing(batch.pk).filter(closing_step=batch.closing_step).update(closing_step=step))


def _closing(batch_id: int) -> QuerySet[Batch]:
    return Batch.objects.filter(pk=batch_id, state=BatchState.CLOSING)


def _locked(batch_id: int) -> Batch | None:
    rows = _closing(batch_id).select_for_update(of=("self",)).select_related("project__client")
    return rows.first()


def _take_in_hand(batch_id: int) -> bool:
    return bool(_closing(batch_id).filter(untended()).update(tended_at=now()))


def _pay_all(window: list[Due], end: float) -> int:
    paid = 0
    for pair, ids in _by_pair(window):
        if time.monotonic() > end:
            break
        try:
            paid += _pay_some(pair, ids)
        except Exception:
            # one that cannot be paid must not keep the others from their money
            log.exception("the answers of worker %s in batch %s could not be paid", pair[1], pair[0])
    return paid


def _by_pair(window: list[Due]) -> Iterator[tuple[Pair, list[int]]]:
    """What belongs in one journal entry: a worker's answers in a batch, at most PER_PAYMENT of them."""
    found: dict[Pair, list[int]] = {}
    for due in window:
        found.setdefault((due.batch_id, due.worker_id), []).append(due.id)
    for pair, ids in found.items():
        for start in range(0, len(ids), PER_PAYMENT):
            yield pair, ids[start : start + PER_PAYMENT]


@transaction.atomic
def _pay_some(pair: Pair, ids: list[int]) -> int:
    batch_id, worker_id = pair
    due = list(
        Assignment.objects.select_for_update(skip_locked=True)
        .filter(id__in=ids, state=AssignmentState.SUBMITTED)
        .order_by("id")
        .values_list("id", "public_id")
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
    live = Assignment.objects.filter(batch=batch, state__in=LIVE)
    return live.exists() or undecided_disputes(batch).exists()


def _unpaid(batch: Batch) -> Dues:
    return _submitted().filter(batch=batch)


def _due(moment: dt.datetime) -> Dues:
    return _submitted().filter(accept_due_at__lte=moment).order_by("accept_due_at")


def _submitted() -> Dues:
    rows = Assignment.objects.filter(state=AssignmentState.SUBMITTED)
    return rows.values_list("id", "batch_id", "worker_id", "accept_due_at", named=True)
