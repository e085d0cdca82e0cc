"""A server that says nothing any more: nobody waits for it for ever."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest
from django.db import OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from marketplace.database import patience
from marketplace.database.base import DatabaseWrapper
from marketplace.database.patience import take_time
from tests.faults.proxy import Proxy

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[[float | None], DatabaseWrapper]


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A way to the tests' server that may fall silent."""
    given = connections["default"].settings_dict
    with Proxy((given["HOST"], int(given["PORT"]))) as made:
        yield made


@pytest.fixture
def through(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes a thread's way through the proxy whose statements may take so many seconds."""
    monkeypatch.setattr(patience, "BEYOND", 0.3)
    made: list[DatabaseWrapper] = []

    def make(seconds: float | None) -> DatabaseWrapper:
        settings = copy.deepcopy(connections["default"].settings_dict)
        settings |= {"HOST": proxy.host, "PORT": proxy.port, "STATEMENT_SECONDS": seconds}
        settings["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 1, "timeout": 5}

        class OfThisTest(DatabaseWrapper):
            _connection_pools: ClassVar[dict[str, Any]] = {}

        made.append(OfThisTest(settings))
        made[-1].inc_thread_sharing()
        return made[-1]

    yield make
    for each in made:
        each.close()
        each.close_pool()


def value(way: BaseDatabaseWrapper, sql: str = "SELECT 1") -> Any:
    """The first value that a statement gives."""
    with way.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_without_a_limit_it_would_wait_for_ever(proxy: Proxy, through: Make) -> None:
    endless, patient = through(None), through(0.1)
    assert value(endless) == value(patient) == 1
    proxy.swallow()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(value, endless)
        with pytest.raises(OperationalError):
            value(patient)
        assert not waiting.done()
        proxy.cut()
        with pytest.raises(OperationalError):
            waiting.result()


def test_it_gives_the_connection_up_and_goes_on_with_another(proxy: Proxy, through: Make) -> None:
    way = through(0.1)
    first = value(way, "SELECT pg_backend_pid()")
    proxy.swallow()
    with pytest.raises(OperationalError):
        value(way)
    proxy.heal()
    way.close()
    assert value(way, "SELECT pg_backend_pid()") != first


def test_it_waits_for_a_server_that_takes_its_time(through: Make) -> None:
    assert value(through(5), "SELECT 1 FROM pg_sleep(0.6)") == 1


def test_a_transaction_may_ask_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    way = connections["default"]
    with monkeypatch.context() as changed:
        changed.setattr(patience, "BEYOND", -14.9)  # so 0.1 s for a statement, by the 15 of the settings
        way.close()
        with transaction.atomic():
            take_time(30)
            assert value(way, "SELECT 1 FROM pg_sleep(0.4)") == 1
            assert value(way, "SHOW statement_timeout") == "30s"
        way.close()
        with pytest.raises(OperationalError):
            value(way, "SELECT 1 FROM pg_sleep(0.4)")
        way.close()
