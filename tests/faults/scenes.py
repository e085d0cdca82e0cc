"""A fault under load, told in one line: what was done, how long nobody was answered, when all was well."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.proofs import prove
from tests.faults.trees import Database, Site, is_well, until
from tests.faults.working import Crowd


@dataclass(frozen=True)
class Figure:
    """One fault; seconds."""

    what: str
    lasted: float
    silence: float
    answers_again: float
    well_again: float

    def line(self) -> str:
        """As it is printed at the end."""
        return (
            f"{self.what:<52} {self.lasted:6.1f} {self.silence:8.1f}"
            f" {self.answers_again:8.1f} {self.well_again:8.1f}"
        )


@dataclass
class Figures:
    """What was seen of every fault of a session; printed, never judged."""

    found: list[Figure] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """A table."""
        head = f"{'seconds':<52} {'lasted':>6} {'silence':>8} {'answers':>8} {'well':>8}"
        return [head, *[figure.line() for figure in self.found], "", *self.ends]


@dataclass
class Scene:
    """A crowd at work in a house, its database, and where figures go."""

    crowd: Crowd
    database: Database
    figures: Figures
    site: Site

    def suffer(self, what: str, fault: Callable[[], object]) -> None:
        """Do `fault` while work goes on; then work goes on, and every part becomes well, by themselves."""
        began = time.monotonic()
        self.crowd.until_moving(began)
        hurt = time.monotonic()
        fault()
        ended, moment = time.monotonic(), self.database.clock()
        self.crowd.until_moving(ended)
        answers = time.monotonic()
        until(lambda: self._is_well_since(moment), "not all was well")
        self.figures.found.append(
            Figure(
                what,
                ended - hurt,
                self.crowd.journal.longest_silence(hurt),
                answers - ended,
                time.monotonic() - ended,
            )
        )

    def _is_well_since(self, moment: float) -> bool:
        """Whether every process is there, says that it is ready, and did something since."""
        return (
            self.site.is_whole()
            and is_well(self.site.address)
            and self.database.has_been_tended_since(moment)
        )

    def prove(self, what: str) -> None:
        """After the crowd has gone home: all of it is right."""
        prove(self.database, self.crowd)
        journal = self.crowd.journal
        told = ", ".join(f"{times} x {status}" for status, times in sorted(journal.told.items()))
        self.figures.ends.append(
            f"{what}: {len(journal.stored)} answers acknowledged and there once each,"
            f" {journal.doubles} of them sent more than once, {len(journal.refused)} refused;"
            f" on the way: {told or 'nothing else'}"
        )
