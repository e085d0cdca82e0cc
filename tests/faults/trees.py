"""Process trees that a test starts, hurts and stops: a whole Assay, or its two servers alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg

from marketplace.local import probe, state, tether
from marketplace.local.run import ROOT

PATIENCE = 180.0  # seconds anything may take to come (back): a bound for a broken product, not a measure
OURS = ("DATABASE_URL", "REDIS_URL", "ASSAY_", "DJANGO_", "PYTEST_")


def clean_environment() -> dict[str, str]:
    """Our environment without what the test session set for itself."""
    return {key: value for key, value in os.environ.items() if not key.startswith(OURS)}


def until(what: Callable[[], Any], why: str, seconds: float = PATIENCE) -> Any:
    """Ask until the answer is true, or fail with `why`."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain: {why}"
        time.sleep(0.05)
    return found


@dataclass(frozen=True)
class Site:
    """Where a crowd goes to work, and how an operator gets at its servers."""

    address: str
    database_url: str  # straight, past any proxy
    redis_url: str
    var: Path
    is_whole: Callable[[], bool] = lambda: True  # whether every process that should run does


class Tree:
    """A program that runs others and writes them down in `var`; its words go to a log there."""

    def __init__(self, var: Path, words: list[str], **env: str) -> None:
        self.var = var
        var.mkdir(parents=True, exist_ok=True)
        with (var / "tree.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env=clean_environment() | {"ASSAY_VAR": str(var)} | env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=tether.tied(signal.SIGTERM),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    @property
    def addresses(self) -> state.Addresses:
        """Where its servers are."""
        found = state.read(self.var)
        assert found is not None
        return found.addresses

    @property
    def pids(self) -> dict[str, int]:
        """The processes it runs now, by name."""
        found = state.read(self.var)
        return {child.name: child.pid for child in found.children} if found else {}

    def await_ready(self, is_ready: Callable[[], bool]) -> None:
        """Wait for the first time; what it said is shown when it ended instead."""
        log = self.var / "tree.log"
        until(lambda: self._process.poll() is not None or is_ready(), "it did not start")
        assert self._process.poll() is None, log.read_text()

    def kill(self, name: str) -> None:
        """kill -9 of one process by its name."""
        os.kill(self.pids[name], signal.SIGKILL)

    def kill_all_of(self, name: str) -> None:
        """kill -9 of a process and all that it started."""
        self.signal_all_of(name, signal.SIGKILL)

    def signal_all_of(self, name: str, signum: signal.Signals) -> None:
        """Send a signal to a process and all that it started."""
        for pid in (self.pids[name], *offspring(self.pids[name])):
            os.kill(pid, signum)

    def kill_a_child_of(self, name: str) -> None:
        """kill -9 of one process that a process started."""
        os.kill(offspring(self.pids[name])[0], signal.SIGKILL)


class Servers(Tree):
    """PostgreSQL and Valkey as `make run` has them, alone on their machine."""

    def __init__(self, var: Path) -> None:
        super().__init__(var, ["-m", "tests.faults.servers"])
        self.await_ready(lambda: (found := state.addresses(var)) is not None and bool(found.redis_url))


class House(Tree):
    """All of `make run`, on the servers of `env` or on its own."""

    def __init__(self, var: Path, port: int, **env: str) -> None:
        self.address = f"http://127.0.0.1:{port}"
        words = ["-m", "marketplace.local", "run"]
        super().__init__(var, words, PORT=str(port), ASSAY_DEMO="0", **env)
        self.await_ready(lambda: is_well(self.address))

    def site(self, servers: Tree | None = None) -> Site:
        """It as a place to work at; `servers` are whose it uses, if not its own."""
        found = (servers or self).addresses
        return Site(self.address, found.database_url, found.redis_url, self.var, self.is_whole)

    def is_whole(self) -> bool:
        """Whether each of its web processes, which answer at one address, takes requests itself."""
        webs = [name for name in self.pids if name.startswith("web")]
        return all(self._serves(self.var / "log" / f"{name}.log", self.pids[name]) for name in webs)

    def _serves(self, log: Path, pid: int) -> bool:
        _, started, after = log.read_text().rpartition(f"Started server process [{pid}]")
        return bool(started) and "Uvicorn running" in after


class Database:
    """The database as an operator looks into it: straight, past any proxy."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def owner(self) -> tuple[str, str]:
        """User and password."""
        parts = urlsplit(self.url)
        return parts.username or "", parts.password or ""

    def do(self, sql: str) -> None:
        """Run a statement that gives nothing."""
        with psycopg.connect(self.url, connect_timeout=5, autocommit=True) as connection:
            connection.execute(sql.encode())

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a statement gives, tried again while the server comes back."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with psycopg.connect(self.url, connect_timeout=5, autocommit=True) as connection:
                    return connection.execute(sql, values).fetchall()
            except psycopg.OperationalError:
                assert time.monotonic() < end
                time.sleep(0.1)

    def kill_a_backend(self) -> None:
        """kill -9 of a process that serves a connection, while it has something to do if one has."""
        ((pid,),) = self.rows(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, query_start DESC LIMIT 1"
        )
        os.kill(pid, signal.SIGKILL)

    def has_been_tended_since(self, moment: float) -> bool:
        """Whether beat sent and celery did something since then (seconds since 1970, by the database)."""
        ((fresh,),) = self.rows(
            "SELECT count(*) FROM marketplace_heartbeat WHERE at > to_timestamp(%s)", moment
        )
        return bool(fresh == 2)

    def clock(self) -> float:
        """Seconds since 1970."""
        ((moment,),) = self.rows("SELECT extract(epoch FROM clock_timestamp())::float8")
        return float(moment)


def is_well(address: str) -> bool:
    """Whether every part says that it is ready."""
    return probe.status(address, "/readyz")[0] == 200


def offspring(pid: int) -> list[int]:
    """Processes that a process started, and those that these started (Linux)."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            of = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended
        parents.setdefault(of, []).append(int(status.parent.name))
    found = parents.get(pid, [])
    for each in found:
        found.extend(parents.get(each, []))
    return found
