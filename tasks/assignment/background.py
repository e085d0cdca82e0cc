"""The lease sweep."""

from celery import shared_task

from tasks.assignment.services import expire_leases


@shared_task
def sweep_leases() -> None:
    """Take back what was not answered in time."""
    while expire_leases() == 500:
        pass
