"""A process is known by number and start time."""

from __future__ import annotations

import os
import signal
import subprocess

from marketplace.local import pids


def sleeper() -> subprocess.Popen[bytes]:
    """A process that would outlive the test."""
    return subprocess.Popen(["sleep", "60"], start_new_session=True)


def test_it_knows_a_living_process() -> None:
    mark = pids.start_mark(os.getpid())
    assert mark is not None
    assert pids.is_running(os.getpid(), mark)


def test_it_leaves_a_stranger_with_the_same_number_alone() -> None:
    with sleeper() as process:
        assert not pids.send(process.pid, "the start time of another", signal.SIGKILL)
        assert not pids.send_group(process.pid, "the start time of another", signal.SIGKILL)
        assert process.poll() is None
        process.kill()


def test_it_ends_the_process_it_means() -> None:
    with sleeper() as process:
        mark = pids.start_mark(process.pid) or ""
        assert pids.send(process.pid, mark, signal.SIGTERM)
        assert pids.wait_gone(process.pid, mark, seconds=10)


def test_a_process_that_ended_but_was_not_yet_reaped_counts_as_gone() -> None:
    with sleeper() as process:
        mark = pids.start_mark(process.pid) or ""
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not pids.is_running(process.pid, mark)
