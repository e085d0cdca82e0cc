"""How a celery process takes messages: it goes on after a lost line, or ends to be started again."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis
from celery.concurrency.prefork import TaskPool
from celery.worker import consumer, state
from redis.backoff import NoBackoff
from redis.retry import Retry

TURN = 1.0  # seconds between two notes of the event loop that it turns
LOOK = 5.0  # seconds between two looks of the watch
LOOKS = 12  # in a row that have to show trouble

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Signs:
    """What one look sees of a celery process."""

    turns: int  # of its event loop
    taken: int  # background jobs its children ever began
    in_hand: int  # messages it holds
    waiting: int  # messages that wait for any celery process


def trouble(before: Signs, after: Signs) -> str | None:
    """What is wrong, by two looks; None where all may be well."""
    if after.turns == before.turns:
        return "the event loop stands still while Valkey answers"
    if before.waiting and after.waiting and not after.in_hand and after.taken == before.taken:
        return "messages wait, and none is taken"
    return None


class Watch(threading.Thread):
    """Looks at a process again and again, and calls `end` with the reason after `LOOKS` troubles in a row.

    `look` gives None where nothing can be told, which counts as no trouble. Looks are counted, not seconds: a
    machine that slept is not in trouble.
    """

    def __init__(self, look: Callable[[], Signs | None], end: Callable[[str], object]) -> None:
        super().__init__(name="watch", daemon=True)
        self._look, self._end = look, end

    def run(self) -> None:
        """Look until the process ends."""
        before: Signs | None = None
        troubles = 0
        while True:
            time.sleep(LOOK)
            after = self._look()
            found = trouble(before, after) if before and after else None
            before, troubles = after, troubles + 1 if found else 0
            if found and troubles >= LOOKS:
                self._end(found)
                return


class Consumer(consumer.Consumer):
    """Celery's, but it never lives on without taking messages.

    After a lost line Celery closes what it had and connects anew. With a job in hand that may fail, at once
    or when the job is done: kombu connects for a channel whose transport it has let go of. Celery takes
    that for the end, and its stop in order may wait for ever, for jobs whose results nobody reads any more.
    Here such an end is one at once. For whatever else may come there is a watch.
    """

    hub: Any

    def __init__(self, *args: Any, **options: Any) -> None:
        # nobody here asks what other celery processes do, and each channel is one more to lose
        alone = {"without_gossip": True, "without_mingle": True}
        options["worker_options"] = (options.get("worker_options") or {}) | alone
        super().__init__(*args, **options)
        self._turns = 0

    def start(self) -> None:
        """Take messages until the process is asked to end."""
        if self.hub is not None and isinstance(self.pool, TaskPool):  # elsewhere jobs hold up the loop
            Watch(self._signs, end).start()
        try:
            super().start()
        except Exception as error:  # to be asked to end is none
            log.exception("celery takes this for its end")
            end(f"the consumer broke down ({type(error).__name__})")

    def register_with_event_loop(self, hub: Any) -> None:
        """Note from now on that the loop turns."""
        super().register_with_event_loop(hub)
        hub.call_repeatedly(TURN, self._turn)

    def _turn(self) -> None:
        self._turns += 1

    def _signs(self) -> Signs | None:
        """None while Valkey does not answer, and once asked to end: the jobs in hand may take time."""
        # Celery keeps an exit code there, which may be 0
        asked: list[object] = [state.should_stop, state.should_terminate]
        if any(code is not None and code is not False for code in asked):
            return None
        try:
            waiting = self._waiting()
        except redis.RedisError:
            return None
        return Signs(self._turns, state.all_total_count[0], len(state.reserved_requests), waiting)

    def _waiting(self) -> int:
        conf = self.app.conf
        prefix = conf.broker_transport_options.get("global_keyprefix", "")
        once = Retry(NoBackoff(), 0)
        with redis.Redis.from_url(
            conf.broker_url, socket_timeout=2, socket_connect_timeout=2, retry=once
        ) as line:
            return sum(int(line.llen(prefix + name)) for name in self.app.amqp.queues.consume_from)


def end(why: str) -> None:
    """End this process at once with code 1, its log telling why and where each thread stands.

    Not in order: what stands still would stand in the way of that, too.
    """
    log.critical("%s: this process ends, to be started again", why)
    faulthandler.dump_traceback(sys.__stderr__ or sys.stderr, all_threads=True)
    os._exit(1)
