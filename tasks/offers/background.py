"""The sweep that keeps the crowd's page true."""

from celery import shared_task

from tasks.offers.services import refresh_offers


@shared_task
def sweep_offers() -> None:
    """Count anew what has changed."""
    refresh_offers()
