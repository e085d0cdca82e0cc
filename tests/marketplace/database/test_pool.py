"""The pool of connections: bounded, kept, and healed when the server went away in between."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import Any, ClassVar

import pytest
from django.db import OperationalError, connections

from marketplace.database import base
from marketplace.database.base import DatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[[], DatabaseWrapper]


@pytest.fixture
def pooled() -> Iterator[Make]:
    """Makes one more thread's way to a pool of three connections at most."""
    settings = copy.deepcopy(connections["default"].settings_dict)
    settings["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 3, "timeout": 0.2, "reconnect_timeout": 2}
    made: list[DatabaseWrapper] = []

    class OfThisTest(DatabaseWrapper):
        _connection_pools: ClassVar[dict[str, Any]] = {}

    def make() -> DatabaseWrapper:
        made.append(OfThisTest(settings))
        made[-1].inc_thread_sharing()
        return made[-1]

    yield make
    for each in made:
        each.close()
    made[0].close_pool()


def value(way: DatabaseWrapper, sql: str = "SELECT pg_backend_pid()", *parameters: Any) -> Any:
    """The first value that a statement gives."""
    with way.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


def filled(make: Make) -> list[int]:
    """Have three at once, so that the pool holds three; their process numbers."""
    ways = [make() for _ in range(3)]
    pids = [value(way) for way in ways]
    for way in ways:
        way.close()
    assert len(set(pids)) == 3
    return pids


def terminate(pids: list[int]) -> None:
    """End the server's side of connections, and wait until it is gone."""
    for pid in pids:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            assert cursor.fetchone()[0]


def test_requests_take_turns_on_the_same_connections(pooled: Make) -> None:
    pids = filled(pooled)
    way = pooled()
    seen = set()
    for _ in range(12):
        seen.add(value(way))
        way.close()
    assert seen <= set(pids)


def test_a_connection_that_died_idle_would_fail_a_request(
    pooled: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "has_news", lambda _: False)  # the guard is off
    terminate(filled(pooled))
    with pytest.raises(OperationalError):
        value(pooled())


def test_no_request_gets_a_connection_that_died_idle(pooled: Make) -> None:
    pids = filled(pooled)
    terminate(pids)
    way = pooled()
    for _ in range(6):
        assert value(way) not in pids
        way.close()


def test_a_connection_that_dies_at_work_fails_one_request(pooled: Make) -> None:
    pid = value(way := pooled())
    terminate([pid])
    with pytest.raises(OperationalError):
        value(way)
    way.close()
    assert value(way) != pid


def test_who_finds_no_connection_is_refused_and_the_pool_recovers(pooled: Make) -> None:
    ways = [pooled() for _ in range(3)]
    for way in ways:
        value(way)
    late = pooled()
    with pytest.raises(OperationalError, match="couldn't get a connection"):
        value(late)
    ways[0].close()
    assert value(late)


def test_fifty_at_once_take_turns_on_three(pooled: Make) -> None:
    together, pids = Barrier(10), set()

    def work(way: DatabaseWrapper) -> None:
        together.wait(30)
        for _ in range(5):
            # a busy machine may take longer than the pool's patience
            with suppress(OperationalError):
                pids.add(value(way, "SELECT pg_backend_pid() FROM pg_sleep(0.001)"))
            way.close()

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(work, [pooled() for _ in range(10)]))
    assert 1 <= len(pids) <= 3


@pytest.mark.parametrize(
    ("setting", "least"),
    [("statement_timeout", 1000), ("lock_timeout", 1000), ("idle_in_transaction_session_timeout", 1000)],
)
def test_nothing_may_last_for_ever(pooled: Make, setting: str, least: int) -> None:
    milliseconds = value(pooled(), "SELECT setting FROM pg_settings WHERE name = %s", setting)
    assert int(milliseconds) >= least
