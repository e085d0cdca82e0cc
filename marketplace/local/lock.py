"""One run per var directory: a lock the system itself lets go of when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def only_one(var: Path) -> Iterator[bool]:
    """Hold the lock of `var` for the length of the block; yields False when another run holds it."""
    path = var / "run" / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def is_held(var: Path) -> bool:
    """Whether some run holds the lock of `var` now."""
    with only_one(var) as mine:
        return not mine
