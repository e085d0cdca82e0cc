"""The sweep of experts' leases."""

from __future__ import annotations

import time

from celery import shared_task

from marketplace.core.due import due_moment
from tasks.disputes.services import last_lease, reopen_expired

STEP = 200
PATIENCE = 45.0  # seconds before the other sweeps of the process have a turn


@shared_task
def sweep_leases() -> None:
    """Put disputes whose expert vanished back into the queue."""
    moment = due_moment("dispute-leases", last=last_lease)
    end = time.monotonic() + PATIENCE
    while reopen_expired(limit=STEP, moment=moment) == STEP and time.monotonic() < end:
        pass
