"""The outbox: what happened is numbered without gaps and told once it is committed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from marketplace.core import events
from marketplace.core.background import relay_events
from marketplace.core.events import append_event, events_after, last_seq, publish_waiting
from marketplace.core.models import Event, Stream

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What the listeners were told: stream and number."""
    calls: list[tuple[str, int]] = []
    monkeypatch.setattr(events, "_wake", lambda stream, seq: calls.append((stream, seq)))
    return calls


def numbers(stream: str = "disputes") -> list[int]:
    return [event.seq for event in events_after(stream, 0)]


def test_each_stream_counts_its_events_from_one() -> None:
    for stream in ("disputes", "pay", "disputes"):
        append_event(stream=stream, kind="opened")
    assert (numbers(), numbers("pay")) == ([1, 2], [1])
    assert (last_seq("disputes"), last_seq("pay"), last_seq("silent")) == (2, 1, 0)


def test_an_event_says_what_happened() -> None:
    append_event(stream="disputes", kind="opened", payload={"dispute": "A"})
    (event,) = events_after("disputes", 0)
    assert (event.kind, event.payload) == ("opened", {"dispute": "A"})
    assert event.published_at is None


def test_an_event_that_is_taken_back_leaves_no_gap() -> None:
    append_event(stream="disputes", kind="opened")
    with transaction.atomic():
        append_event(stream="disputes", kind="opened")
        transaction.set_rollback(True)
    append_event(stream="disputes", kind="opened")
    assert numbers() == [1, 2]


def test_a_reader_gets_what_came_after_its_cursor_oldest_first() -> None:
    for _ in range(4):
        append_event(stream="disputes", kind="opened")
    assert [event.seq for event in events_after("disputes", 2)] == [3, 4]
    assert [event.seq for event in events_after("disputes", 0, limit=2)] == [1, 2]
    assert events_after("disputes", 4) == []


def test_listeners_are_told_on_commit(
    told: list[tuple[str, int]], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        append_event(stream="disputes", kind="opened")
        assert told == []
    assert told == [("disputes", 1)]


def test_each_event_is_told_once_and_a_stream_with_its_newest_number(told: list[tuple[str, int]]) -> None:
    for stream in ("disputes", "pay", "disputes"):
        append_event(stream=stream, kind="opened")
    assert (publish_waiting(), publish_waiting()) == (3, 0)
    assert sorted(told) == [("disputes", 2), ("pay", 1)]
    assert not Event.objects.filter(published_at=None).exists()


def test_the_relay_tells_everything_also_when_it_is_much(
    told: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.core.background.BATCH", 2)
    for _ in range(5):
        append_event(stream="disputes", kind="opened")
    relay_events()
    relay_events()
    assert told == [("disputes", 2), ("disputes", 4), ("disputes", 5)]


def test_what_could_not_be_told_still_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def redis_is_down(stream: str, seq: int) -> None:
        raise ConnectionError

    monkeypatch.setattr(events, "_wake", redis_is_down)
    append_event(stream="disputes", kind="opened")
    with pytest.raises(ConnectionError):
        publish_waiting()
    assert Event.objects.filter(published_at=None).count() == 1


def test_a_listener_hears_which_stream_moved_and_how_far() -> None:
    async def heard() -> Any:
        layer = get_channel_layer()
        assert layer is not None
        channel = await layer.new_channel()
        await layer.group_add(events.group_of("disputes"), channel)
        await asyncio.to_thread(events._wake, "disputes", 7)
        return await asyncio.wait_for(layer.receive(channel), 10)

    assert asyncio.run(heard()) == {"type": "wake.up", "stream": "disputes", "seq": 7}


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        append_event(stream="disputes", kind="opened")
    assert not Stream.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_relays_share_the_events(told: list[tuple[str, int]]) -> None:
    with transaction.atomic():
        for _ in range(4):
            append_event(stream="disputes", kind="opened")
        Event.objects.update(published_at=None)
        transaction.get_connection().run_on_commit.clear()
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT id FROM marketplace_event WHERE seq <= 2 FOR UPDATE")
            assert publish_waiting() == 2  # the two that nobody else holds
    finally:
        other.close()
    assert (publish_waiting(), publish_waiting()) == (2, 0)
    assert told == [("disputes", 4), ("disputes", 2)]
