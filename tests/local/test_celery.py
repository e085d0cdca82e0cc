"""A celery process takes messages again after Valkey was away, or ends and is started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings

from marketplace.core import consuming
from marketplace.core.consuming import Signs, Watch, trouble
from marketplace.local import valkey
from marketplace.local.program import Program
from marketplace.local.run import ROOT
from tests.faults.proxy import Proxy, end_of, through
from tests.faults.trees import offspring
from tests.local.conftest import Bench
from tests.local.served import until

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")

CELERY = (
    *("celery", "-A", "marketplace.celery", "worker", "--concurrency", "2", "--loglevel", "INFO"),
    *("--include", "tests.local.celery_jobs"),
)
MOMENT = 2.0  # seconds in which a job runs that is sent to a process that is well


@dataclass
class Queue:
    """A Valkey of the test's own, and the line to it that is ours to spoil."""

    url: str
    line: Proxy
    var: Path

    def send(self, name: str, *words: object) -> None:
        """Send a background job, past the line."""
        with Celery(broker=self.url, set_as_current=False) as jobs:
            jobs.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
            jobs.send_task(name, words)

    def runs_jobs(self) -> bool:
        """Whether one that is sent now runs within a moment."""
        done = self.var / f"done{time.monotonic_ns()}"
        self.send("tests.touch", str(done))
        end = time.monotonic() + MOMENT
        while time.monotonic() < end and not done.exists():
            time.sleep(0.02)
        return done.exists()


@pytest.fixture
def queue(bench: Bench) -> Iterator[Queue]:
    """A queue that nobody else takes from."""
    server = valkey.prepare(bench.var, fast=True)
    bench.supervisor.start(server.program())
    with Proxy(end_of(server.url())) as line:
        yield Queue(server.url(), line, bench.var)


@dataclass
class Process:
    """A celery process and what it says."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self, words: str) -> bool:
        """Whether it said that."""
        return words in self.log.read_text()

    def has_ended(self) -> bool:
        """Whether it is gone."""
        return self.process.poll() is not None


@pytest.fixture
def start(queue: Queue) -> Iterator[Callable[..., Process]]:
    """Starts a celery process at the far end of the line."""
    made: list[subprocess.Popen[bytes]] = []

    def begin(**env: str) -> Process:
        log = queue.var / "celery.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", *CELERY],
                cwd=ROOT,
                env=os.environ | {"REDIS_URL": through(queue.line, queue.url)} | env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        made.append(process)
        return Process(process, log)

    yield begin
    for process in made:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_under_the_supervisor_it_is_back_each_time_after_valkey_was_gone(bench: Bench, queue: Queue) -> None:
    """Either way: it connects anew, or it ends and is started again."""
    env = {"REDIS_URL": through(queue.line, queue.url), "PYTHONPATH": str(ROOT)}
    bench.supervisor.start(Program("celery", (sys.executable, "-m", *CELERY), env=env))

    def is_back() -> bool:
        bench.supervisor.watch()
        return queue.runs_jobs()

    until(is_back)
    for _ in range(2):
        queue.send("tests.nap", 2.0)
        time.sleep(0.5)  # one job is in hand, and the process asks for the next
        queue.line.shut()
        time.sleep(0.5)
        queue.line.heal()
        until(is_back)


def test_it_ends_at_once_when_it_breaks_down_with_a_job_in_hand(
    queue: Queue, start: Callable[..., Process]
) -> None:
    """Celery's own end in order would wait for the job, or for ever, and take nothing meanwhile."""
    celery = start(TESTS_CELERY="broken")
    until(lambda: celery.said("it behaves as wished"))
    queue.send("tests.nap", 3600.0)
    until(celery.has_ended)
    assert celery.process.returncode == 1
    assert celery.said("the consumer broke down (RuntimeError): this process ends, to be started again")


@pytest.mark.parametrize(
    ("manner", "why"),
    [
        ("still", "the event loop stands still while Valkey answers"),
        ("idle", "messages wait, and none is taken"),
    ],
)
def test_it_ends_when_it_can_do_nothing_any_more(
    queue: Queue, start: Callable[..., Process], manner: str, why: str
) -> None:
    """With an error code, for a supervisor to start it again, and with all that it started."""
    celery = start(TESTS_CELERY=manner)
    until(lambda: celery.said("it behaves as wished"))
    family = offspring(celery.process.pid)
    assert family
    queue.send("tests.nap", 0.0)
    until(celery.has_ended)
    assert celery.process.returncode == 1
    assert celery.said(f"{why}: this process ends")
    assert celery.said("most recent call first")  # where each thread stood
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family))


def test_the_watch_lets_it_wait_for_valkey_and_finish_what_it_holds_when_asked_to_end(
    queue: Queue, start: Callable[..., Process]
) -> None:
    celery = start(TESTS_CELERY="patient")
    until(queue.runs_jobs)
    queue.line.shut()
    until(lambda: celery.log.read_text().count("Cannot connect") >= 2)
    queue.line.heal()
    until(queue.runs_jobs)
    queue.send("tests.nap", 11.0)  # longer than the watch has patience in this test
    until(lambda: celery.said("Task tests.nap"))
    celery.process.terminate()
    assert celery.process.wait(60) == 0
    assert celery.said("succeeded in 11.")


WELL = Signs(turns=5, taken=7, in_hand=0, waiting=0)


@pytest.mark.parametrize(
    ("after", "what"),
    [
        (replace(WELL, turns=6), None),  # nothing to do
        (replace(WELL, turns=6, waiting=3), None),  # they came a moment ago
        (WELL, "the event loop stands still while Valkey answers"),
    ],
)
def test_signs_of_a_process_with_nothing_to_do(after: Signs, what: str | None) -> None:
    assert trouble(WELL, after) == what


@pytest.mark.parametrize(
    ("after", "what"),
    [
        (replace(WELL, turns=6, waiting=9, taken=8), None),  # it is busy
        (replace(WELL, turns=6, waiting=9, in_hand=2), None),  # with long jobs
        (replace(WELL, turns=6, waiting=9), "messages wait, and none is taken"),
    ],
)
def test_signs_of_a_process_with_much_to_do(after: Signs, what: str | None) -> None:
    assert trouble(replace(WELL, waiting=9), after) == what


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        ([WELL] * 4, True),
        ([WELL] * 3, False),
        ([WELL, WELL, replace(WELL, turns=6), replace(WELL, turns=6), WELL], False),  # it turned meanwhile
        ([WELL, WELL, None, WELL, WELL, WELL], False),  # Valkey did not answer meanwhile
    ],
)
def test_it_takes_trouble_in_a_row(
    looks: list[Signs | None], told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "LOOK", 0.0)
    monkeypatch.setattr(consuming, "LOOKS", 3)
    said: list[str] = []
    left = list(looks)
    watch = Watch(lambda: left.pop(0), said.append)
    if told:
        watch.run()
    else:
        with pytest.raises(IndexError):  # no look is left
            watch.run()
    assert bool(said) == told
