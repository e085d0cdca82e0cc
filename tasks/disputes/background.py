"""The sweep of experts' leases."""

from celery import shared_task

from tasks.disputes.services import reopen_expired


@shared_task
def sweep_leases() -> None:
    """Put disputes whose expert vanished back into the queue."""
    reopen_expired()
