"""A clock that a test can put forward."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone


class Clock:
    """The present, so many seconds ahead of the real one."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta()

    def now(self) -> dt.datetime:
        """The moment the code under test sees."""
        return dt.datetime.now(dt.UTC) + self.ahead  # noqa: TID251  (the clock itself)

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.ahead += dt.timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time for a test to move."""
    moved = Clock()
    monkeypatch.setattr(timezone, "now", moved.now)
    return moved
