"""A simulated crowd at work on the demo's live batches, through the public HTTP API and nothing else."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tasks.demo import skills
from tasks.demo.cast import Cast, Player
from tasks.demo.content import fingerprint
from tasks.demo.projects import demo_projects, known_rows
from tasks.replays.http import Api, accepted

#: seconds of the simulated people's time
ARRIVAL, IDLE, COFFEE, THINK, LOOK = 20.0, 15.0, 60.0, 8.0, 5.0
RETURNED, COFFEES, EXPERT_ERROR = 0.01, 0.05, 0.02
NOTHING = ("nothing_to_do", "batch_not_live", "others_first")
LOST = ("lease_expired", "lease_fenced", "assignment_returned", "batch_not_live")
TICK = 1.0


@dataclass(frozen=True)
class Status:
    """How the batches go that this crowd has seen; money in micros, time in seconds on the wall."""

    seconds: float
    batches: int
    tasks: int
    settled: int
    answers: int
    disputes_open: int
    disputes_decided: int
    paid_micros: int
    over: bool


class Crowd:
    """Workers and an expert who come, work at their own pace, and stop when nothing is left."""

    def __init__(self, api: Api, cast: Cast, *, speed: float, seed: int, with_expert: bool = True) -> None:
        """`speed` is how many times faster than people they are."""
        self._api, self._cast, self._speed, self._seed = api, cast, speed, seed
        self._with_expert = with_expert
        self._names = {project.name for project in demo_projects()}
        self._seconds = {project.name: project.terms["seconds_per_task"] for project in demo_projects()}
        self._batches: set[str] = set()
        self._looked = 0
        self._stop = asyncio.Event()
        self._began = time.monotonic()

    def stop(self) -> None:
        """Let everybody finish: what they hold and have not answered is given back."""
        self._stop.set()

    async def work(self, on_status: Callable[[Status], None], *, minutes: float | None = None) -> Status:
        """Work until nothing is left, `minutes` are over or `stop` is called; the status at the end.

        Raises ServerAway and ServerRefused with one line.
        """
        people = [
            asyncio.create_task(self._play(player, random.Random(f"{self._seed} {number}")))  # noqa: S311
            for number, player in enumerate(self._cast.players)
        ]
        if self._with_expert:
            people.append(asyncio.create_task(self._judge(random.Random(f"{self._seed} expert"))))  # noqa: S311
        try:
            status = await self._watch(on_status, people, minutes)
        finally:
            self.stop()
            ended = await asyncio.gather(*people, return_exceptions=True)
        failed = [outcome for outcome in ended if isinstance(outcome, Exception)]
        if failed:
            raise failed[0]
        return status

    async def _watch(
        self, on_status: Callable[[Status], None], people: list[asyncio.Task[None]], minutes: float | None
    ) -> Status:
        while True:
            status = await self._status()
            on_status(status)
            late = minutes is not None and status.seconds > 60 * minutes
            if late or status.over or self._stop.is_set() or any(person.done() for person in people):
                return status
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), TICK)

    async def _play(self, player: Player, rng: random.Random) -> None:
        """One worker's day: look what there is, take a suite, answer it, now and then a coffee."""
        await self._pause(rng.uniform(0, ARRIVAL))
        while not self._stop.is_set():
            found = (await self._api.get(player.key, "/work?limit=100"))["results"]
            offers = [offer for offer in found if offer["project_name"] in self._names]
            self._batches |= {offer["batch"] for offer in offers}
            self._looked += 1
            if not offers:
                await self._pause(IDLE)
                continue
            chosen = rng.choices(offers, weights=[offer["tasks_left"] for offer in offers])[0]
            await self._take_suite(player, chosen["batch"], rng)
            if rng.random() < COFFEES:
                await self._pause(rng.expovariate(1 / COFFEE))

    async def _take_suite(self, player: Player, batch: str, rng: random.Random) -> None:
        reply = await self._api.send(player.key, "POST", "/work/claims", {"batch": batch})
        if reply.code in NOTHING:
            await self._pause(LOOK)
            return
        suite = accepted(reply).body
        for held in suite["assignments"]:
            known = known_rows().get(fingerprint(held["task"]["data"]))
            if known is not None and rng.random() >= RETURNED:
                taken = skills.seconds(self._seconds[known[0].name], player.skill, rng)
                await self._pause(taken)
                if not self._stop.is_set():
                    said = skills.answer(known[1], player.skill, rng)
                    await self._submit(player, held, {str(known[0].question["name"]): said}, taken)
                    continue
            await self._api.send(player.key, "POST", f"/assignments/{held['id']}/return")

    async def _submit(
        self, player: Player, held: dict[str, Any], answer: dict[str, Any], taken: float
    ) -> None:
        body = {"answer": answer, "fence": held["fence"], "seconds": round(taken, 1)}
        reply = await self._api.send(player.key, "POST", f"/assignments/{held['id']}/submit", body)
        if reply.code not in LOST:
            accepted(reply)

    async def _judge(self, rng: random.Random) -> None:
        """The expert's day: the next dispute of a demo batch, a look at it, a verdict."""
        key = self._cast.expert
        while not self._stop.is_set():
            page = await self._api.get(key, "/disputes?state=open&limit=100")
            mine = [dispute for dispute in page["results"] if dispute["project_name"] in self._names]
            self._batches |= {dispute["batch"] for dispute in mine}
            claimed = await self._api.send(key, "POST", f"/disputes/{mine[0]['id']}/claim") if mine else None
            if claimed is None or claimed.code == "dispute_taken":
                await self._pause(LOOK)
                continue
            case = accepted(claimed).body
            await self._pause(THINK * rng.lognormvariate(-0.08, 0.4))
            await self._decide(case, rng)

    async def _decide(self, case: dict[str, Any], rng: random.Random) -> None:
        known = known_rows().get(fingerprint(case["task"]["data"]))
        address = f"/disputes/{case['id']}"
        if known is None or self._stop.is_set():
            await self._api.send(self._cast.expert, "POST", f"{address}/release")
            return
        project, row = known
        value = row.truth if rng.random() >= EXPERT_ERROR else rng.choice(list(row.wrong))
        body = {
            "answer": {str(project.question["name"]): value},
            "outcome": "decided",
            "reason": "best_guess" if row.hard >= 1 else "clear",
            "fence": case["fence"],
        }
        reply = await self._api.send(self._cast.expert, "POST", f"{address}/decide", body)
        if reply.code != "dispute_lease_lost":
            accepted(reply)

    async def _status(self) -> Status:
        batches = [await self._api.get(self._cast.client, f"/batches/{batch}") for batch in self._batches]
        going = [batch["progress"] for batch in batches]
        waiting = sum(progress["open"] for progress in going)
        disputes = sum(progress["disputes_open"] for progress in going)
        closed = all(batch["state"] == "closed" for batch in batches)
        # everybody has looked once, and nobody found anything
        idle = self._looked >= len(self._cast.players) and not batches
        return Status(
            seconds=time.monotonic() - self._began,
            batches=len(batches),
            tasks=sum(progress["tasks"] for progress in going),
            settled=sum(progress["resolved"] for progress in going),
            answers=sum(progress["answers"] + progress["gold_answers"] for progress in going),
            disputes_open=disputes,
            disputes_decided=sum(progress["disputes"] for progress in going) - disputes,
            paid_micros=sum(progress["paid_micros"] for progress in going),
            over=idle or (bool(batches) and (closed or (not waiting and not self._with_expert))),
        )

    async def _pause(self, seconds: float) -> None:
        """Let so many seconds of a simulated person's time pass, or less when all stop."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds / self._speed)
