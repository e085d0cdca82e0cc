"""Lines to the servers that are slow, cut, silent or gone: bounded waits, nothing lost, well again."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from marketplace.local.ports import free_port
from tests.faults.conftest import Play
from tests.faults.proxy import Proxy, end_of, through
from tests.faults.trees import House, Servers, Site, is_well, until

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]


@dataclass
class Wired:
    """A house whose lines to its servers are ours to spoil."""

    servers: Servers
    house: House
    database: Proxy
    messages: Proxy

    @property
    def site(self) -> Site:
        """Where to work; its operator does not go through the proxies."""
        return self.house.site(self.servers)


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    """PostgreSQL and Valkey here, and the rest of `make run` there, with a proxy on each line."""
    var: Path = tmp_path_factory.mktemp("wired")
    with Servers(var / "servers") as servers:
        found = servers.addresses
        with Proxy(end_of(found.database_url)) as database, Proxy(end_of(found.redis_url)) as messages:
            urls = {
                "DATABASE_URL": through(database, found.database_url),
                "REDIS_URL": through(messages, found.redis_url),
            }
            with House(var / "house", free_port(), **urls) as house:
                yield Wired(servers, house, database, messages)


def test_the_database_is_slow(wired: Wired, play: Play) -> None:
    def be_slow() -> None:
        wired.database.delay = 0.1  # each way, so 200 ms a statement
        time.sleep(10)
        wired.database.heal()

    with play(wired.site) as scene:
        scene.suffer("every statement takes 200 ms more", be_slow)


def test_the_database_stalls(wired: Wired, play: Play) -> None:
    def stall() -> None:
        wired.servers.signal_all_of("postgres", signal.SIGSTOP)
        time.sleep(5)
        wired.servers.signal_all_of("postgres", signal.SIGCONT)

    with play(wired.site) as scene:
        scene.suffer("PostgreSQL is stopped for 5 s (SIGSTOP)", stall)


def test_connections_to_the_database_are_reset(wired: Wired, play: Play) -> None:
    with play(wired.site) as scene:
        for _ in range(3):
            scene.suffer("all connections to PostgreSQL are reset", wired.database.cut)


def test_the_database_is_gone_for_a_while(wired: Wired, play: Play) -> None:
    def be_gone() -> None:
        wired.database.shut()
        time.sleep(10)
        wired.database.heal()

    with play(wired.site) as scene:
        scene.suffer("PostgreSQL refuses connections", be_gone)


def test_connections_to_the_database_are_half_open(wired: Wired, play: Play) -> None:
    """Nobody says goodbye, and the other end's kernel acknowledges what nobody will ever read."""

    def be_silent() -> None:
        wired.database.swallow()
        time.sleep(10)
        wired.database.heal()

    with play(wired.site) as scene:
        scene.suffer("half-open connections to PostgreSQL", be_silent)


def test_connections_to_valkey_are_half_open(wired: Wired, play: Play) -> None:
    def be_silent() -> None:
        wired.messages.swallow()
        time.sleep(10)
        wired.messages.heal()

    with play(wired.site) as scene:
        scene.suffer("half-open connections to Valkey", be_silent)


def test_valkey_forgets_everything(wired: Wired, play: Play) -> None:
    with play(wired.site) as scene, redis.Redis.from_url(wired.servers.addresses.redis_url) as line:
        scene.suffer("FLUSHALL", line.flushall)


def test_valkey_is_gone_for_a_minute(wired: Wired, play: Play) -> None:
    def be_gone() -> None:
        wired.messages.shut()
        until(lambda: not is_well(wired.house.address), "it never said that something is missing")
        time.sleep(60)
        wired.messages.heal()

    with play(wired.site) as scene:
        scene.suffer("Valkey refuses connections", be_gone)
