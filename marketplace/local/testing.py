"""Throw-away servers for tests: a fresh fast cluster per test session, gone when the session is."""

from __future__ import annotations

import json
import os
import secrets
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from subprocess import PIPE
from typing import IO

from marketplace.local import lock, state
from marketplace.local.errors import LocalError
from marketplace.local.processes import Stopped, Supervisor, stop_leftovers
from marketplace.local.servers import Given, start_servers
from marketplace.local.state import Addresses
from marketplace.local.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
SETTLED = 60.0  # seconds after which a directory nobody holds the lock of is surely abandoned


@contextmanager
def throwaway_servers(given: Given) -> Iterator[Addresses]:
    """Servers for the length of the block: those given by address, and fresh ones for the rest.

    They live in a process of their own that ends when we do, however we do: its input is a pipe from us.
    Several sessions may run side by side. Raises LocalError with one line when they cannot be started.
    """
    if given.database_url and given.redis_url:
        yield Addresses(given.database_url, given.redis_url)
        return
    home = Path(os.environ.get("ASSAY_VAR") or ROOT / "var").resolve() / "test"
    _sweep(home)
    command = [sys.executable, "-m", "marketplace.local", "servers"]
    command += ["--var", str(home / f"{os.getpid()}-{secrets.token_hex(3)}")]
    env = os.environ | {"DATABASE_URL": given.database_url, "REDIS_URL": given.redis_url}
    with (
        tempfile.TemporaryFile("w+") as words,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=PIPE,
            stdout=PIPE,
            stderr=words,
            start_new_session=True,
            text=True,
        ) as process,
    ):
        told, _ = _pipes(process)
        line = told.readline()
        if not line:
            process.wait()
            words.seek(0)
            raise LocalError(words.read().strip().removeprefix("assay: "))
        try:
            yield Addresses(**json.loads(line))
        finally:
            _pipes(process)[1].close()


def serve(var: Path) -> int:
    """Run the servers in `var`, print their addresses as a JSON line, end with the input, remove `var`."""
    var = var.resolve()
    with lock.only_one(var) as mine:
        if not mine:
            raise LocalError(f"another test session uses {var}")
        try:
            _serve(var)
        finally:
            shutil.rmtree(var, ignore_errors=True)
    return 0


def _serve(var: Path) -> None:
    def write_down(children: tuple[state.Child, ...]) -> None:
        state.write(var, state.State(addresses=Addresses("", ""), children=children))

    supervisor = Supervisor(logs=var / "log", home=ROOT, terminal=Terminal(sys.stderr), on_change=write_down)
    supervisor.listen_for_signals()
    try:
        given = Given(os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", ""))
        addresses = start_servers(supervisor, var, given, fast=True)
        print(json.dumps(asdict(addresses)), flush=True)
        while not _input_ended():
            supervisor.watch()
    except Stopped:
        pass
    finally:
        supervisor.stop_all()


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    if process.stdout is None or process.stdin is None:
        raise RuntimeError("both pipes were asked for")
    return process.stdout, process.stdin


def _input_ended() -> bool:
    readable, _, _ = select.select([sys.stdin], [], [], 0)
    return bool(readable) and not os.read(sys.stdin.fileno(), 1024)


def _sweep(home: Path) -> None:
    """Remove what killed sessions left: their servers if any still run, and their data."""
    if not home.is_dir():
        return
    for old in home.iterdir():
        abandoned = time.time() - old.stat().st_mtime > SETTLED and not lock.is_held(old)
        if abandoned:
            left = state.read(old)
            stop_leftovers(left.children if left else (), Terminal(sys.stderr))
            shutil.rmtree(old, ignore_errors=True)
