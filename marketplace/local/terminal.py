"""What a person sees in the terminal: one stream of short lines, each with its process named before it."""

from __future__ import annotations

import os
import sys
import time
from typing import TextIO

CODES = {"plain": "", "dim": "\x1b[2m", "strong": "\x1b[1m", "bad": "\x1b[31m"}
WIDTH = 8
# A process in trouble repeats itself: so many lines in so many seconds are shown, the rest is in its log.
SHOWN, SECONDS = 5, 10.0


class Terminal:
    """Writes to `out`; colour only for a person (a terminal, and NO_COLOR not set)."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._colour = self._out.isatty() and not os.environ.get("NO_COLOR")
        self._recent: dict[str, list[float]] = {}

    def say(self, name: str, text: str, style: str = "plain") -> None:
        """One line of the stream."""
        self._write(f"{self._dress(name.rjust(WIDTH), 'dim')}  {self._dress(text, style)}")

    def block(self, lines: list[str]) -> None:
        """Lines without a name, with air around them."""
        self._write("\n".join(["", *lines, ""]))

    def relay(self, name: str, line: str) -> None:
        """A line of a process's own log, held back when there are too many."""
        now = time.monotonic()
        recent = [at for at in self._recent.get(name, []) if at > now - SECONDS]
        self._recent[name] = [*recent, now]
        if len(recent) < SHOWN:
            self.say(name, line[:300])
        elif len(recent) == SHOWN:
            self.say(name, f"more of this in var/log/{name}.log", "dim")

    def strong(self, text: str) -> str:
        """`text` set off for the eye."""
        return self._dress(text, "strong")

    def _dress(self, text: str, style: str) -> str:
        code = CODES[style] if self._colour else ""
        return f"{code}{text}\x1b[0m" if code else text

    def _write(self, text: str) -> None:
        try:
            print(text, file=self._out, flush=True)
        except OSError:
            # nobody reads any more (a closed window, `make run | head`); the logs are in var/log
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._out.fileno())
