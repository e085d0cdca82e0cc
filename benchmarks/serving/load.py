"""The closed loop: each worker claims, answers, submits, and claims again, all in one process."""

from __future__ import annotations

import asyncio
import random
import time
from asyncio import IncompleteReadError

from benchmarks.serving.adapter import CLASSES, Adapter, Item, Load, Project, Worker, truth
from benchmarks.serving.figures import Tally
from benchmarks.serving.line import Refused

TROUBLE = (Refused, OSError, IncompleteReadError, TimeoutError)
PATIENCE = 120.0  # seconds for one act
PAUSE = 0.2  # seconds before asking again where there was nothing, or something failed
ENOUGH = 5  # times in a row that a worker finds nothing before a drain is over for them


async def drive(adapter: Adapter, project: Project, load: Load) -> Tally:
    """Put a load on a system and tell what happened. Raises only when the system cannot list its workers."""
    by_itself = await adapter.apply(project, load)
    if by_itself is not None:
        return by_itself
    workers = await adapter.workers(load.workers)
    tally = Tally()
    until = time.perf_counter() + load.seconds
    loops = [_Loop(adapter, project, load, worker, number) for number, worker in enumerate(workers)]
    await asyncio.gather(*(loop.run(tally, until) for loop in loops))
    return tally


class _Loop:
    """One worker at work; how often they are right is their own, the same in every run of a seed."""

    def __init__(self, adapter: Adapter, project: Project, load: Load, worker: Worker, number: int) -> None:
        self._adapter, self._project, self._load, self._worker = adapter, project, load, worker
        self._random = random.Random(f"{load.seed}/{number}")  # noqa: S311  (a simulation)
        self._skill = self._random.uniform(
            0.88, 0.98
        )  # nobody among them tells so little that others are asked first
        self._empties = 0

    async def run(self, tally: Tally, until: float) -> None:
        while time.perf_counter() < until and len(tally.kept) < self._load.most:
            items = await self._claim(tally)
            if items:
                self._empties = 0
                await self._answer(items, tally)
            elif self._load.drain and self._empties >= ENOUGH:
                return
            else:
                await asyncio.sleep(PAUSE)

    async def _claim(self, tally: Tally) -> list[Item]:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                items = await self._adapter.next(self._project, self._worker, self._load.suite)
        except TROUBLE as error:
            tally.fault("next", error)
            return []
        (tally.next_s if items else tally.empty_s).append(time.perf_counter() - began)
        self._empties += not items
        return items

    async def _answer(self, items: list[Item], tally: Tally) -> None:
        if self._load.think:
            await asyncio.sleep(self._random.expovariate(1 / self._load.think))
        choices = [self._choose(item) for item in items]
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                kept = await self._adapter.submit(self._project, self._worker, items, choices)
        except TROUBLE as error:
            tally.fault("submit", error)
            # a refusal is an answer; of anything else nobody knows what became of it
            tally.unknown += len(items) if getattr(error, "status", 500) >= 500 else 0
            await asyncio.sleep(PAUSE)
            return
        tally.submit_s.append(time.perf_counter() - began)
        tally.refused += kept.count(False)
        tally.kept += [
            (item.key, self._worker.key) for item, stored in zip(items, kept, strict=True) if stored
        ]

    def _choose(self, item: Item) -> int:
        if self._random.random() < self._skill:
            return truth(item.number)
        return self._random.randrange(len(CLASSES))
