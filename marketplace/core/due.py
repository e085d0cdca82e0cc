"""By which moment a sweep judges what is due: the clock, less what it was put forward a moment ago."""

from __future__ import annotations

import datetime as dt
import platform
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.db import transaction

from marketplace.core.clock import now
from marketplace.core.models import SweepClock

TOLERATED = 5.0  # seconds between two sweeps that are the ordinary setting of a clock
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def due_moment(sweep: str, *, last: Callable[[], dt.datetime | None]) -> dt.datetime:
    """The moment up to which things are due for `sweep`: a clock put forward takes nothing back early.

    The seconds since the host was started tell a jump from time that passed. After a jump forward the sweep
    judges by the clock as it ran before, until everything given by that clock is over: `last()` says when, by
    that clock (None: there is nothing). A clock put back takes nothing back early by itself.
    """
    moment = now()
    booted = moment - dt.timedelta(seconds=uptime())
    with transaction.atomic():
        clock, _ = SweepClock.objects.select_for_update().get_or_create(
            name=f"{sweep}@{_host()}", defaults={"booted_at": booted}
        )
        jump = (booted - clock.booted_at).total_seconds()
        if abs(jump) > TOLERATED:
            clock.ahead_seconds = max(0.0, clock.ahead_seconds + jump)
            given = last() if clock.ahead_seconds else None
            clock.until = given and given + dt.timedelta(seconds=clock.ahead_seconds)
        if clock.until is None or moment > clock.until:
            clock.ahead_seconds, clock.until = 0.0, None
        clock.booted_at = booted
        clock.save()
    return moment - dt.timedelta(seconds=clock.ahead_seconds)


def uptime() -> float:
    """Seconds since the host was started, which no one can put forward or back."""
    return time.monotonic()


@cache
def _host() -> str:
    return _BOOT.read_text().strip() if _BOOT.exists() else platform.node()[:40]
