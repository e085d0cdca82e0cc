"""What a celery process of the tests is told to include: jobs, and manners to be watched in."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from celery.worker import state

from marketplace.core import consuming

MANNER = os.environ.get("TESTS_CELERY", "")

if MANNER:  # no test waits for a minute
    consuming.LOOK, consuming.LOOKS = 1.5, 6 if MANNER == "patient" else 2


@shared_task(name="tests.nap")
def nap(seconds: float) -> None:
    """Be in hand for a while."""
    time.sleep(seconds)


@shared_task(name="tests.touch")
def touch(path: str) -> None:
    """Show that it ran."""
    Path(path).touch()


@worker_ready.connect
def behave(sender: Any, **_: Any) -> None:
    """Stand still, turn and take nothing, or break down with a job in hand, if that is wished."""
    if MANNER == "idle":
        sender.task_consumer.cancel()
    if MANNER == "broken":
        sender.hub.on_tick.add(_break_down)
    sys.stderr.write("it behaves as wished\n")
    if MANNER == "still":
        time.sleep(3600)


def _break_down() -> None:
    if state.active_requests:
        raise RuntimeError("broken by the test")
