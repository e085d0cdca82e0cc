"""A clock that a test can let run, and put forward or back."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from django.db import connection
from django.utils import timezone

from marketplace.core import due
from marketplace.database.plans import forget_plans

_TABLES = """
SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables
 WHERE schemaname = 'public' AND tablename NOT LIKE 'django\\_%'
"""
_FORGET_STATISTICS = """
SELECT pg_clear_attribute_stats(schemaname, tablename, attname, inherited) FROM pg_stats
 WHERE schemaname = 'public'
"""


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


@pytest.fixture
def as_installed(db: None) -> None:
    """Tables and plans as on a new server: no rows, dead or alive, no statistics, nothing planned.

    How PostgreSQL plans follows from all of these, and other tests and its own sweeper leave them anyhow.
    What is done here is undone with the test's transaction; until then nobody else gets at the tables.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        (tables,) = cursor.fetchone()
        cursor.execute(f"TRUNCATE {tables}")
        cursor.execute(_FORGET_STATISTICS)
    forget_plans()
