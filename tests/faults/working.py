"""A crowd at work over HTTP: whatever befalls the servers, it repeats until it is told, and notes that."""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from marketplace.core.ids import public_id
from marketplace.local.run import ROOT
from tests.faults.trees import PATIENCE, Site, clean_environment, until

WORKERS = 10
PAUSE = 0.3  # seconds a worker takes for a suite: the machine has other things to do, too
PROGRAM_PATIENCE = 10.0  # seconds a program waits for a reply before it asks again
MOVING = 40  # further answers that show that work goes on
TERMS = {
    "min_overlap": 2,
    "max_overlap": 3,
    "suite_size": 4,
    "gold_share": 0.05,
    "target_accuracy": 0.9,
    "lease_seconds": 60,
}


@dataclass(frozen=True)
class Held:
    """What a claim brought."""

    assignment: str
    fence: int


@dataclass
class Journal:
    """What the crowd was told: answers that were acknowledged, those refused, and when."""

    stored: dict[str, str] = field(default_factory=dict)  # assignment -> the answer, told 200 or 201
    refused: dict[Held, str] = field(default_factory=dict)  # what was not taken, and why
    doubles: int = 0  # acknowledged although stored before: sent again, or twice at once
    told: Counter[str] = field(default_factory=Counter)  # statuses that ended nothing, and missing replies
    moments: list[float] = field(default_factory=list)  # of acknowledgements, on the monotonic clock

    def since(self, moment: float) -> int:
        """How many answers were acknowledged since then."""
        return sum(each > moment for each in self.moments)

    def longest_silence(self, since: float) -> float:
        """The longest time without an acknowledgement."""
        moments = [since, *(each for each in self.moments if each > since)]
        return max((later - before for before, later in pairwise(moments)), default=0.0)


@dataclass
class Stage:
    """A batch and the keys of those who may work on it."""

    batch: str
    keys: list[str]


