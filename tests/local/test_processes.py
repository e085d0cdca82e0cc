"""The supervisor, with small programs in place of the real ones."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from marketplace.local import pids
from marketplace.local.errors import LocalError
from marketplace.local.processes import Stopped, stop_leftovers
from marketplace.local.program import Program
from marketplace.local.state import Child
from tests.local.conftest import Bench

# newer Pythons warn of a fork beside the threads of the parallel test runner
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
)


def program(name: str, code: str, **more: object) -> Program:
    """A Program that runs Python code."""
    made = Program(name=name, argv=(sys.executable, "-c", code))
    return type(made)(**{**made.__dict__, **more})


def until(bench: Bench, true: Callable[[], bool]) -> None:
    """Keep the supervisor looking until something holds; the test's own limit ends a vain wait."""
    while not true():
        bench.supervisor.watch()


def test_it_starts_again_what_was_killed(bench: Bench) -> None:
    bench.supervisor.start(program("web", "import time; time.sleep(60)"))
    first = bench.child("web")
    os.kill(first.pid, signal.SIGKILL)
    until(bench, lambda: bench.child("web").pid != first.pid)
    assert pids.is_running(bench.child("web").pid, bench.child("web").mark)
    assert "was killed by SIGKILL; starting again" in bench.said.getvalue()


def test_it_waits_longer_each_time_before_it_starts_again(bench: Bench) -> None:
    bench.supervisor.start(program("web", "raise SystemExit(3)"))
    until(bench, lambda: bench.said.getvalue().count("ended with code 3") >= 3)
    waits = re.findall(r"again in ([\d.]+) s", bench.said.getvalue())
    assert [float(wait) for wait in waits] == [0.1, 0.5, 1.0]


def test_it_leaves_nobody_when_it_stops(bench: Bench, tmp_path: Path) -> None:
    family = f"import subprocess; subprocess.run(['sh', '-c', 'echo $$ > {tmp_path}/grandchild; sleep 60'])"
    bench.supervisor.start(program("web", family, ready=(tmp_path / "grandchild").exists))
    bench.supervisor.start(program("beat", "import time; time.sleep(60)"))
    until(bench, lambda: (tmp_path / "grandchild").read_text() != "")
    grandchild = int((tmp_path / "grandchild").read_text())
    left = [(child.pid, child.mark) for child in bench.children]
    left += [(grandchild, pids.start_mark(grandchild) or "")]
    bench.supervisor.stop_all()
    assert bench.children == ()
    assert all(pids.wait_gone(pid, mark, seconds=20) for pid, mark in left)


def test_it_kills_what_does_not_end_in_time(bench: Bench) -> None:
    log = bench.var / "log" / "web.log"
    bench.supervisor.start(program("web", STUBBORN, grace=0.2, ready=lambda: log.read_text() != ""))
    child = bench.child("web")
    bench.supervisor.stop_all()
    assert not pids.is_running(child.pid, child.mark)


def test_it_stops_servers_after_those_who_use_them(bench: Bench) -> None:
    log = bench.var / "order"
    code = f"import signal,time; signal.signal(15, lambda *_: (open('{log}','a').write('NAME '), exit())); "
    code += "print(1, flush=True); time.sleep(60)"
    for name in ("postgres", "web"):
        own_log = bench.var / "log" / f"{name}.log"
        bench.supervisor.start(
            program(
                name,
                code.replace("NAME", name),
                is_server=name == "postgres",
                ready=lambda own_log=own_log: own_log.read_text() != "",
            )
        )
    bench.supervisor.stop_all()
    assert log.read_text() == "web postgres "


def test_it_tells_why_a_program_did_not_start(bench: Bench) -> None:
    failing = program("web", "raise ValueError('no such setting')", ready=lambda: False)
    with pytest.raises(LocalError, match="web ended with code 1: ValueError: no such setting"):
        bench.supervisor.start(failing)


def test_it_tells_that_a_program_is_not_there(bench: Bench) -> None:
    with pytest.raises(LocalError, match="could not be started: No such file"):
        bench.supervisor.start(Program(name="web", argv=("/no/such/program",)))


def test_it_gives_up_on_a_program_that_does_not_become_ready(bench: Bench) -> None:
    with pytest.raises(LocalError, match="was not ready after 0 seconds"):
        bench.supervisor.start(
            program("web", "import time; time.sleep(60)", ready=lambda: False, patience=0.3)
        )


def test_it_tries_again_what_fails_for_a_passing_reason(bench: Bench) -> None:
    mark = bench.var / "second"
    code = f"import os, time; p = '{mark}'; ok = os.path.exists(p); open(p, 'w').close(); "
    code += "print('' if ok else 'busy', flush=True); time.sleep(60 if ok else 0); raise SystemExit(not ok)"
    log = bench.var / "log" / "web.log"
    slow = program("web", code, ready=lambda: log.read_text() == "busy\n\n", again=re.compile("busy"))
    bench.supervisor.start(slow)
    assert pids.is_running(bench.child("web").pid, bench.child("web").mark)


def test_it_shows_the_lines_that_matter(bench: Bench) -> None:
    code = "import time; print('fine'); print('ERROR bad', flush=True); time.sleep(60)"
    bench.supervisor.start(program("web", code, loud=re.compile("ERROR")))
    until(bench, lambda: "ERROR bad" in bench.said.getvalue())
    assert "fine" not in bench.said.getvalue()


def test_it_runs_a_command_to_its_end(bench: Bench) -> None:
    assert bench.supervisor.run_once("migrate", [sys.executable, "-c", "print('x'); exit(4)"], {}) == 4
    assert (bench.var / "log" / "migrate.log").read_text() == "x\n"


def test_a_stop_ends_a_command_under_way(bench: Bench) -> None:
    bench.supervisor.asked = 1
    began = time.monotonic()
    with pytest.raises(Stopped):
        bench.supervisor.run_once("migrate", ["sleep", "60"], {})
    assert time.monotonic() - began < 30


def test_it_stops_what_a_killed_run_left(bench: Bench) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as left:
        mine = Child("web", left.pid, pids.start_mark(left.pid) or "")
        stranger = Child("beat", os.getpid(), "the start time of another")
        stop_leftovers([mine, stranger], bench.supervisor.terminal)
    assert left.returncode == -signal.SIGTERM
    assert bench.said.getvalue().count("left over from an earlier run") == 1
