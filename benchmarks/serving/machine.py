"""What processes cost: CPU time and memory from /proc, and how busy the machine is besides (Linux)."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
NANO = 1e9

#: root processes by part of a system: "web", "postgres", "valkey", "background"
Parts = Mapping[str, list[int]]


@dataclass(frozen=True)
class Reading:
    """CPU seconds so far: of each part (with all its processes, those that ended included), of the whole
    machine, and of ourselves.
    """

    parts: dict[str, float]
    machine: float
    driver: float

    def since(self, before: Reading) -> Reading:
        """What was used between two readings."""
        parts = {name: seconds - before.parts.get(name, 0.0) for name, seconds in self.parts.items()}
        return Reading(parts, self.machine - before.machine, self.driver - before.driver)


def read(parts: Parts) -> Reading:
    """CPU time used until now."""
    kin = _children()
    used = {name: sum(_cpu_seconds(pid) for pid in _tree(roots, kin)) for name, roots in parts.items()}
    times = os.times()
    driver = times.user + times.system + times.children_user + times.children_system
    return Reading(used, _machine_seconds(), driver)


def pss_mib(roots: Iterable[int]) -> float:
    """Memory of processes and all they started, shared pages by share, in MiB."""
    kilobytes = 0
    for pid in _tree(roots, _children()):
        for line in _lines(f"/proc/{pid}/smaps_rollup"):
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024


def run_seconds(roots: Iterable[int]) -> dict[int, float]:
    """CPU time of each process that lives now, to the nanosecond, so that short acts can be told apart.

    Of each process its first thread: all there is in PostgreSQL.
    """
    found = {}
    for pid in _tree(roots, _children()):
        for line in _lines(f"/proc/{pid}/schedstat"):
            found[pid] = int(line.split()[0]) / NANO
    return found


def ran(before: Mapping[int, float], after: Mapping[int, float]) -> float:
    """CPU seconds between two results of `run_seconds`, without processes that ended meanwhile."""
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())


def load_average() -> float:
    """Processes that ran or wanted to, on average over the last minute."""
    return os.getloadavg()[0]


def _tree(roots: Iterable[int], kin: Mapping[int, list[int]]) -> list[int]:
    found, waiting = [], list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += kin.get(pid, [])
    return found


def _children() -> dict[int, list[int]]:
    kin: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            kin[int(fields[1])].append(int(entry.name))
    return kin


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process and of its children that ended."""
    fields = _stat(pid)
    return sum(int(field) for field in fields[11:15]) / TICKS if fields else 0.0


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on; the name before them may hold spaces and brackets."""
    lines = _lines(f"/proc/{pid}/stat")
    return lines[0].rpartition(")")[2].split() if lines else []


def _machine_seconds() -> float:
    fields = [int(field) for field in _lines("/proc/stat")[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []  # it ended meanwhile
