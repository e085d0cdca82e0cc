"""A simulated crowd against a live server."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from marketplace.local.ports import free_port
from marketplace.projects.models import Batch, BatchState
from tasks.answers.models import Answer
from tasks.assignment.models import Assignment, AssignmentState
from tasks.demo import crowd as crowds
from tasks.demo import load
from tasks.demo.cast import Cast, call_cast
from tasks.demo.sentences import sentences
from tasks.disputes.models import Verdict
from tasks.replays.http import Api
from tests.tasks.replays.live import background_jobs


@pytest.fixture
def cast(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Six people and a demo of one small project with a row nobody is sure of."""
    whole = sentences()
    gold = [row for row in whole.rows if row.reason][:2]
    work = [row for row in whole.rows if not row.reason][:5]
    small = replace(whole, rows=[*work, *gold, whole.rows[-1]])
    shown = {key: (small, row) for key, row in small.row_of().items()}
    monkeypatch.setattr(load, "demo_projects", lambda: (small,))
    monkeypatch.setattr(crowds, "demo_projects", lambda: (small,))
    monkeypatch.setattr(crowds, "known_rows", lambda: shown)
    load.load_demo()
    return call_cast(workers=6)


async def run(address: str, cast: Cast, *, speed: float, minutes: float | None = None) -> crowds.Status:
    async with Api(address) as api:
        crowd = crowds.Crowd(api, cast, speed=speed, seed=1)
        return await crowd.work(lambda status: None, minutes=minutes)


def test_it_works_until_nothing_is_left(live_server: LiveServer, cast: Cast) -> None:
    with background_jobs():
        status = asyncio.run(run(live_server.url, cast, speed=200.0))
    assert status.over
    assert status.tasks == status.settled == 6
    assert status.answers == Answer.objects.count()
    assert status.disputes_decided == Verdict.objects.count()
    assert status.paid_micros == 40_000 * status.answers
    assert Batch.objects.get().state == BatchState.CLOSED


def test_it_gives_back_what_it_holds_when_it_is_stopped(live_server: LiveServer, cast: Cast) -> None:
    status = asyncio.run(run(live_server.url, cast, speed=20.0, minutes=2.0 / 60))
    assert not status.over
    assert Assignment.objects.exists()
    assert not Assignment.objects.filter(state=AssignmentState.CLAIMED).exists()


def test_it_says_in_one_line_that_no_server_is_there() -> None:
    with pytest.raises(CommandError, match="does not answer"):
        call_command("crowd", "--server", f"http://127.0.0.1:{free_port()}")


@pytest.mark.parametrize("words", [["--workers", "0"], ["--speed", "0"]])
def test_it_refuses_a_crowd_of_nobody_or_at_no_speed(words: list[str]) -> None:
    with pytest.raises(CommandError, match="at least one worker"):
        call_command("crowd", *words)
