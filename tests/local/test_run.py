"""`make run`, as a person types it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from marketplace.local import lock, pids, probe, state
from marketplace.local.errors import LocalError
from marketplace.local.ports import free_port, listen
from marketplace.local.run import ROOT, wishes
from marketplace.local.state import State

COMMAND = (sys.executable, "-m", "marketplace.local", "run")


def environment(var: Path, **more: str) -> dict[str, str]:
    """What a person's shell has, with a data directory of the test's own."""
    bare = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return bare | {"ASSAY_VAR": str(var), "ASSAY_DEMO": "0", "PORT": str(free_port())} | more


def refusal(env: Mapping[str, str]) -> str:
    """The one line a run ends with that cannot start."""
    done = subprocess.run(COMMAND, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("assay: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stdout
    return done.stderr.removeprefix("assay: ").strip()


def started(env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A run that has become ready."""
    run = subprocess.Popen(COMMAND, cwd=ROOT, env=env)
    until_ready(env, run)
    return run


def until_ready(env: Mapping[str, str], run: subprocess.Popen[bytes]) -> None:
    """Wait for /readyz; the test's own limit ends a vain wait."""
    while probe.status(f"http://127.0.0.1:{env['PORT']}", "/readyz")[0] != 200:
        assert run.poll() is None
        time.sleep(0.2)


def asked_with_a_key(env: Mapping[str, str]) -> int:
    """The status of a request that needs the database: 401 for this key, once it has been looked for."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{env['PORT']}/api/v1/keys", headers={"Authorization": "Bearer unknown"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
            return int(reply.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def written(var: Path) -> State:
    """What is written down of the run."""
    found = state.read(var)
    assert found is not None
    return found


def process(var: Path, name: str) -> int:
    """The number of a process of the run."""
    return next(child.pid for child in written(var).children if child.name == name)


@pytest.mark.timeout(400)
def test_it_survives_every_kill_and_leaves_nobody(tmp_path: Path) -> None:
    env = environment(tmp_path)
    run = started(env)
    try:
        os.kill(process(tmp_path, "web"), signal.SIGKILL)
        until_ready(env, run)

        database = process(tmp_path, "postgres")
        assert asked_with_a_key(env) == 401
        os.kill(database, signal.SIGKILL)
        while process(tmp_path, "postgres") == database or asked_with_a_key(env) != 401:
            assert asked_with_a_key(env) in {401, 503}
        assert [asked_with_a_key(env) for _ in range(20)] == [401] * 20
        until_ready(env, run)

        run.kill()
        run.wait()
        left = written(tmp_path).children
        run = started(env)
        assert not any(pids.is_running(child.pid, child.mark) for child in left)

        left = written(tmp_path).children
        assert {child.name for child in left} == {"postgres", "valkey", "web", "celery", "beat"}
        run.send_signal(signal.SIGTERM)
        assert run.wait() == 0
        assert not any(pids.is_running(child.pid, child.mark) for child in left)
        assert state.read(tmp_path) is None
    finally:
        with suppress(ProcessLookupError):
            run.terminate()
        run.wait()


def test_it_says_that_the_port_is_taken(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with listen("127.0.0.1", int(env["PORT"])):
        assert f"Port {env['PORT']} is taken" in refusal(env)


def test_it_says_where_another_run_is(tmp_path: Path) -> None:
    with lock.only_one(tmp_path):
        state.write(
            tmp_path, State(addresses=state.Addresses("", ""), web="http://127.0.0.1:8000", supervisor=42)
        )
        assert "already runs at http://127.0.0.1:8000, process 42" in refusal(environment(tmp_path))


def test_it_says_that_the_database_cannot_be_reached(tmp_path: Path) -> None:
    env = environment(tmp_path, DATABASE_URL=f"postgres://a:b@127.0.0.1:{free_port()}/c")
    assert "DATABASE_URL cannot be used" in refusal(env)
    assert "connection refused" in refusal(env)


def test_it_says_that_redis_cannot_be_reached(tmp_path: Path) -> None:
    env = environment(tmp_path, REDIS_URL=f"redis://127.0.0.1:{free_port()}")
    assert "REDIS_URL cannot be used" in refusal(env)


def test_it_says_that_it_may_not_write(tmp_path: Path) -> None:
    assert "/proc/nowhere" in refusal(environment(Path("/proc/nowhere")))


@pytest.mark.parametrize("port", ["0", "-1", "65536", "eighty", "80.5"])
def test_it_refuses_a_port_that_is_none(port: str) -> None:
    with pytest.raises(LocalError, match="PORT must be a number"):
        wishes({"PORT": port})


def test_the_demo_is_on_only_where_nobody_else_can_reach_it() -> None:
    assert wishes({}).demo
    assert not wishes({"HOST": "0.0.0.0"}).demo  # noqa: S104
    assert wishes({"HOST": "0.0.0.0", "ASSAY_DEMO": "1"}).demo  # noqa: S104
    assert not wishes({"ASSAY_DEMO": "0"}).demo


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104
        ("::1", "http://[::1]:8000"),
        ("::", "http://[::1]:8000"),
        ("example.org", "http://example.org:8000"),
    ],
)
def test_it_names_an_address_a_browser_here_can_open(host: str, address: str) -> None:
    assert wishes({"HOST": host}).address == address
