"""Processes known by number and start time, so that a number used again is never mistaken for ours."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path


def start_mark(pid: int) -> str | None:
    """Something that names this very process: its start time as the system tells it; None when it is gone."""
    if Path("/proc/self/stat").exists():
        return _linux_start_mark(pid)
    shown = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() or None


def is_running(pid: int, mark: str) -> bool:
    """Whether the process written down as (pid, mark) still runs, not a later one."""
    return start_mark(pid) == mark


def send(pid: int, mark: str, signum: signal.Signals) -> bool:
    """Signal one process if it is still the one written down; False when it is gone."""
    if not is_running(pid, mark):
        return False
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return False
    return True


def send_group(pid: int, mark: str, signum: signal.Signals) -> bool:
    """Signal a process and all it started; each of ours leads a group of its own, numbered like itself."""
    if not is_running(pid, mark):
        return False
    try:
        os.killpg(pid, signum)
    except ProcessLookupError:
        return False
    return True


def wait_gone(pid: int, mark: str, *, seconds: float) -> bool:
    """Wait until a process that is not our child has ended; False when it still runs after `seconds`."""
    deadline = time.monotonic() + seconds
    while is_running(pid, mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _linux_start_mark(pid: int) -> str | None:
    """Field 22 of /proc/PID/stat (start, in clock ticks since boot); a zombie counts as gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # the name in field 2 may hold spaces and brackets: count from the last bracket
    fields = text.rpartition(")")[2].split()
    state, started = fields[0], fields[19]
    return None if state in {"Z", "X"} else started
