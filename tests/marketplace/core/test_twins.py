"""The same POST at the same time: one does it, the others wait and get the same reply."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection

from marketplace.accounts.models import User
from marketplace.clients.models import Client
from marketplace.core.models import StoredReply
from tests.factories import make_user
from tests.marketplace.core.doors import door, post

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def sent(view: Any, user: User, body: Any = None) -> Any:
    """Send one request from a thread, which gives its connection back."""
    try:
        reply = post(view, body or {}, user=user, key="k")
        return reply.status_code, reply.content
    finally:
        connection.close()


def until_somebody_waits() -> None:
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchall()[0][0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits for a lock")


def test_a_twin_waits_for_the_first_and_gets_its_reply() -> None:
    user, inside, go_on = make_user(), Event(), Event()

    def act(_: Any) -> dict[str, Any]:
        inside.set()
        assert go_on.wait(30)
        return {"id": Client.objects.create(name="A").public_id}

    view = door(act)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(sent, view, user)
        assert inside.wait(30)
        second = pool.submit(sent, view, user)
        until_somebody_waits()
        go_on.set()
        assert first.result() == second.result()
    assert Client.objects.count() == 1


def test_a_twin_of_a_request_that_fails_does_the_work_itself() -> None:
    user, inside, go_on, ways = make_user(), Event(), Event(), iter([ZeroDivisionError(), None])

    def act(_: Any) -> str:
        error = next(ways)
        if error:
            inside.set()
            assert go_on.wait(30)
            raise error
        return "done"

    view = door(act)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(sent, view, user)
        assert inside.wait(30)
        second = pool.submit(sent, view, user)
        until_somebody_waits()
        go_on.set()
        with pytest.raises(ZeroDivisionError):
            first.result()
        assert second.result() == (201, b'"done"')


def test_many_twins_have_one_effect_and_equal_replies() -> None:
    user, together = make_user(), Barrier(6)
    view = door(lambda _: {"id": Client.objects.create(name="A").public_id})

    def twin(_: int) -> Any:
        together.wait(30)
        return [sent(view, user) for _ in range(8)]

    with ThreadPoolExecutor(6) as pool:
        replies = [reply for some in pool.map(twin, range(6)) for reply in some]
    assert len(replies) == 48
    assert len(set(replies)) == 1
    assert (Client.objects.count(), StoredReply.objects.count()) == (1, 1)
