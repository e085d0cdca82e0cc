"""Background jobs of the core: signs of life, and the relay of the outbox."""

from __future__ import annotations

import copy
import logging
import time
from typing import Any

from celery import Task, current_app, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import heartbeat_sent, task_postrun
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from marketplace.core.clock import now
from marketplace.core.events import publish_waiting
from marketplace.core.health import BEAT, CELERY
from marketplace.core.models import Heartbeat
from marketplace.core.retention import forget_events, forget_replies

EVERY = 5.0  # seconds between two written heartbeats of the celery process
BATCH = 200
FORGETTING = 20.0  # seconds a run may take for each kind of what is forgotten

log = logging.getLogger(__name__)
_last_written = -EVERY


@shared_task
def sweep(names: list[str]) -> None:
    """Run short background jobs, by their names, one after another; one that fails is logged, and the others
    run all the same.
    """
    for name in names:
        try:
            current_app.tasks[name]()
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            log.exception("the background job %s failed", name)


@shared_task
def heartbeat() -> None:
    """Beat sent this and celery ran it: both live. An old heartbeat of `beat` beside a fresh one of `celery`
    therefore means that beat is dead.
    """
    Heartbeat.objects.update_or_create(name=BEAT, defaults={"at": now()})


@shared_task
def relay_events() -> None:
    """Tell listeners of events whose own commit hook did not (a process killed between commit and hook)."""
    while publish_waiting(limit=BATCH) == BATCH:
        pass


@shared_task
def forget_old() -> None:
    """Delete what is remembered for a while only."""
    forget_events(seconds=FORGETTING)
    forget_replies(seconds=FORGETTING)


@task_postrun.connect
def give_back(task: Task[..., Any], **_: Any) -> None:
    """Give a job's connection back to the pool of its process, which stays.

    Celery would close the pool too: each job began with a new connection, which took longer than most do.
    """
    if task.request.is_eager:  # in somebody else's transaction
        return
    for connection in connections.all(initialized_only=True):
        connection.close()


@heartbeat_sent.connect
def note_celery_alive(**_: Any) -> None:
    """Write down that the celery process consumes: it beats every 2 s while it is connected to the broker."""
    global _last_written
    if time.monotonic() - _last_written < EVERY:
        return
    _last_written = time.monotonic()
    try:
        _write(CELERY)
    except DatabaseError as error:
        log.warning("heartbeat not written: %s", error.__class__.__name__)


def _write(name: str) -> None:
    """Upsert over a connection of its own, closed at once.

    The signal fires in the parent of celery's processes: a pool or a connection opened there would be
    inherited, and broken, by every child forked later.
    """
    table = Heartbeat._meta.db_table
    connection = _connection()
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (name, at) VALUES (%s, %s) "  # noqa: S608
                "ON CONFLICT (name) DO UPDATE SET at = excluded.at",
                [name, now()],
            )
    finally:
        connection.close()


def _connection() -> BaseDatabaseWrapper:
    shared = connections["default"]
    settings = copy.deepcopy(shared.settings_dict)
    settings["OPTIONS"].pop("pool", None)
    return type(shared)(settings, alias=shared.alias)
