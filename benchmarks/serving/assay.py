"""Assay under load: the public HTTP API with an API key per worker."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from typing import Any

from benchmarks.serving.adapter import CLASSES, Item, Project, System, Worker
from benchmarks.serving.figures import Counts
from benchmarks.serving.line import Line, Refused
from benchmarks.serving.machine import Parts, read
from benchmarks.serving.running import ROOT, Running
from marketplace.local import tether

#: a claim that found nothing, and an answer that was not taken, by the API's own words
NOTHING = {"nothing_to_do", "batch_not_live", "enough_of_this_batch", "others_first"}
NOT_TAKEN = {"lease_expired", "lease_fenced", "assignment_returned", "answer_stored", "task_settled"}
QUIET = 0.1  # cores: below it what the answers set off is done, unless it takes more at rest
MOST_QUIET = 6  # seconds we wait for that
QUESTION = "tree"


class Filler:
    """The set-up process beside the servers: one act, one line, one answer."""

    def __init__(self, running: Running) -> None:
        environment = os.environ | running.environment() | {"ASSAY_STATEMENT_TIMEOUT_MS": "0"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.serving.filling"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=tether.tied(signal.SIGTERM),
        )

    def act(self, name: str, **values: Any) -> dict[str, Any]:
        """Do one thing and tell what came of it. RuntimeError when the process failed; it says why."""
        asked, told = self._process.stdin, self._process.stdout
        if asked is None or told is None:
            raise RuntimeError("the set-up process has no pipes")
        asked.write(json.dumps({"act": name, **values}) + "\n")
        asked.flush()
        line = told.readline()
        if not line:
            raise RuntimeError(f"the set-up act {name} failed, see above")
        done: dict[str, Any] = json.loads(line)
        return done

    def close(self) -> None:
        """End the process, in the middle of an act if need be."""
        try:
            self._process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def _items(suite: dict[str, Any]) -> list[Item]:
    return [
        Item(held["task"]["id"], held["task"]["data"]["n"], (suite["suite"], held["id"], held["fence"]))
        for held in suite["assignments"]
    ]


def _came_along(told: dict[str, Any]) -> list[Item]:
    """The suite in the reply to an answer; empty where there was nothing. Raises Refused."""
    if "suite" in told:
        return _items(told["suite"])
    problem = told["problem"]
    if problem["code"] not in NOTHING:
        raise Refused(problem["status"], json.dumps(problem).encode())
    return []


class Assay(System):
    """The product; `port` where it answers, `web` its own web processes where they are not the house's.

    `joined`: single answers ask for the next task too, and what comes with the reply is the next claim.
    """

    name = "assay"
    suites = 50

    def __init__(
        self,
        running: Running,
        filler: Filler,
        *,
        gold_share: float,
        port: int = 0,
        web: int = 0,
        name: str = "",
        joined: bool = False,
    ) -> None:
        self.name, self._joined = name or self.name, joined
        self._running, self._filler, self._gold_share = running, filler, gold_share
        self._port, self._web = port or running.port, web
        self._people: dict[str, Any] = {}
        self._workers: list[Worker] = []
        self._suites_taken_whole = False
        #: cores it takes with nothing to do, once that was measured
        self.rest = 0.0

    async def create_project(self, overlap: int) -> Project:
        """A client to own the batches; the batch itself comes with its items."""
        if not self._people:
            self._people = await self._act("people", count=1)
            self._suites_taken_whole = await self._takes_whole_suites()
        return Project("", 0, overlap)

    async def import_items(self, project: Project, count: int) -> None:
        """A live batch over `count` rows, and known ones besides."""
        gold = round(count * self._gold_share)
        wanted = {"client": self._people["client"], "items": count, "overlap": project.overlap, "gold": gold}
        made = await self._act("batch", **wanted)
        project.key, project.items = made["batch"], count
        spent = {part: made[f"{part}_s"] for part in ("rows", "launch", "vacuum")}
        if sum(spent.values()) > 1:
            words = ", ".join(f"{part} {seconds:.0f} s" for part, seconds in spent.items())
            print(f"  {self.name}: filled {count:,} tasks ({words})", flush=True)

    async def workers(self, count: int) -> list[Worker]:
        """The first `count` workers, each with a key and a connection."""
        if count > len(self._workers):
            made = await self._act("people", count=count - len(self._workers))
            self._workers += [self._with_line(each) for each in made["workers"]]
        return self._workers[:count]

    async def next(self, project: Project, worker: Worker, size: int) -> list[Item]:
        """Claim a suite of up to `size`, unless one came with the last reply."""
        came: dict[str, list[Item]] = worker.extra.setdefault("next", {})
        if size == 1 and project.key in came:
            return came.pop(project.key)
        reply = await worker.extra["line"].post("/api/v1/work/claims", {"batch": project.key, "size": size})
        if reply.status == 409:
            refusal = Refused(reply.status, reply.body)
            if refusal.code in NOTHING:
                return []
            raise refusal
        return _items(reply.expect(201).json())

    async def submit(
        self, project: Project, worker: Worker, items: list[Item], choices: list[int]
    ) -> list[bool]:
        """Answer what was claimed: a whole suite in one request where the API has that, else one by one."""
        if len(items) > 1 and self._suites_taken_whole:
            return await self._submit_suite(worker, items, choices)
        pairs = zip(items, choices, strict=True)
        return [await self._submit(project, worker, item, choice) for item, choice in pairs]

    async def export(self, project: Project) -> int | None:
        """Answers told of by the batch's export and, for known rows, by its progress."""
        line = self._line(self._people["owner"])
        progress = (await line.get(f"/api/v1/batches/{project.key}")).expect(200).json()["progress"]
        exported = (await line.get(f"/api/v1/batches/{project.key}/export?format=jsonl")).expect(200)
        line.close()
        rows = [json.loads(row) for row in exported.body.splitlines() if row]
        return int(sum(row["answers"] for row in rows) + progress["gold_answers"])

    async def check(self, project: Project) -> Counts | None:
        """What its database holds."""
        found = await self._act("check", batch=project.key, overlap=project.overlap)
        return Counts(**found)

    async def settle(self) -> int:
        """Vacuum and write out; how many bytes the database takes."""
        return int((await self._act("settle"))["bytes"])

    def pids(self) -> Parts:
        """All of the house; the web part may be another server's."""
        parts = dict(self._running.pids())
        return parts | {"web": [self._web]} if self._web else parts

    async def quiet(self) -> None:
        """Until celery and PostgreSQL rest: refits and pay belong to the answers that caused them."""
        before = read(self.pids())
        for _ in range(MOST_QUIET):
            await asyncio.sleep(1)
            now = read(self.pids())
            used = now.since(before).parts
            if sum(used.values()) < max(QUIET, 1.5 * self.rest):
                return
            before = now

    async def close(self) -> None:
        """Hang up."""
        for worker in self._workers:
            worker.extra["line"].close()

    async def _act(self, name: str, **values: Any) -> dict[str, Any]:
        return await asyncio.to_thread(self._filler.act, name, **values)

    async def _submit(self, project: Project, worker: Worker, item: Item, choice: int) -> bool:
        _, assignment, fence = item.claim
        body: dict[str, Any] = {"answer": {QUESTION: CLASSES[choice]}, "fence": fence, "seconds": 3.0}
        if self._joined:
            body["next"] = {"batch": project.key, "size": 1}
        reply = await worker.extra["line"].post(f"/api/v1/assignments/{assignment}/submit", body)
        if reply.status in (200, 201):
            if self._joined:
                worker.extra["next"][project.key] = _came_along(reply.json()["next"])
            return True
        refusal = Refused(reply.status, reply.body)
        if refusal.status == 409 and refusal.code in NOT_TAKEN:
            return False
        raise refusal

    async def _submit_suite(self, worker: Worker, items: list[Item], choices: list[int]) -> list[bool]:
        answers = [
            {
                "assignment": item.claim[1],
                "fence": item.claim[2],
                "answer": {QUESTION: CLASSES[choice]},
                "seconds": 3.0,
            }
            for item, choice in zip(items, choices, strict=True)
        ]
        path = f"/api/v1/suites/{items[0].claim[0]}/answers"
        reply = await worker.extra["line"].post(path, {"answers": answers})
        results = reply.expect(200).json()["results"]
        for result in results:
            problem = result.get("problem")
            if problem and problem["code"] not in NOT_TAKEN:
                raise Refused(problem["status"], json.dumps(problem).encode())
        taken = {result["assignment"] for result in results if result["state"] == "submitted"}
        return [item.claim[1] in taken for item in items]

    async def _takes_whole_suites(self) -> bool:
        line = self._line(self._people["owner"])
        described = await line.get("/api/schema")
        line.close()
        return described.status == 200 and b"/suites/{suite}/answers" in described.body

    def _with_line(self, made: dict[str, str]) -> Worker:
        return Worker(made["worker"], {"line": self._line(made["key"])})

    def _line(self, key: str) -> Line:
        return Line("127.0.0.1", self._port, {"Authorization": f"Bearer {key}"})
