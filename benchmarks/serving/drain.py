"""Many workers on a small project until nothing is left: every item gets exactly its overlap."""

from __future__ import annotations

import time
from collections.abc import Sequence

from benchmarks.serving.adapter import Adapter, Load
from benchmarks.serving.cells import Verdict
from benchmarks.serving.figures import Ledger
from benchmarks.serving.load import drive

MOST_SECONDS = 300.0


async def drain(
    systems: Sequence[Adapter], *, items: int, workers: int, overlap: int, rounds: int
) -> list[Verdict]:
    """Drain a fresh project of each system, so often in turns; prints a line each, returns the verdicts."""
    verdicts = []
    print(f"\n{items} tasks, {overlap} answers each, {workers} workers, until nothing is left")
    for number in range(1, rounds + 1):
        for adapter in systems:
            project = await adapter.create_project(overlap)
            await adapter.import_items(project, items)
            load, ledger = Load(workers, MOST_SECONDS, seed=number, drain=True), Ledger()
            began = time.perf_counter()
            tally = await drive(adapter, project, load)
            seconds = tally.seconds or time.perf_counter() - began
            await adapter.quiet()
            ledger.add(tally.kept, unknown=tally.unknown)
            verdict = Verdict(
                adapter.name,
                items,
                ledger.counts(overlap),
                await adapter.check(project),
                await adapter.export(project),
                ledger.unknown,
            )
            verdicts.append(verdict)
            print(
                f"  round {number}, {adapter.name:20} {_line(verdict, seconds, dict(tally.faults))}",
                flush=True,
            )
    return verdicts


def _line(verdict: Verdict, seconds: float, faults: dict[str, int]) -> str:
    counts = verdict.database or verdict.driver
    known = f", {counts.gold_answers} more of known rows" if counts.gold_answers else ""
    answers = counts.answers - counts.gold_answers
    return (
        f"{answers} answers{known}, {counts.full} of {verdict.items} tasks full, "
        f"{counts.items_over} over, {counts.twice} twice, {seconds:.1f} s"
        f"{f', faults {faults}' if faults else ''}"
    )
