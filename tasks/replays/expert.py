"""The simulated expert of a replay: knows the truth, and errs as often as told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.replays.http import Api, accepted
from tasks.replays.opening import QUESTION

PAUSE = 0.5
AT_ONCE = 4
PAGE = 500


@dataclass(frozen=True)
class Judgement:
    """What the expert knows: the truth by row, and how often a verdict is wrong (0..1), drawn with `seed`."""

    truth: Mapping[str, str]
    classes: Sequence[str]
    error: float
    seed: int

    def of_row(self, row: str) -> str | None:
        """The expert's class for a row, the same however often it is asked; None where nobody knows.

        An erring expert picks one of the other classes, each equally likely.
        """
        true = self.truth.get(row)
        rng = random.Random(f"expert {self.seed} {row}")  # noqa: S311
        if true is None or rng.random() >= self.error:
            return true
        others = [other for other in self.classes if other != true]
        return rng.choice(others) if others else true


class SimulatedExpert:
    """Watches the queue and decides every dispute of one batch, over the HTTP API."""

    def __init__(
        self, api: Api, key: str, *, batch: str, rows: Mapping[str, str], judgement: Judgement
    ) -> None:
        """`rows` maps a task's public id to the id of its row."""
        self._api, self._key, self._batch = api, key, batch
        self._rows, self._judgement = rows, judgement
        self.decided = self.undecidable = 0

    async def work(self) -> None:
        """Decide whatever comes until cancelled. Events are a wake-up; the queue itself is the truth."""
        seen = int((await self._api.get(self._key, "/disputes/events"))["seq"])
        while True:
            while await self._empty_queue():
                pass
            news = await self._api.get(self._key, f"/disputes/events?since={seen}")
            seen = int(news["seq"])
            if not any(event["kind"] != "decided" for event in news["events"]):
                await asyncio.sleep(PAUSE)

    async def _empty_queue(self) -> bool:
        """Decide what is in the queue now; False when nothing of this batch was."""
        address: str | None = f"/disputes?state=open&limit={PAGE}"
        mine: list[str] = []
        while address:
            page = await self._api.get(self._key, address)
            mine += [dispute["id"] for dispute in page["results"] if dispute["batch"] == self._batch]
            address = f"/disputes?{page['next'].split('?', 1)[1]}" if page["next"] and not mine else None
        gate = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._decide(dispute, gate) for dispute in mine))
        return bool(mine)

    async def _decide(self, dispute: str, gate: asyncio.Semaphore) -> None:
        async with gate:
            claimed = await self._api.send(self._key, "POST", f"/disputes/{dispute}/claim")
            if claimed.code == "dispute_taken":
                return
            case: dict[str, Any] = accepted(claimed).body
            label = self._judgement.of_row(self._rows[case["task"]["id"]])
            verdict: dict[str, Any] = {"fence": case["fence"], "outcome": "undecidable", "reason": "other"}
            if label is not None:
                verdict |= {"outcome": "decided", "answer": {QUESTION: label}, "reason": "clear"}
            reply = await self._api.send(self._key, "POST", f"/disputes/{dispute}/decide", verdict)
            if reply.code == "dispute_lease_lost":
                return
            accepted(reply)
            self.decided += 1
            self.undecidable += label is None
