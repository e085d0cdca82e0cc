"""Is everything there that the work needs? One short answer per part; nothing here changes anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from redis.backoff import NoBackoff
from redis.retry import Retry

from marketplace.core.clock import now
from marketplace.core.models import Event, Heartbeat

CELERY = "celery"
BEAT = "beat"
FRESH = 20  # seconds since a heartbeat, at most
RELAYED = 60  # seconds an event may wait in the outbox, at most

Look = Callable[[], tuple[bool, str]]


@dataclass(frozen=True)
class Check:
    """One part: whether it is well, and a sentence that gives no address or password away."""

    name: str
    ok: bool
    detail: str


def checks() -> list[Check]:
    """Every part, looked at now; a part that fails does not hide the state of the others."""
    database = _checked("database", _database)
    stored: list[tuple[str, Look]] = [
        (CELERY, lambda: _heartbeat(CELERY)),
        (BEAT, lambda: _heartbeat(BEAT)),
        ("outbox", _outbox),
    ]
    # without the database each of these would wait for it in vain
    rest = [_checked(name, look if database.ok else _unknown) for name, look in stored]
    return [database, _checked("redis", _redis), *rest]


def _checked(name: str, look: Look) -> Check:
    try:
        ok, detail = look()
    except (DatabaseError, redis.RedisError):
        ok, detail = False, "does not answer"
    return Check(name=name, ok=ok, detail=detail)


def _unknown() -> tuple[bool, str]:
    return False, "not known while the database does not answer"


def _database() -> tuple[bool, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        (limit,) = cursor.fetchone()
    # behind PgBouncer it is the role that must set it
    return True, "answers" if limit != "0" else "answers, but lets a statement run for ever"


def _redis() -> tuple[bool, str]:
    # asked once: the usual patience of the client would make a dead Redis look slow
    once = Retry(NoBackoff(), 0)
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, retry=once
    ) as line:
        line.ping()
    return True, "answers"


def _heartbeat(name: str) -> tuple[bool, str]:
    seen = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    if seen is None:
        return False, "not seen yet"
    age = (now() - seen).total_seconds()
    return age <= FRESH, f"last seen {max(age, 0):.0f} s ago"


def _outbox() -> tuple[bool, str]:
    oldest = (
        Event.objects.filter(published_at=None).order_by("id").values_list("created_at", flat=True).first()
    )
    if oldest is None:
        return True, "nothing waits"
    age = (now() - oldest).total_seconds()
    return age <= RELAYED, f"the oldest event has waited {max(age, 0):.0f} s"
