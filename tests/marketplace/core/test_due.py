"""What is due when the clock is put forward or back: nothing a moment too early."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from marketplace.core import due
from marketplace.core.due import due_moment
from marketplace.core.models import SweepClock

pytestmark = pytest.mark.django_db

HOUR = 3600.0
START = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)


class Host:
    """A host whose clock can be put forward and back while it runs on."""

    def __init__(self) -> None:
        self.up = 1000.0
        self.put = 0.0

    def clock(self) -> dt.datetime:
        return START + dt.timedelta(seconds=self.up - 1000.0 + self.put)

    def due(self, *, last: float | None = None) -> float:
        """Seconds after the start that a sweep judges by; the last thing given is due at `last`, likewise."""
        end = None if last is None else START + dt.timedelta(seconds=last)
        return (due_moment("leases", last=lambda: end) - START).total_seconds()


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host()
    monkeypatch.setattr(timezone, "now", host.clock)
    monkeypatch.setattr(due, "uptime", lambda: host.up)
    return host


def test_it_is_now_as_long_as_nobody_touches_the_clock(host: Host) -> None:
    assert host.due() == 0
    host.up += 100
    assert host.due() == 100


def test_it_stays_behind_a_clock_put_forward_until_all_that_was_given_is_over(host: Host) -> None:
    host.due()
    host.up, host.put = host.up + 10, HOUR
    assert host.due(last=600) == 10
    host.up += 589
    assert host.due(last=9999) == 599  # what is given now has the new clock's time
    host.up += 2
    assert host.due() == HOUR + 601


def test_it_follows_at_once_where_nothing_is_given(host: Host) -> None:
    host.due()
    host.put = HOUR
    assert host.due(last=None) == HOUR


def test_it_follows_a_clock_put_back(host: Host) -> None:
    host.due()
    host.put = -HOUR
    assert host.due(last=600) == -HOUR


def test_it_forgets_a_jump_that_was_taken_back(host: Host) -> None:
    host.due()
    host.put = HOUR
    assert host.due(last=600) == 0
    host.put = 0
    assert host.due(last=600) == 0
    assert SweepClock.objects.get().ahead_seconds == 0


def test_it_takes_a_clock_that_is_set_little_by_little_as_it_is(host: Host) -> None:
    host.due()
    for _ in range(10):
        host.put += 4
        assert host.due(last=600) == host.put


def test_each_sweep_minds_what_it_gave_itself(host: Host) -> None:
    due_moment("disputes", last=lambda: None)
    host.due()
    host.put = HOUR
    host.due(last=600)
    assert due_moment("disputes", last=lambda: None) == host.clock()
    assert SweepClock.objects.count() == 2
