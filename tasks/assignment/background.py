"""The sweeps of leases: taking back what ran out, counting what teams hold."""

from __future__ import annotations

import time

from celery import shared_task

from marketplace.core.due import due_moment
from tasks.assignment.limits import count_team_leases
from tasks.assignment.services import expire_leases, last_lease

STEP = 500
PATIENCE = 45.0  # seconds before the other sweeps of the process have a turn


@shared_task
def sweep_leases() -> None:
    """Take back what was not answered in time."""
    moment = due_moment("leases", last=last_lease)
    end = time.monotonic() + PATIENCE
    while expire_leases(limit=STEP, moment=moment) == STEP and time.monotonic() < end:
        pass


@shared_task
def count_leases() -> None:
    """Count what each vendor's team holds."""
    count_team_leases()
