"""The progress of a replay: a bar on a terminal, one line every ten seconds elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Self

from tqdm import tqdm

QUIET_EVERY = 10.0


class Bar:
    """Shows how many recorded answers are done and what became of them."""

    def __init__(self, *, total: int) -> None:
        self._total, self._done, self._step = total, 0, "starting"
        self._on_terminal = sys.stderr.isatty()
        self._began = self._told = time.monotonic()
        self._bar = tqdm(total=total, unit=" answers", disable=not self._on_terminal, smoothing=0.1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def step(self, name: str) -> None:
        """A new part of the work begins."""
        self._step = name
        self._bar.set_description(name)
        if not self._on_terminal:
            self._tell("")

    def away(self, away: bool) -> None:
        """The server stopped answering, or is back."""
        self._bar.set_description("server away, waiting" if away else self._step)
        if not self._on_terminal:
            self._write("server away, waiting" if away else "the server is back")

    def show(self, *, done: int, bought: int, saved: int, disputes: int) -> None:
        """So many answers are done; of these so many were bought and saved."""
        said = f"bought {bought:,}, saved {saved:,}, disputes decided {disputes:,}"
        self._bar.set_postfix_str(said, refresh=False)
        self._bar.update(done - self._done)
        self._done = done
        if not self._on_terminal and time.monotonic() - self._told >= QUIET_EVERY:
            self._tell(f": {done:,} of {self._total:,} answers, {said}")

    def _tell(self, what: str) -> None:
        self._told = time.monotonic()
        self._write(f"{self._step}{what}")

    def _write(self, text: str) -> None:
        sys.stderr.write(f"{time.monotonic() - self._began:6.0f} s  {text}\n")
        sys.stderr.flush()
