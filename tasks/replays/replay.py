"""One replay from the first claim to the closed batch: recorded workers against a running server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from channels.db import database_sync_to_async

from tasks.pool.selectors import tasks_by_row
from tasks.replays.expert import Judgement, SimulatedExpert
from tasks.replays.http import Api, ServerRefused, accepted
from tasks.replays.opening import QUESTION, Terms, open_batch
from tasks.replays.people import People
from tasks.replays.recorded import Answer, Recording
from tasks.replays.scheduler import Line

FINAL = {"task_settled": "saved", "batch_not_live": "saved", "already_yours": "repeated"}
LOST = ("lease_expired", "lease_fenced", "assignment_returned")
MOST_CLAIMS = 10
LEASED_PAUSE, LEASED_PATIENCE = 1.0, 660.0
PAGE = 500
Outcome = TypeVar("Outcome")


@dataclass
class Tally:
    """What became of the recorded answers so far: bought, saved, repeated (a worker's second answer to a
    task) or left (others held the task to the end).
    """

    bought: int = 0
    saved: int = 0
    repeated: int = 0
    left: int = 0
    recovered: int = 0

    @property
    def done(self) -> int:
        """Recorded answers that were offered."""
        return self.bought + self.saved + self.repeated + self.left


@dataclass(frozen=True)
class Wishes:
    """How a replay is to be run."""

    terms: Terms
    expert_error: float
    seed: int
    concurrency: int = 8
    window: int = 1000


@dataclass
class Played:
    """Everything that came of a replay; `results` by row, seconds by the clock on the wall."""

    batch: str
    tally: Tally
    undecidable: int = 0
    progress: dict[str, Any] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    stream_seconds: float = 0.0
    wall_seconds: float = 0.0


class Replay:
    """Plays one recording through one server."""

    def __init__(
        self, api: Api, people: People, recording: Recording, wishes: Wishes, *, gold: frozenset[str]
    ) -> None:
        self._api, self._people, self._recording, self._wishes = api, people, recording, wishes
        self._gold = gold
        self._tasks: Mapping[str, str] = {}
        self._expert: SimulatedExpert | None = None
        self.tally = Tally()

    @property
    def disputes_decided(self) -> int:
        """Verdicts given so far."""
        return self._expert.decided if self._expert else 0

    async def play(self, on_step: Callable[[str], None] = lambda step: None) -> Played:
        """Open the batch, replay every answer, let disputes be decided, close, read the results.

        `on_step` is told what goes on. Raises ServerAway and ServerRefused with one line.
        """
        owner, wishes = self._people.owner, self._wishes
        on_step("opening the batch")
        batch = await open_batch(self._api, owner, self._recording, gold=self._gold, terms=wishes.terms)
        self._tasks = await database_sync_to_async(tasks_by_row)(batch)
        self._expert = expert = SimulatedExpert(
            self._api,
            self._people.expert,
            batch=batch,
            rows={task: row for row, task in self._tasks.items()},
            judgement=Judgement(
                self._recording.truth, self._recording.classes, wishes.expert_error, wishes.seed
            ),
        )
        on_step("replaying")
        started = time.monotonic()
        judging = asyncio.create_task(expert.work())
        try:
            await _unless_failed(self._stream(), judging)
            stream_seconds = time.monotonic() - started
            on_step("closing the batch")
            progress = await _unless_failed(self._close(batch), judging)
        finally:
            judging.cancel()
            with suppress(asyncio.CancelledError):
                await judging
        wall_seconds = time.monotonic() - started
        on_step("reading the results")
        return Played(
            batch=batch,
            tally=self.tally,
            undecidable=expert.undecidable,
            progress=progress,
            results=await self._results(batch),
            stream_seconds=stream_seconds,
            wall_seconds=wall_seconds,
        )

    async def _stream(self) -> None:
        answers = self._recording.answers
        line = Line(answers, self._wishes.window)
        running: dict[asyncio.Task[None], int] = {}
        try:
            while not line.finished:
                while len(running) < self._wishes.concurrency and (place := line.take()) is not None:
                    running[asyncio.create_task(self._offer(answers[place]))] = place
                ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    line.done(running.pop(task))
                    task.result()
        finally:
            for task in running:
                task.cancel()

    async def _offer(self, answer: Answer) -> None:
        """One recorded answer: claim its task and submit, unless the claim is refused for good."""
        key, task = self._people.workers[answer.worker], self._tasks[answer.task]
        for _ in range(MOST_CLAIMS):
            held = await self._claim(key, task)
            if isinstance(held, str):
                setattr(self.tally, held, getattr(self.tally, held) + 1)
                return
            if await self._submit(key, held, answer):
                self.tally.bought += 1
                return
        raise ServerRefused(f"the lease of task {task} was lost {MOST_CLAIMS} times")

    async def _claim(self, key: str, task: str) -> tuple[str, int] | str:
        """Assignment and fence; or what became of the offer, when it is refused for good."""
        began = time.monotonic()
        unseen = False
        while True:
            reply = await self._api.send(key, "POST", "/work/claims", {"task": task})
            unseen = unseen or reply.tries > 1
            if reply.status == 201:
                held = reply.body["assignments"][0]
                return held["id"], held["fence"]
            if reply.code == "already_yours" and unseen and (found := await self._find(key, task)):
                return found
            if reply.code in FINAL:
                return FINAL[reply.code]
            if reply.code != "task_fully_leased":
                accepted(reply)
            if time.monotonic() - began > LEASED_PATIENCE:
                return "left"
            await asyncio.sleep(LEASED_PAUSE)

    async def _find(self, key: str, task: str) -> tuple[str, int] | None:
        """The lease that an earlier try took without our hearing of it."""
        page = await self._api.get(key, "/assignments?limit=50")
        for held in page["results"]:
            if held["task"] == task and held["state"] == "claimed":
                self.tally.recovered += 1
                return held["id"], held["fence"]
        return None

    async def _submit(self, key: str, held: tuple[str, int], answer: Answer) -> bool:
        """True when the answer is stored; False when the lease was lost meanwhile."""
        body: dict[str, Any] = {"answer": {QUESTION: answer.label}, "fence": held[1]}
        if answer.seconds is not None:
            body["seconds"] = answer.seconds
        reply = await self._api.send(key, "POST", f"/assignments/{held[0]}/submit", body)
        if reply.code in LOST:
            return False
        accepted(reply)
        return True

    async def _close(self, batch: str) -> dict[str, Any]:
        """Wait for the last dispute, close, and wait for the books; the batch's progress at the end."""
        owner = self._people.owner
        while (state := await self._api.get(owner, f"/batches/{batch}"))["progress"]["disputes_open"]:
            await asyncio.sleep(0.5)
        while state["state"] != "closed":
            reply = await self._api.send(owner, "POST", f"/batches/{batch}/close")
            state = accepted(reply).body
            if state["state"] != "closed":
                await asyncio.sleep(1.0)
        return dict(state["progress"])

    async def _results(self, batch: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        address: str | None = f"/batches/{batch}/results?limit={PAGE}"
        while address:
            page = await self._api.get(self._people.owner, address)
            found |= {result["row"]: result for result in page["results"]}
            address = f"/batches/{batch}/results?{page['next'].split('?', 1)[1]}" if page["next"] else None
        return found


async def _unless_failed(work: Coroutine[Any, Any, Outcome], beside: asyncio.Task[None]) -> Outcome:
    """Await `work`, but stop with the error of the task beside it should that end first."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task, beside}, return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        task.cancel()
        beside.result()
    return await task
