"""The floor below everything: the two statements straight from psycopg, a thread and connection per worker.

    python -m benchmarks.serving.rawsql

is one of the processes that do it: its orders are one JSON object on the input, its tally one on the output.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import threading
import time
from collections import Counter
from typing import Any

import psycopg

from benchmarks.serving import floor
from benchmarks.serving.adapter import CLASSES, Item, Load, Project, System, Worker, truth
from benchmarks.serving.figures import Counts, Tally
from benchmarks.serving.machine import Parts
from benchmarks.serving.running import ROOT, Running

PROCESSES = 2
EMPTIES, PAUSE = 5, 0.1


class RawSql(System):
    """Claim and submit as two transactions of one statement each, on the PostgreSQL of `running`."""

    name = "raw SQL"

    def __init__(self, running: Running) -> None:
        self._running, self._url = running, running.database(floor.DATABASE)
        floor.prepare(running.database("assay"), self._url)

    async def create_project(self, overlap: int) -> Project:
        """Its number comes with its items."""
        return Project(0, 0, overlap)

    async def import_items(self, project: Project, count: int) -> None:
        """Items by one INSERT ... SELECT."""
        project.key = await asyncio.to_thread(floor.fill, self._url, count, project.overlap)
        project.items = count

    async def workers(self, count: int) -> list[Worker]:
        """Numbers."""
        return [Worker(number) for number in range(1, count + 1)]

    async def next(self, project: Project, worker: Worker, size: int) -> list[Item]:
        """Not used: see `apply`."""
        raise NotImplementedError

    async def submit(
        self, project: Project, worker: Worker, items: list[Item], choices: list[int]
    ) -> list[bool]:
        """Not used: see `apply`."""
        raise NotImplementedError

    async def apply(self, project: Project, load: Load) -> Tally | None:
        """Share the workers among a few processes and add up what they did."""
        shares = [list(range(1 + first, load.workers + 1, PROCESSES)) for first in range(PROCESSES)]
        orders = {"url": self._url, "project": project.key, "seconds": load.seconds, "seed": load.seed}
        orders |= {"drain": load.drain, "most": max(1, load.most // load.workers), "think": load.think}
        told = await asyncio.gather(*(_ask(orders | {"workers": share}) for share in shares if share))
        tally = Tally()
        for part in told:
            tally.next_s += part["next_s"]
            tally.submit_s += part["submit_s"]
            tally.empty_s += part["empty_s"]
            tally.kept += [tuple(pair) for pair in part["kept"]]
            tally.refused += part["refused"]
            tally.faults += Counter(part["faults"])
            tally.last_fault = part["last_fault"] or tally.last_fault
            tally.seconds = max(tally.seconds, part["seconds"])
        return tally

    async def check(self, project: Project) -> Counts | None:
        """What its tables hold."""
        return await asyncio.to_thread(floor.count, self._url, project.key, project.overlap)

    def pids(self) -> Parts:
        """PostgreSQL alone; what psycopg costs is the driver's."""
        return {"postgres": self._running.pids()["postgres"]}


async def _ask(orders: dict[str, Any]) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.serving.rawsql",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate(json.dumps(orders).encode())
    found: dict[str, Any] = json.loads(told)
    return found


def _work(orders: dict[str, Any], worker: int, tally: Tally, begin: threading.Barrier) -> None:
    chance = random.Random(f"{orders['seed']}/{worker}")  # noqa: S311  (a simulation)
    me = {"worker": worker, "project": orders["project"]}
    with psycopg.connect(orders["url"], autocommit=True) as line:
        begin.wait()
        first = time.perf_counter()
        until, answered, empties = first + orders["seconds"], 0, 0
        while time.perf_counter() < until and answered < orders["most"]:
            began = time.perf_counter()
            row = line.execute(floor.CLAIM, me).fetchone()
            if row is None and line.execute(floor.REWIND, me).rowcount:
                row = line.execute(floor.CLAIM, me).fetchone()
            (tally.empty_s if row is None else tally.next_s).append(time.perf_counter() - began)
            empties = 0 if row else empties + 1
            if row is not None:
                answered += _answer(line, row, me, tally, chance)
            elif orders["drain"] and empties >= EMPTIES:
                break
            else:
                time.sleep(PAUSE)
        tally.seconds = max(tally.seconds, time.perf_counter() - first)


def _answer(
    line: psycopg.Connection[Any], row: Any, me: dict[str, int], tally: Tally, chance: random.Random
) -> bool:
    right = chance.random() < 0.85
    choice = truth(row[2]) if right else chance.randrange(len(CLASSES))
    began = time.perf_counter()
    value = json.dumps({"tree": CLASSES[choice]})
    done = line.execute(floor.SUBMIT, {"claim": row[0], "worker": me["worker"], "value": value}).fetchone()
    tally.submit_s.append(time.perf_counter() - began)
    if done is None:
        tally.refused += 1
        return False
    tally.kept.append((row[1], me["worker"]))
    return True


def main() -> None:
    """Work as the given workers, a thread each; the clock starts when all are connected."""
    orders = json.loads(sys.stdin.read())
    tally = Tally()
    begin = threading.Barrier(len(orders["workers"]))
    threads = [
        threading.Thread(target=_safely, args=(orders, worker, tally, begin)) for worker in orders["workers"]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    json.dump(vars(tally), sys.stdout)


def _safely(orders: dict[str, Any], worker: int, tally: Tally, begin: threading.Barrier) -> None:
    try:
        _work(orders, worker, tally, begin)
    except psycopg.Error as error:
        begin.abort()
        tally.fault("sql", error)


if __name__ == "__main__":
    main()
