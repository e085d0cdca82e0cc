"""Short background jobs as one message, and the connection that a job gives back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from celery.app.trace import build_tracer
from django.conf import settings
from django.db import connection

from marketplace.core import background
from marketplace.core.health import BEAT
from marketplace.core.models import Heartbeat

HEARTBEAT = background.heartbeat.name


@pytest.fixture
def broken() -> Iterator[str]:
    """The name of a job that always fails."""

    @current_app.task(name="tests.broken")
    def fail() -> None:
        raise ZeroDivisionError

    yield fail.name
    current_app.tasks.unregister(fail.name)


@pytest.mark.django_db
def test_one_that_fails_is_logged_and_the_next_runs(broken: str, caplog: pytest.LogCaptureFixture) -> None:
    background.sweep([broken, HEARTBEAT])
    assert Heartbeat.objects.filter(name=BEAT).exists()
    assert "the background job tests.broken failed" in caplog.text


def scheduled() -> list[str]:
    """Every job that is to run by itself, those of a sweep by their own names."""
    current_app.loader.import_default_modules()
    names = []
    schedule: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
    for entry in schedule.values():
        swept = entry["args"][0] if entry["task"] == background.sweep.name else []
        names += [entry["task"], *swept]
    return names


def test_all_that_is_scheduled_exists_and_is_there_once() -> None:
    names = [name for name in scheduled() if name != background.sweep.name]
    assert len(names) == len(set(names))
    assert set(names) <= set(current_app.tasks)


@pytest.mark.django_db(transaction=True)
def test_a_job_gives_its_connection_back() -> None:
    trace = build_tracer(HEARTBEAT, current_app.tasks[HEARTBEAT], app=current_app)
    trace("an id", [], {}, {"is_eager": False})  # as a celery process runs it
    assert Heartbeat.objects.count() == 1
    trace("another", [], {}, {"is_eager": False})
    assert connection.connection is None


@pytest.mark.django_db(transaction=True)
def test_a_job_in_the_middle_of_something_keeps_it() -> None:
    background.heartbeat.apply()
    assert connection.connection is not None


def test_celery_itself_closes_no_pool() -> None:
    reuse = current_app.conf.get("CELERY_DB_REUSE_MAX")
    assert reuse >= 1_000_000
