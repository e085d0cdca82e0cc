"""The main loop's sweeps: each looks for what is due and may run twice."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction

from marketplace.projects.models import Batch, BatchState
from tasks.flow.refits import SLOWEST, refit_due
from tasks.flow.settlement import PATIENCE, close_batch, finish_closing, settle_due, sweep_closing


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
