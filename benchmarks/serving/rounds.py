"""The rounds of a run: systems side by side under one load after another, A B C A B C."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.serving.adapter import Adapter, Load
from benchmarks.serving.cells import Pool, Verdict, measure
from benchmarks.serving.figures import Cell

EXPORTED = 100_000  # most items whose export is read and counted


@dataclass(frozen=True)
class Plan:
    """What is measured: every size with every number of workers and size of suite, so many rounds."""

    items: Sequence[int]
    workers: Sequence[int]
    suites: Sequence[int] = (1,)
    seconds: float = 20.0
    rounds: int = 1
    overlap: int = 3
    think: float = 0.0
    most: int = 10**9

    def loads(self) -> Iterator[tuple[int, Load]]:
        """Every size with every load of a round, the same seeds in each."""
        for items in self.items:
            for workers in self.workers:
                for suite in self.suites:
                    load = Load(
                        workers, self.seconds, 1000 * workers + suite, suite, self.think, most=self.most
                    )
                    yield items, load


@dataclass
class Rounds:
    """Runs a plan on some systems and keeps what it found."""

    systems: Sequence[Adapter]
    plan: Plan
    cells: list[Cell] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    _pools: dict[tuple[str, int], Pool] = field(default_factory=dict)

    async def run(self) -> None:
        """All rounds, a line for each cell."""
        began, everything = time.monotonic(), list(self._all())
        for place, (number, adapter, items, load) in enumerate(everything, 1):
            pool = self.pool(adapter, items)
            cell = await measure(pool, load, number=number)
            self.cells.append(cell)
            spent = time.monotonic() - began
            print(f"  {place} of {len(everything)}, {spent:.0f} s: round {number}, {_line(cell)}", flush=True)

    def pool(self, adapter: Adapter, items: int) -> Pool:
        """The projects of one system and size."""
        return self._pools.setdefault((adapter.name, items), Pool(adapter, items, self.plan.overlap))

    async def judge(self) -> None:
        """Verdicts on all projects, when everything is over."""
        for pool in self._pools.values():
            await pool.judge(export=pool.items <= EXPORTED)
            self.verdicts += pool.past

    def _all(self) -> Iterator[tuple[int, Adapter, int, Load]]:
        for number in range(1, self.plan.rounds + 1):
            for items, load in self.plan.loads():
                for adapter in self.systems:
                    fits = adapter.largest is None or items <= adapter.largest
                    if fits and load.suite <= adapter.suites:
                        yield number, adapter, items, load


def _line(cell: Cell) -> str:
    faults = f", {cell.empty} times nothing" if cell.empty else ""
    faults += f", FAULTS {cell.faults} {cell.last_fault}" if cell.faults else ""
    return (
        f"{cell.items:,} tasks, {cell.workers} workers, suites of {cell.suite}, {cell.system}: "
        f"{cell.per_second:,.1f} answers/s, next {cell.next.p50} submit {cell.submit.p50} ms, "
        f"{cell.cpu:.2f} ms CPU each{faults}"
    )
