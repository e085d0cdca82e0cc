"""Children that end when their parent is killed, where the system offers it (Linux)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
# loaded now: between fork and exec nothing may be loaded any more
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def tied(signum: signal.Signals) -> Callable[[], None] | None:
    """A function for the child to call before it becomes its program: when we die, it gets `signum`.

    A help, not a promise: the next start looks for leftovers all the same. None where there is no such thing.
    """
    if _libc is None:
        return None
    prctl, parent = _libc.prctl, os.getpid()

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        if os.getppid() != parent:  # we died between fork and here
            os._exit(1)

    return tie
