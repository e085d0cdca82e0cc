"""The embedded PostgreSQL, for real: made, killed, started again."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import psycopg
import pytest

from marketplace.local import pids, postgres
from marketplace.local.errors import LocalError
from tests.local.conftest import Bench

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


def start(bench: Bench) -> postgres.Postgres:
    """Prepare and start the cluster of the bench."""
    server = postgres.prepare(bench.var)
    bench.supervisor.start(server.program())
    return server


def test_it_keeps_its_data_through_a_stop_and_a_kill(bench: Bench) -> None:
    server = start(bench)
    server.ensure_database("assay")
    server.query("assay", "create table kept (what text); insert into kept values ('first')")
    bench.supervisor.stop_all()

    server = start(bench)
    server.ensure_database("assay")
    server.query("assay", "insert into kept values ('second')")
    killed = bench.child("postgres")
    os.kill(killed.pid, signal.SIGKILL)
    while pids.is_running(killed.pid, killed.mark) or bench.child("postgres") == killed:
        bench.supervisor.watch()
    while not server.is_ready():
        bench.supervisor.watch()
    assert server.query("assay", "select string_agg(what, ' ' order by what) from kept") == "first second"


def test_it_is_closed_to_others(bench: Bench) -> None:
    server = start(bench)
    wrong = server.url("postgres").replace(server.password, "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    assert server.query("postgres", "show listen_addresses") == "127.0.0.1"
    assert server.query("postgres", "show data_checksums") == "on"
    assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((bench.var / "postgres.key").stat().st_mode) == 0o600
    assert server.password not in Path(f"/proc/{bench.child('postgres').pid}/cmdline").read_text()


def test_it_starts_beside_a_stranger_who_has_the_old_number(bench: Bench) -> None:
    server = start(bench)
    bench.supervisor.stop_all()
    # as after a restart of the machine: the lock file names a number that now belongs to somebody else
    (server.directory / "postmaster.pid").write_text(f"{os.getpid()}\n{server.directory}\n1\n1\n\n\n\n")
    start(bench)


def test_an_interrupted_making_is_begun_anew(bench: Bench) -> None:
    half_made = bench.var / "postgres.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("")
    start(bench)
    assert not half_made.exists()


def test_it_says_that_the_data_is_of_another_version(bench: Bench) -> None:
    server = postgres.prepare(bench.var)
    (server.directory / "PG_VERSION").write_text("12\n")
    with pytest.raises(LocalError, match="was made by PostgreSQL 12"):
        postgres.prepare(bench.var)
