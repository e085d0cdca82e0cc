"""One cell of a run: a system under one load, with what it cost, and what became of every answer."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from benchmarks.serving.adapter import Adapter, Load, Project
from benchmarks.serving.figures import Cell, Counts, Ledger, merged, times_of
from benchmarks.serving.load import drive
from benchmarks.serving.machine import load_average, pss_mib, read

WARM = 1.0  # seconds before each cell, counted in the ledger and nowhere else
SHARE = 0.5  # of a project's answers that may be used up before a fresh one is filled


@dataclass
class Verdict:
    """Whether a project came out right: by the driver's own book, by the database, by the export."""

    system: str
    items: int
    driver: Counts
    database: Counts | None
    exported: int | None
    #: answers whose reply did not come: kept or not, both are right
    unknown: int = 0

    @property
    def exact(self) -> bool:
        """Nothing over, nothing twice, nothing lost, nothing from nowhere."""
        told = [self.driver, *([self.database] if self.database else [])]
        clean = not any(counts.items_over or counts.twice or counts.ledger_sum_micros for counts in told)
        counted = {self.exported, self.database.answers if self.database else None} - {None}
        beyond = [number - self.driver.answers for number in counted if number is not None]
        return clean and len(counted) <= 1 and all(0 <= more <= self.unknown for more in beyond)

    def flat(self) -> dict[str, Any]:
        """For a JSON file."""
        return asdict(self) | {"exact": self.exact}


@dataclass
class Pool:
    """The projects of one system and size: a fresh one whenever the last is half used up.

    With `lasting` the first is kept whatever happens. `past` holds the verdicts on those given up.
    """

    adapter: Adapter
    items: int
    overlap: int
    lasting: bool = False
    ledger: Ledger = field(default_factory=Ledger)
    project: Project | None = None
    past: list[Verdict] = field(default_factory=list)

    @property
    def room(self) -> int:
        """Answers that may be taken from a fresh project."""
        return int(SHARE * self.items * self.overlap)

    @property
    def left(self) -> int:
        """Answers that may still be taken from the project at hand."""
        return max(1, self.room - self.ledger.answers)

    async def ready(self) -> Project:
        """A project with room enough for a cell."""
        if self.project is not None and self.left < self.room / 2 and not self.lasting:
            await self.judge(export=False)
            self.project = None
        if self.project is None:
            self.project, self.ledger = await self.adapter.create_project(self.overlap), Ledger()
            await self.adapter.import_items(self.project, self.items)
        return self.project

    async def judge(self, *, export: bool) -> None:
        """A verdict on the project at hand, if there is one."""
        if self.project is None:
            return
        database = await self.adapter.check(self.project)
        exported = await self.adapter.export(self.project) if export else None
        driver = self.ledger.counts(self.overlap)
        self.past.append(
            Verdict(self.adapter.name, self.items, driver, database, exported, self.ledger.unknown)
        )


async def measure(pool: Pool, load: Load, *, number: int) -> Cell:
    """Warm up, put on the load, wait until what it set off is done, and tell what it cost."""
    adapter = pool.adapter
    project = await pool.ready()
    warm_up = replace(load, seconds=WARM, think=0.0, seed=load.seed + 1, most=pool.left // 10)
    warmed = await drive(adapter, project, warm_up)
    pool.ledger.add(warmed.kept, unknown=warmed.unknown)
    before, began = read(adapter.pids()), time.perf_counter()
    tally = await drive(adapter, project, replace(load, most=min(load.most, pool.left)))
    seconds = tally.seconds or time.perf_counter() - began
    memory = pss_mib(adapter.pids().get("web", []))
    await adapter.quiet()
    used, wall = read(adapter.pids()).since(before), time.perf_counter() - began
    pool.ledger.add(tally.kept, unknown=tally.unknown)
    answers = len(tally.kept)
    ours = sum(used.parts.values()) + used.driver
    return Cell(
        system=adapter.name,
        round=number,
        items=pool.items,
        workers=load.workers,
        suite=load.suite,
        seconds=round(seconds, 2),
        answers=answers,
        per_second=round(answers / seconds, 2),
        next=times_of(tally.next_s),
        submit=times_of(tally.submit_s),
        cpu_ms=merged(used.parts, answers),
        web_pss_mib=round(memory, 1),
        driver_cpu_ms=round(used.driver * 1000 / max(1, answers), 4),
        others=round(max(0.0, used.machine - ours) / wall, 2),
        load=round(load_average(), 2),
        refused=tally.refused,
        empty=len(tally.empty_s),
        faults=dict(tally.faults),
        last_fault=tally.last_fault,
    )
