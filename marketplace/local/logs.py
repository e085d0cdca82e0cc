"""One log file per process in var/log: moved aside at each start, kept short, followed for what matters."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

KEEP = 3
# a server's own words, or the last line of a Python traceback
TELLING = re.compile(
    r"(FATAL|PANIC|ERROR|error): |^[\w.]+(Error|Exception|Configured): |^Unknown command|No space left"
)
LIMIT = 20_000_000  # bytes after which a log is moved aside while its process runs on


def rotate(path: Path) -> None:
    """Move `path` to `path`.1, .1 to .2 and so on; the oldest of three is dropped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for number in range(KEEP - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    if path.exists() and path.stat().st_size:
        path.replace(path.with_name(f"{path.name}.1"))


def open_log(path: Path) -> int:
    """A descriptor that appends to `path`; what a process writes there is kept even if its parent dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def tail(path: Path) -> str:
    """The last 16 kB of a log; empty when there is none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 16_000))
            return log.read().decode(errors="replace")
    except OSError:
        return ""


def cause(text: str) -> str:
    """The line of a failed output that tells why: the last that names an error, or the last of all."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if TELLING.search(line)]
    return (told or lines or ["it gave no reason"])[-1][:400]


class Follower:
    """Reads what was added to a log since the last look."""

    def __init__(self, path: Path, loud: re.Pattern[str] | None) -> None:
        self._path = path
        self._loud = loud
        self._at = path.stat().st_size if path.exists() else 0
        self._rest = b""

    def new_lines(self) -> list[str]:
        """Complete lines added since the last call that match `loud`."""
        if self._loud is None or not self._path.exists():
            return []
        with self._path.open("rb") as log:
            size = os.fstat(log.fileno()).st_size
            if size < self._at:
                self._at = 0
            log.seek(self._at)
            added = log.read(1_000_000)
            self._at = log.tell()
        *lines, self._rest = (self._rest + added).split(b"\n")
        decoded = (line.decode(errors="replace").rstrip() for line in lines)
        return [line for line in decoded if self._loud.search(line)]

    def keep_short(self) -> None:
        """Copy a log that grew past the limit aside and empty it; its process appends on without noticing."""
        if self._path.exists() and self._path.stat().st_size > LIMIT:
            shutil.copyfile(self._path, self._path.with_name(f"{self._path.name}.1"))
            os.truncate(self._path, 0)
