"""Throw-away servers are gone when their session is, however it ends."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from marketplace.local import pids, state
from marketplace.local.servers import Given
from marketplace.local.testing import ROOT, throwaway_servers


def test_they_end_when_whoever_asked_for_them_is_gone(tmp_path: Path) -> None:
    var = tmp_path / "one"
    command = [sys.executable, "-m", "marketplace.local", "servers", "--var", str(var)]
    env = {"DATABASE_URL": "", "REDIS_URL": "", "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert set(json.loads(process.stdout.readline())) == {"database_url", "redis_url"}
        written = state.read(var)
        assert written is not None
        assert {child.name for child in written.children} == {"postgres", "valkey"}
        # what a killed parent amounts to
        process.stdin.close()
        process.wait()
    assert [child for child in written.children if pids.is_running(child.pid, child.mark)] == []
    assert not var.exists()


def test_servers_of_a_killed_keeper_end_too(tmp_path: Path) -> None:
    var = tmp_path / "one"
    command = [sys.executable, "-m", "marketplace.local", "servers", "--var", str(var)]
    env = {"DATABASE_URL": "", "REDIS_URL": "redis://127.0.0.1:1", "PATH": "/usr/bin:/bin"}
    env["REDIS_URL"] = ""
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        written = state.read(var)
        assert written is not None
        process.kill()
    deadline = time.monotonic() + 30
    left = written.children
    while left and time.monotonic() < deadline:
        left = tuple(child for child in left if pids.is_running(child.pid, child.mark))
    assert left == () or sys.platform != "linux"


def test_given_servers_are_used_as_they_are() -> None:
    given = Given("postgres://a@b/c", "redis://d")
    with throwaway_servers(given) as addresses:
        assert (addresses.database_url, addresses.redis_url) == ("postgres://a@b/c", "redis://d")
