"""What the supervisor needs to know of one program to start, watch and stop it."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


def at_once() -> bool:
    """Readiness of a program that has none of its own to ask for."""
    return True


@dataclass(frozen=True)
class Program:
    """One long-running process.

    `ready` is asked until it says yes, for at most `patience` seconds at the first start. A process that ends
    before that fails the start, unless `again` matches the end of its log: then it is tried again.
    `stop_signal` asks it to end; after `grace` seconds it is killed with all it started.
    Servers (`is_server`) are stopped after all others.
    Lines of its log that match `loud` are shown in the terminal too.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] = at_once
    patience: float = 60.0
    again: re.Pattern[str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    loud: re.Pattern[str] | None = None
    is_server: bool = False
    share: tuple[int, ...] = ()
