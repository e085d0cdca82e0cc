"""The product beside its floors and peers, in one run: python -m benchmarks.serving."""

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.serving import ladder, peers, tables
from benchmarks.serving.adapter import Adapter
from benchmarks.serving.assay import Assay, Filler
from benchmarks.serving.bare import BareView
from benchmarks.serving.cells import Pool
from benchmarks.serving.drain import drain
from benchmarks.serving.machine import load_average, read
from benchmarks.serving.rawsql import RawSql
from benchmarks.serving.rounds import Plan, Rounds
from benchmarks.serving.running import ROOT, CannotRun, Running, end_in_order
from benchmarks.serving.summary import JOINED, OURS, summary

OWN = ("assay", "joined", "bare", "raw")
REST = 5.0  # seconds over which the house is watched doing nothing
DRAINED = 100  # tasks


def main() -> None:
    """Start everything, measure what was asked for, print the tables, then one line."""
    args = _arguments()
    end_in_order()
    try:
        running = Running(port=args.port, web_processes=args.web_processes, var=args.var)
    except CannotRun as error:
        raise SystemExit(f"benchmarks.serving: {error}") from None
    filler = Filler(running)
    try:
        _run(args, running, filler)
    finally:
        filler.close()
        running.stop()


def _run(args: argparse.Namespace, running: Running, filler: Filler) -> None:
    systems = _systems(args, running, filler)
    print(f"{', '.join(system.name for system in systems)}; load {load_average():.1f}", flush=True)
    with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
        found = runner.run(_measure(args, systems))
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(found["summary"])
    if any(not verdict["exact"] for verdict in found["verdicts"] if verdict["system"] in (OURS, JOINED)):
        raise SystemExit(1)


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415  (not on every system)
    except ImportError:
        return None
    return uvloop.new_event_loop


def _systems(args: argparse.Namespace, running: Running, filler: Filler) -> list[Adapter]:
    systems: list[Adapter] = []
    if "assay" in args.systems:
        systems.append(_assay(args, running, filler))
    if "joined" in args.systems:
        systems.append(Assay(running, filler, gold_share=args.gold, name=JOINED, joined=True))
    if "bare" in args.systems:
        bare = BareView(running, port=args.port + 1)
        print(f"the bare view is served by {bare.server}")
        systems.append(bare)
    if "raw" in args.systems:
        systems.append(RawSql(running))
    found, missing = peers.find(args.peers, largest=args.peer_items)
    systems += [peer for peer in found if peer.name in args.systems]
    for line in missing:
        print(f"missing, so derived from a run of its own: {line}")
    return systems


def _assay(args: argparse.Namespace, running: Running, filler: Filler) -> Assay:
    if not args.server_command:
        return Assay(running, filler, gold_share=args.gold)
    port = args.port + 2
    words = shlex.split(args.server_command.format(port=port))
    pid = running.start_beside("server", words, port=port, environment={})
    return Assay(running, filler, gold_share=args.gold, port=port, web=pid)


async def _measure(args: argparse.Namespace, systems: Sequence[Adapter]) -> dict[str, Any]:
    assay = next((system for system in systems if isinstance(system, Assay)), None)
    found: dict[str, Any] = {"args": {key: str(value) for key, value in vars(args).items()}}
    if args.drain:
        verdicts = await drain(
            systems, items=DRAINED, workers=max(args.workers), overlap=args.overlap, rounds=args.rounds
        )
        return found | {"verdicts": [each.flat() for each in verdicts], "summary": summary([], verdicts)}
    plan = Plan(args.items, args.workers, args.suite, args.seconds, args.rounds, args.overlap, args.think)
    rounds = Rounds(systems, plan)
    if assay is not None:
        await _fill(assay, rounds)
    await rounds.run()
    said: list[str] = []
    if assay is not None and args.ladder:
        prolific = Pool(assay, args.prolific, args.overlap, lasting=True) if args.prolific else None
        turns = await ladder.climb(assay, [rounds.pool(assay, items) for items in args.items], prolific)
        found["ladder"] = {name: [asdict(turn) for turn in each] for name, each in turns.items()}
        said = ladder.in_words(turns)
        if prolific is not None:
            await prolific.judge(export=True)
            rounds.verdicts += prolific.past
    await rounds.judge()
    tables.show(rounds.cells, rounds.verdicts)
    if "ladder" in found:
        ladder.show(turns)
    for system in systems:
        await system.close()
    return found | {
        "cells": [cell.flat() for cell in rounds.cells],
        "verdicts": [verdict.flat() for verdict in rounds.verdicts],
        "summary": summary(rounds.cells, rounds.verdicts, said, paused=bool(args.think)),
    }


async def _fill(assay: Assay, rounds: Rounds) -> None:
    """Fill our batches first, so that all stand in one database; then say what the house costs at rest."""
    for items in rounds.plan.items:
        began = time.monotonic()
        await rounds.pool(assay, items).ready()
        if time.monotonic() - began > 1:
            print(f"  the database takes {await assay.settle() / 2**20:,.0f} MiB", flush=True)
    await assay.quiet()
    before = read(assay.pids())
    await asyncio.sleep(REST)
    used = read(assay.pids()).since(before).parts
    assay.rest = sum(used.values()) / REST
    told = ", ".join(f"{part} {100 * seconds / REST:.1f} %" for part, seconds in used.items())
    print(f"  at rest, of a core: {told}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--items", type=numbers, default=[10_000, 100_000, 1_000_000], help="tasks of a project, ascending")
    add("--workers", type=numbers, default=[1, 8, 32])
    add("--suite", type=numbers, default=[1, 10], help="tasks claimed at once")
    add("--seconds", type=float, default=10.0, help="of each cell")
    add("--rounds", type=int, default=3)
    add(
        "--systems",
        type=names,
        default=[*OWN, *peers.NAMES],
        help="assay, joined, bare, raw, and peers by name",
    )
    add("--overlap", type=int, default=3)
    add("--gold", type=float, default=0.05, help="known rows besides, as a share; 0 for none")
    add("--think", type=float, default=0.0, help="mean seconds between next and submit")
    add("--drain", action="store_true", help=f"{DRAINED} tasks until nothing is left, instead of all else")
    add("--prolific", type=int, default=10_000, help="tasks of which one worker has answered 99 %%; 0: none")
    add("--no-ladder", dest="ladder", action="store_false", help="no single claims, sizes in turns")
    add("--peers", type=Path, default=ROOT.parent / "shared" / "bench", help="a bench with adapters of peers")
    add("--peer-items", type=int, default=10_000, help="most items a peer is measured with")
    add("--server-command", help="another web server of the product, with {port}, instead of `make run`'s")
    add("--web-processes", type=int, default=2, help="of `make run`")
    add("--port", type=int, default=8400, help="of `make run`; others follow")
    add("--var", type=Path, help="a directory to keep the data in; otherwise a temporary one")
    add("--json", type=Path, help="also write every cell to this file")
    return parser.parse_args()


def numbers(text: str) -> list[int]:
    """Whole numbers with commas between them, ascending."""
    return sorted(int(part) for part in text.split(",") if part)


def names(text: str) -> list[str]:
    """Words with commas between them."""
    return [part.strip() for part in text.split(",") if part.strip()]


if __name__ == "__main__":
    main()
