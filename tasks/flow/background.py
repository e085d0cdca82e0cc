"""The main loop's sweeps: each looks for what is due and may run twice."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction

from marketplace.projects.models import Batch, BatchState
from tasks.flow.refits import SLOWEST, any_refit_due, refit_due
from tasks.flow.selectors import any_closing_due
from tasks.flow.settlement import (
    PATIENCE,
    any_pay_due,
    close_batch,
    finish_closing,
    settle_due,
    sweep_closing,
)

# what takes long is handed to a process of its own, and not before there is something to do
UNWANTED = 20.0  # seconds after which the next look has come long since


@shared_task
def look_for_refits() -> None:
    """Start a refit if one is due."""
    if any_refit_due():
        refit_batches.apply_async(expires=UNWANTED)


@shared_task
def look_for_pay() -> None:
    """Start paying if something is due."""
    if any_pay_due():
        settle_pay.apply_async(expires=UNWANTED)


@shared_task
def look_for_closing() -> None:
    """Go on with closing if a batch is done, or is closing."""
    if any_closing_due():
        close_batches.apply_async(expires=UNWANTED)


@shared_task
def settle_pay() -> None:
    """Pay what is due."""
    settle_due(seconds=PATIENCE)


@shared_task(soft_time_limit=SLOWEST, time_limit=SLOWEST + 60)
def refit_batches() -> None:
    """Refit the batches that have learnt enough."""
    refit_due()


# the last refit of a large batch takes its time
@shared_task(soft_time_limit=SLOWEST, time_limit=SLOWEST + 60)
def close_batches() -> None:
    """Close the batches whose work is done, and go on with those that are closing."""
    sweep_closing(seconds=PATIENCE)


@shared_task(soft_time_limit=SLOWEST, time_limit=SLOWEST + 60)
def run_closing(batch_id: int) -> None:
    """Go on closing one batch."""
    finish_closing(batch_id=batch_id, seconds=PATIENCE)


def close_soon(*, batch: Batch) -> BatchState:
    """End a batch and wake a celery process for the rest; the sweep finds it anyway. Raises BatchMoved."""
    state = close_batch(batch=batch)
    # a lambda: Django asks a robust hook that failed for its name, and a partial has none
    transaction.on_commit(lambda: run_closing.delay(batch.pk), robust=True)
    return state
