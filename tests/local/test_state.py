"""What is written down of a run, and when settings may believe it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from marketplace.local import state
from marketplace.local.pids import start_mark
from marketplace.local.state import Addresses, Child, State

HERE = Addresses(database_url="postgres://a:b@127.0.0.1:1/c", redis_url="redis://:d@127.0.0.1:2")


def alive(name: str) -> Child:
    """This very process, under the name of a server."""
    return Child(name, os.getpid(), start_mark(os.getpid()) or "")


def test_it_reads_what_it_wrote(tmp_path: Path) -> None:
    written = State(addresses=HERE, web="http://127.0.0.1:8000", supervisor=12, children=(alive("web"),))
    state.write(tmp_path, written)
    assert state.read(tmp_path) == written


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    state.write(tmp_path, State(addresses=HERE))
    assert stat.S_IMODE(state.state_file(tmp_path).stat().st_mode) == 0o600


def test_it_gives_the_addresses_of_living_servers(tmp_path: Path) -> None:
    state.write(tmp_path, State(addresses=HERE, children=(alive("postgres"), alive("valkey"))))
    assert state.addresses(tmp_path) == HERE


def test_it_gives_no_address_of_a_server_that_is_gone(tmp_path: Path) -> None:
    gone = Child("postgres", os.getpid(), "another start time")
    state.write(tmp_path, State(addresses=HERE, children=(gone, alive("valkey"))))
    assert state.addresses(tmp_path) is None


def test_it_knows_nothing_of_a_damaged_file(tmp_path: Path) -> None:
    state.write(tmp_path, State(addresses=HERE))
    state.state_file(tmp_path).write_text('{"addresses": ')
    assert state.read(tmp_path) is None
    assert state.addresses(tmp_path) is None


def test_it_knows_nothing_where_nothing_ran(tmp_path: Path) -> None:
    assert state.addresses(tmp_path) is None
