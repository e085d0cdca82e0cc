"""The main loop's sweeps: each looks for what is due and may run twice."""

from celery import shared_task

from tasks.flow.refits import refit_due
from tasks.flow.settlement import settle_due, sweep_closing


@shared_task
def settle_pay() -> None:
    """Pay what is due."""
    settle_due()


@shared_task
def refit_batches() -> None:
    """Refit the batches that have learnt enough."""
    refit_due()


@shared_task
def close_batches() -> None:
    """Close the batches whose work is done."""
    sweep_closing()
