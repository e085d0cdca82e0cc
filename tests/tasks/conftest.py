"""A clock that a test can let run, and put forward or back."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from django.utils import timezone

from marketplace.core import due


class Clock:
    """The present, so many seconds ahead of the real one."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta()
        self.passed = 0.0

    def now(self) -> dt.datetime:
        """The moment the code under test sees."""
        return dt.datetime.now(dt.UTC) + self.ahead  # noqa: TID251  (the clock itself)

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.passed += seconds
        self.put(seconds)

    def put(self, seconds: float) -> None:
        """Set the clock: so much forward, or (below zero) back, without any time passing."""
        self.ahead += dt.timedelta(seconds=seconds)

    def uptime(self) -> float:
        """Seconds since the host was started."""
        return time.monotonic() + self.passed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time for a test to move."""
    moved = Clock()
    monkeypatch.setattr(timezone, "now", moved.now)
    monkeypatch.setattr(due, "uptime", moved.uptime)
    return moved
