"""The engine beside its peers, in one run: python -m benchmarks.quality [--datasets DIR] [--json FILE]."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.quality import tables
from benchmarks.quality.accuracy import Accuracy, measure_accuracy
from benchmarks.quality.collusion import VOLUMES, Beset, measure_ring
from benchmarks.quality.curves import draw_curves
from benchmarks.quality.promises import TARGETS, Cost, Honesty, measure_cost, measure_honesty
from benchmarks.quality.recorded import Recorded, is_categorical, read_crowd
from benchmarks.quality.saving import Saving, measure_saving

OVERLAPS = (5, 10)
PARTS = ("accuracy", "saving", "cost", "honesty", "collusion")

Measured = Accuracy | Saving | Cost | Honesty | Beset
Call = tuple[Callable[..., Measured], tuple[Any, ...]]


def main() -> None:
    """Measure what was asked for on every folder of categorical answers, print the tables, then one line."""
    args = _arguments()
    folders = sorted(folder for folder in args.datasets.iterdir() if (folder / "labels.csv").exists())
    crowds = [read_crowd(folder) for folder in folders if is_categorical(folder)]
    load = os.getloadavg()[0]
    print(f"{len(crowds)} crowds, {sum(crowd.votes.n_votes for crowd in crowds):,} answers; load {load:.1f}")
    found: dict[str, list[Any]] = {}
    for part in (part for part in PARTS if part in args.parts):
        found[part] = list(_measure(part, crowds, args))
        tables.show({part: found[part]})
    if args.curves and "saving" in found:
        draw_curves(found["saving"], args.curves)
    if args.json:
        rows = {part: [asdict(row) for row in rows] for part, rows in found.items()}
        args.json.write_text(json.dumps({"load": load, **rows}, indent=1) + "\n", encoding="utf-8")
    print(tables.summary(found))


def _measure(part: str, crowds: list[Recorded], args: argparse.Namespace) -> Iterator[Measured]:
    started = time.monotonic()
    calls = list(_calls(part, crowds, args))
    # the peers of the first part run in processes of their own, one after the other, for their times' sake
    with ProcessPoolExecutor(1 if part == "accuracy" else os.cpu_count()) as processes:
        for done, result in enumerate(processes.map(_call, calls), 1):
            seconds = time.monotonic() - started
            print(f"  {part}: {done} of {len(calls)}, {result.crowd}, {seconds:.0f} s", flush=True)
            yield result


def _calls(
    part: str, crowds: list[Recorded], args: argparse.Namespace
) -> Iterator[tuple[Callable[..., Measured], tuple[Any, ...]]]:
    seeds = range(args.seeds)
    for crowd in crowds:
        each = crowd.votes.n_votes / max(crowd.votes.n_tasks, 1)
        if part == "accuracy":
            yield measure_accuracy, (crowd, seeds, args.peer_seconds)
        elif part == "saving":
            yield from ((measure_saving, (crowd, overlap, seeds)) for overlap in OVERLAPS if each >= overlap)
        elif part == "cost":
            yield from ((measure_cost, (crowd, target, seeds)) for target in TARGETS)
        elif part == "collusion":
            yield from ((measure_ring, (crowd, volume, seeds)) for volume in VOLUMES)
        else:
            runs = range(args.honesty_seeds)
            yield from ((measure_honesty, (crowd, target, runs)) for target in TARGETS)


def _call(call: Call) -> Measured:
    measure, parameters = call
    return measure(*parameters)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(__file__).resolve().parents[2].parent / "shared" / "datasets"
    parser.add_argument("--datasets", type=Path, default=shared, help="folders with labels.csv and gold.csv")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--honesty-seeds", type=int, default=10)
    parser.add_argument("--peer-seconds", type=float, default=60.0, help="most a peer may take on a crowd")
    parser.add_argument("--json", type=Path, help="also write every row to this file")
    parser.add_argument("--curves", type=Path, help="draw accuracy against answers into this folder (SVG)")
    args = parser.parse_args()
    if not args.datasets.is_dir():
        parser.error(f"no folder {args.datasets}: give one with --datasets, a folder per crowd")
    return args


if __name__ == "__main__":
    main()
