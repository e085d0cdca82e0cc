"""/healthz says that the process lives, /readyz that all it needs is there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from marketplace.core import background, health
from marketplace.core.clock import now
from marketplace.core.models import Event, Heartbeat, Stream
from marketplace.local.ports import free_port

pytestmark = pytest.mark.django_db


def beat_all(*, seconds_ago: float = 0) -> None:
    """Celery and beat were last seen so long ago."""
    for name in (health.CELERY, health.BEAT):
        Heartbeat.objects.update_or_create(name=name, defaults={"at": now() - timedelta(seconds=seconds_ago)})


def unwell() -> dict[str, str]:
    """Name and detail of every part that is not well."""
    return {check.name: check.detail for check in health.checks() if not check.ok}


def test_the_process_says_that_it_lives(client: Client) -> None:
    reply = client.get("/healthz")
    assert (reply.status_code, reply.json()) == (200, {"status": "ok"})


def test_all_is_ready(client: Client) -> None:
    beat_all()
    reply = client.get("/readyz")
    assert reply.status_code == 200
    assert [check["name"] for check in reply.json()["checks"]] == [
        "database",
        "redis",
        "celery",
        "beat",
        "outbox",
    ]
    assert "max-age=0" in reply.headers["Cache-Control"]


def test_a_part_that_is_not_well_makes_it_not_ready(client: Client) -> None:
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert reply.json()["status"] == "degraded"


def test_celery_alive_and_beat_dead_are_told_apart() -> None:
    beat_all(seconds_ago=21)
    Heartbeat.objects.filter(name=health.CELERY).update(at=now())
    assert unwell() == {"beat": "last seen 21 s ago"}


def test_it_says_that_nothing_was_seen_yet() -> None:
    assert unwell() == {"celery": "not seen yet", "beat": "not seen yet"}


def test_an_event_nobody_was_told_of_is_noticed() -> None:
    beat_all()
    stream = Stream.objects.create(name="disputes", last_seq=1)
    Event.objects.create(stream=stream, seq=1, kind="opened", created_at=now() - timedelta(seconds=61))
    assert unwell() == {"outbox": "the oldest event has waited 61 s"}


def test_a_dead_redis_is_noticed_and_its_address_kept_to_ourselves(settings: Settings) -> None:
    beat_all()
    settings.REDIS_URL = f"redis://:secret@127.0.0.1:{free_port()}/0"
    assert unwell() == {"redis": "does not answer"}


def test_only_reading_is_offered(client: Client) -> None:
    assert client.post("/readyz").status_code == 405


def test_beat_is_seen_when_celery_runs_its_job() -> None:
    background.heartbeat()
    assert set(unwell()) == {"celery"}


@pytest.mark.django_db(transaction=True)
def test_celery_is_seen_when_it_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_last_written", -background.EVERY)
    background.note_celery_alive()
    assert set(unwell()) == {"beat"}
    first = Heartbeat.objects.get(name=health.CELERY).at
    background.note_celery_alive()
    assert Heartbeat.objects.get(name=health.CELERY).at == first


@pytest.mark.django_db(transaction=True)
def test_the_relay_tells_what_waits() -> None:
    beat_all()
    stream = Stream.objects.create(name="disputes", last_seq=1)
    Event.objects.create(stream=stream, seq=1, kind="opened", created_at=now() - timedelta(seconds=61))
    background.relay_events()
    assert unwell() == {}
