"""What is remembered for a while only: bounded steps, nothing that waits, and a reader who notices."""

from __future__ import annotations

import datetime as dt

import pytest
from pytest_django import Settings

from marketplace.core import retention
from marketplace.core.background import forget_old
from marketplace.core.clock import now
from marketplace.core.events import append_event, events_after, publish_waiting
from marketplace.core.models import Event, StoredReply
from marketplace.core.retention import forget_events, forget_replies
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "NEWEST", 2)


def told(stream: str, count: int, *, days_ago: float) -> None:
    for _ in range(count):
        append_event(stream=stream, kind="opened")
    publish_waiting()
    Event.objects.filter(stream_id=stream).update(created_at=now() - dt.timedelta(days=days_ago))


def replies(count: int, *, days_ago: float) -> None:
    user = make_user()
    moment = now() - dt.timedelta(days=days_ago)
    for n in range(count):
        StoredReply.objects.create(actor=user, key=f"k{n}", request_hash="", created_at=moment)


def test_it_forgets_what_is_old_and_was_told(settings: Settings) -> None:
    settings.EVENTS_KEPT_DAYS, settings.REPLIES_KEPT_DAYS = 10, 3
    told("disputes", 5, days_ago=11)
    told("pay", 5, days_ago=9)
    replies(2, days_ago=4)
    replies(2, days_ago=2)
    forget_old()
    assert [event.seq for event in events_after("disputes", 0)] == [4, 5]
    assert len(events_after("pay", 0)) == 5
    assert StoredReply.objects.count() == 2


def test_it_keeps_the_newest_of_each_stream_however_old() -> None:
    told("disputes", 2, days_ago=1000)
    told("pay", 3, days_ago=1000)
    assert forget_events() == 1
    assert Event.objects.count() == 4


def test_it_keeps_what_nobody_was_told_of_yet() -> None:
    told("disputes", 5, days_ago=1000)
    Event.objects.filter(seq=2).update(published_at=None)
    assert forget_events() == 2
    assert [event.seq for event in events_after("disputes", 0)] == [2, 4, 5]


def test_it_goes_on_in_steps_until_all_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP", 3)
    told("disputes", 10, days_ago=1000)
    replies(10, days_ago=1000)
    assert (forget_events(), forget_replies()) == (8, 10)
    replies(4, days_ago=1000)
    assert forget_replies(seconds=-1) == 3  # no more than a step once its time is over