def set_stage(site: Site, *, work: int = 4000, **terms: Any) -> Stage:
    """A live batch in a site's database, and people."""
    env = {"DATABASE_URL": site.database_url, "REDIS_URL": site.redis_url, "ASSAY_VAR": str(site.var)}
    wanted = {"workers": WORKERS + 1, "work": work, "gold": work // 40, "terms": TERMS | terms}
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.stage"],
        cwd=ROOT,
        env=clean_environment() | env | {"DJANGO_SETTINGS_MODULE": "marketplace.settings"},
        input=json.dumps(wanted) + "\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Stage(**json.loads(done.stdout))


class Crowd:
    """Workers, a thread each, who claim and answer until they are called off."""

    def __init__(self, address: str, stage: Stage) -> None:
        self.stage, self.journal = stage, Journal()
        self._where = urlsplit(address).netloc
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def until_moving(self, since: float) -> None:
        """Wait until so many answers were acknowledged since then."""
        until(lambda: self.journal.since(since) >= MOVING, "no answers were acknowledged")

    def call_off(self) -> None:
        """Let everybody finish what they hold, until each answer is known to be stored or refused."""
        self._ended.set()

    def somebody_takes_a_suite(self) -> Callable[[], bool]:
        """One worker more claims, and answers when the returned is called; whether all was stored then."""
        program = Program(self._where, self.stage.keys[WORKERS], self)
        suite = self._claim(program)

        def answer() -> bool:
            with closing(program):
                for held in suite:
                    self._answer(program, held, random.Random(0))
            return bool(suite) and all(held.assignment in self.journal.stored for held in suite)

        return answer

    def work(self, number: int) -> None:
        """One worker's day."""
        rng = random.Random(number)
        with closing(Program(self._where, self.stage.keys[number], self)) as program:
            while not self._ended.is_set():
                suite = self._claim(program)
                if len(suite) > 1 and rng.random() < 0.3:
                    self._answer_together(program, suite, rng)
                else:
                    for held in suite:
                        self._answer(program, held, rng)
                self._ended.wait(PAUSE if suite else 0.3)

    def _claim(self, program: Program) -> list[Held]:
        status, said = program.repeat("/api/v1/work/claims", {"batch": self.stage.batch})
        if status == 409:
            return []
        assert status == 201, (status, said)
        return [Held(each["id"], each["fence"]) for each in said["assignments"]]

    def _answer(self, program: Program, held: Held, rng: random.Random) -> None:
        value = rng.choice(["cat", "dog", "dog", "dog"])
        path = f"/api/v1/assignments/{held.assignment}/submit"
        body = {"answer": {"animal": value}, "fence": held.fence}
        if rng.random() < 0.1:
            with closing(program.twin()) as twin, ThreadPoolExecutor(2) as both:  # an impatient finger
                replies = list(both.map(lambda own: own.repeat(path, body), [program, twin]))
        else:
            replies = [program.repeat(path, body)]
        for status, said in replies:
            self._note(held, value, status, said.get("code", ""))

    def _answer_together(self, program: Program, suite: list[Held], rng: random.Random) -> None:
        values = {held: rng.choice(["cat", "dog"]) for held in suite}
        answers = [
            {"assignment": held.assignment, "fence": held.fence, "answer": {"animal": value}}
            for held, value in values.items()
        ]
        path = f"/api/v1/suites/{program.suite}/answers"
        status, said = program.repeat(path, {"answers": answers})
        assert status == 200, (status, said)
        for held, result in zip(suite, said["results"], strict=True):
            code = result.get("problem", {}).get("code", "")
            self._note(held, values[held], result["status"], code)

    def _note(self, held: Held, value: str, status: int, code: str) -> None:
        with self._lock:
            if status in (200, 201):
                self.journal.stored[held.assignment] = value
                self.journal.doubles += status == 200
                self.journal.moments.append(time.monotonic())
            else:
                assert status == 409, (status, code)
                self.journal.refused[held] = code


class Program:
    """What a worker's program does: it repeats what it was not told the end of, under one key."""

    def __init__(self, where: str, key: str, crowd: Crowd) -> None:
        self._where, self._key, self._crowd = where, key, crowd
        self._line: http.client.HTTPConnection | None = None
        self.suite = ""

    def twin(self) -> Program:
        """The same person in a second window."""
        return Program(self._where, self._key, self._crowd)

    def repeat(self, path: str, body: Any) -> tuple[int, Any]:
        """Status and body of the reply that ends it: nothing else than 2xx and 4xx does."""
        end, key = time.monotonic() + PATIENCE, public_id()
        while True:
            status, said = self._ask(path, body, key)
            if 200 <= status < 500 and status != 429:
                self.suite = said.get("suite", self.suite)
                return status, said
            with self._crowd._lock:
                self._crowd.journal.told[str(status or said)] += 1
            assert time.monotonic() < end, f"{path} was never answered: {status} {said}"
            time.sleep(random.uniform(0.1, 0.4))

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()
        self._line = None

    def _ask(self, path: str, body: Any, key: str) -> tuple[int, Any]:
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        if self._line is None:
            self._line = http.client.HTTPConnection(self._where, timeout=PROGRAM_PATIENCE)
        try:
            self._line.request("POST", path, json.dumps(body), headers)
            reply = self._line.getresponse()
            return reply.status, json.loads(reply.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            return 0, type(error).__name__


@contextmanager
def at_work(address: str, stage: Stage) -> Iterator[Crowd]:
    """A crowd that works for the length of the block, and then knows of each answer what became of it."""
    crowd = Crowd(address, stage)
    with ThreadPoolExecutor(WORKERS) as threads:
        days = [threads.submit(crowd.work, number) for number in range(WORKERS)]
        try:
            crowd.until_moving(0.0)
            yield crowd
        finally:
            crowd.call_off()
        for day in days:
            day.result()
