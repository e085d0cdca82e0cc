"""One claim after another on batches of all sizes in turns, and by a worker who has answered nearly all.

Requests follow one another, so a wait is the work itself; sizes take turns by the handful, so that whatever
else the machine does falls on all of them.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.serving.adapter import Project, Worker, truth
from benchmarks.serving.assay import Assay
from benchmarks.serving.cells import Pool
from benchmarks.serving.figures import divided, middle, times_of
from benchmarks.serving.machine import ran, run_seconds
from benchmarks.serving.summary import times

TURNS, HANDFUL = 20, 5
ANSWERED = 0.99  # of a batch, by a worker who has answered nearly all of it
PROLIFIC = 0  # the worker who has; new ones follow
FIRST_NEW = 1


@dataclass(frozen=True)
class Rung:
    """Whose claims, on what."""

    name: str
    pool: Pool
    worker: int


@dataclass(frozen=True)
class Turn:
    """A handful of claims: seconds of each, and CPU seconds of PostgreSQL for one."""

    waits: tuple[float, ...]
    database: float


async def climb(assay: Assay, pools: Sequence[Pool], prolific: Pool | None) -> dict[str, list[Turn]]:
    """Take turns on every rung; by name what each turn showed."""
    rungs = [Rung(f"new worker, {pool.items:,} tasks", pool, FIRST_NEW + at) for at, pool in enumerate(pools)]
    if prolific is not None:
        new = FIRST_NEW + len(pools)
        rungs.append(Rung(f"new worker, {prolific.items:,} tasks (2)", prolific, new))
        rungs.append(Rung(f"{ANSWERED:.0%} answered, {prolific.items:,} tasks", prolific, PROLIFIC))
        await _give_a_past(assay, prolific, await prolific.ready())
    workers = await assay.workers(len(rungs) + 1)
    found: dict[str, list[Turn]] = defaultdict(list)
    for turn in range(TURNS):
        for place in range(len(rungs)):
            rung = rungs[(place + turn) % len(rungs)]
            done = await _handful(assay, rung.pool, await rung.pool.ready(), workers[rung.worker])
            if done.waits:
                found[rung.name].append(done)
    return {rung.name: found[rung.name] for rung in rungs}


def show(found: Mapping[str, Sequence[Turn]]) -> None:
    """Print a line per rung; ratios are to the first, turn by turn."""
    print("\nclaims one after another, sizes in turns: ms, CPU ms of PostgreSQL for one, times the first's")
    for name, turns in found.items():
        waits = times_of([wait for turn in turns for wait in turn.waits])
        database = middle([turn.database for turn in turns])
        first = next(iter(found.values()))
        print(
            f"  {name:32}{waits.n:>5} claims  p50 {waits.p50} p95 {waits.p95}  database "
            f"{1000 * (database or 0):.2f}  ({_compared(turns, first)})"
        )


def in_words(found: Mapping[str, Sequence[Turn]]) -> list[str]:
    """The last sizes against the first, and the worker with a past against a new one, for the summary."""
    names = list(found)
    new = [name for name in names if name.startswith("new") and not name.endswith("(2)")]
    said = []
    if len(new) > 1:
        said.append(f"a claim, {new[-1]}: {_compared(found[new[-1]], found[new[0]])} of {new[0]}")
    if names and names[-1] not in new and len(names) > 1:
        said.append(f"{names[-1]}: {_compared(found[names[-1]], found[names[-2]])} of a new worker")
    return said


def _compared(turns: Sequence[Turn], first: Sequence[Turn]) -> str:
    pairs = list(zip(turns, first, strict=False))
    waits = divided((middle(turn.waits), middle(other.waits)) for turn, other in pairs)
    database = divided((turn.database, other.database) for turn, other in pairs)
    return f"wait {times(waits)}, database {times(database)}"


async def _give_a_past(assay: Assay, pool: Pool, project: Project) -> None:
    """Let one worker answer nearly every task, as workers do, but the largest suites at a time."""
    worker = (await assay.workers(1))[PROLIFIC]
    wanted, began, told = int(ANSWERED * pool.items), time.monotonic(), 0.0
    while (done := pool.ledger.answers) < wanted:
        items = await assay.next(project, worker, min(assay.suites, wanted - done))
        if not items:
            break
        kept = await assay.submit(project, worker, items, [truth(item.number) for item in items])
        pool.ledger.add((item.key, worker.key) for item, stored in zip(items, kept, strict=True) if stored)
        if (spent := time.monotonic() - began) > told + 10:
            told = spent
            print(
                f"  one worker has answered {pool.ledger.answers:,} of {wanted:,}, {spent:.0f} s", flush=True
            )
    spent = time.monotonic() - began
    print(
        f"  one worker answered {pool.ledger.answers:,} of {pool.items:,} tasks in {spent:.0f} s", flush=True
    )
    await assay.quiet()


async def _handful(assay: Assay, pool: Pool, project: Project, worker: Worker) -> Turn:
    held, waits = [], []
    postgres = assay.pids()["postgres"]
    before = run_seconds(postgres)
    for _ in range(HANDFUL):
        began = time.perf_counter()
        items = await assay.next(project, worker, 1)
        if not items:
            break
        waits.append(time.perf_counter() - began)
        held += items
    database = ran(before, run_seconds(postgres)) / max(1, len(waits))
    for item in held:
        kept = await assay.submit(project, worker, [item], [truth(item.number)])
        pool.ledger.add((item.key, worker.key) for stored in kept if stored)
    return Turn(tuple(waits), database)
