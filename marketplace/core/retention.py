"""What the machine remembers for a while only: events that were told, and stored replies."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from django.conf import settings
from django.db import connection

from marketplace.core.clock import now

STEP = 5000  # rows in one statement, which is a transaction of its own
NEWEST = 1000  # events of each stream that are kept whatever their age, or the clock, says

# The oldest are looked at, in the order of their numbers, and those of them go whose time is over.
_EVENTS = """
DELETE FROM marketplace_event e USING (
  SELECT head.id FROM marketplace_stream s
   CROSS JOIN LATERAL (
     SELECT id, created_at, published_at FROM marketplace_event
      WHERE stream_id = s.name AND seq <= s.last_seq - %(newest)s ORDER BY seq LIMIT %(step)s) AS head
   WHERE head.published_at IS NOT NULL AND head.created_at < %(before)s LIMIT %(step)s
) AS old WHERE e.id = old.id
"""
_REPLIES = """
DELETE FROM marketplace_storedreply r USING (
  SELECT head.id FROM (SELECT * FROM marketplace_storedreply ORDER BY id LIMIT %(step)s) AS head
   WHERE head.created_at < %(before)s
) AS old WHERE r.id = old.id
"""


def forget_events(*, seconds: float = 1e9) -> int:
    """Delete events that were told and are older than EVENTS_KEPT_DAYS; returns how many.

    Whoever asks for what came after an older one sees by the numbers that some are missing.
    """
    return _forget(_EVENTS, dt.timedelta(days=settings.EVENTS_KEPT_DAYS), seconds)


def forget_replies(*, seconds: float = 1e9) -> int:
    """Delete stored replies older than REPLIES_KEPT_DAYS; returns how many. Their keys may be used again."""
    return _forget(_REPLIES, dt.timedelta(days=settings.REPLIES_KEPT_DAYS), seconds)


def _forget(statement: str, kept: dt.timedelta, seconds: float) -> int:
    end, forgotten = time.monotonic() + seconds, 0
    terms: dict[str, Any] = {"step": STEP, "newest": NEWEST, "before": now() - kept}
    with connection.cursor() as cursor:
        while True:
            cursor.execute(statement, terms)
            gone = int(cursor.rowcount)
            forgotten += gone
            if gone < STEP or time.monotonic() > end:
                return forgotten
