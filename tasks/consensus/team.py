"""The refit of a large project: other celery processes count shards of it, and nothing depends on them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial, reduce
from itertools import pairwise
from operator import add
from typing import TypeVar

import redis
from celery import current_app
from kombu.exceptions import OperationalError

from marketplace.core.ids import public_id
from tasks.consensus.counting import Asked, Range, sums_of
from tasks.consensus.exchange import Arrays, Exchange
from tasks.consensus.votes import ProjectVotes
from tasks.quality.trust.hearing import Hearing
from tasks.quality.truth.blocks import cuts
from tasks.quality.truth.members import Elsewhere, Held
from tasks.quality.truth.rounds import Model, Round, Statistics, Truths
from tasks.quality.truth.shards import Shard, shard_of
from tasks.quality.votes import IntArray, VoteTable

log = logging.getLogger(__name__)

Reply = TypeVar("Reply")

#: from so many votes on a pass takes longer than telling others of it does
LARGE = 4_000_000
#: votes of a shard: small enough to be shared among a few processes
SHARD = 1_000_000
#: seconds to wait for what was given away, at least
PATIENCE = 0.05
#: so many answers per shard may come too late before others are left in peace
LATE = 4
#: the background job, by name
COUNT = "tasks.consensus.background.count_shard"
#: seconds a message may wait for a process: by then its refit is over or has done without
EXPIRES = 120


@contextmanager
def shared(
    votes: ProjectVotes, heard: Hearing, truths: Truths, *, project_id: int, index: int
) -> Iterator[Elsewhere | None]:
    """Who makes the passes of a fit of these votes: a team of processes, None for smaller projects.

    `heard` are the votes as they are heard, `index` is the place of the question in the schema.
    """
    if votes.table.n_votes < LARGE:
        yield None
        return
    team = Team(heard, truths, cuts(votes.table, -(-votes.table.n_votes // SHARD)))
    try:
        team.gather(votes, project_id=project_id, index=index)
        yield team.passes
    finally:
        team.disband()


class Team:
    """Whoever counts for one refit; the process that refits is always one of them.

    A shard is given away once, and again only when it came back: while a message is lost, or waits in a busy
    pool, its shard is counted here. So a pass is held up at most once by each message, and for no longer than
    counting a shard takes. Who counts changes nothing: sums are added up in the order of the shards.
    """

    def __init__(self, heard: Hearing, truths: Truths, cut: IntArray) -> None:
        self._heard, self._truths = heard, truths
        self._runs = list(pairwise(cut.tolist()))
        self._run = public_id()
        self._exchange: Exchange | None = Exchange(self._run)
        #: shards given away that did not come back yet
        self._out: set[int] = set()
        self._pass = 0
        #: how many shards are not given away
        self._kept = 1
        #: seconds that counting a shard takes here
        self._takes = 0.0
        #: shards counted by others, of all, and how many came too late
        self.by_others, self.counted, self.late = 0, 0, 0

    def gather(self, votes: ProjectVotes, *, project_id: int, index: int) -> None:
        """Tell everybody what there is to count."""
        ears, n_t = self._heard.ears, votes.table.per_task()
        people = {"ids": votes.worker_ids, "weight": ears.weight_w, "speaker": ears.speaker_w}
        self._ask(lambda exchange: exchange.tell("people", people))
        for number, (start, stop) in enumerate(self._runs):
            mine = Range(
                project_id,
                index,
                votes.table.n_labels,
                int(votes.task_ids[start]),
                int(votes.task_ids[stop - 1]),
                votes.last_answer,
                start,
                stop - start,
                int(n_t[start:stop].sum()),
            )
            known = self._truths.of_tasks(start, stop)
            self._ask(partial(mine.tell, number=number, truths=known))

    def passes(self, held: Held | None) -> TeamPasses:
        """Passes over all votes, or over all but what is held out."""
        votes = self._heard.votes
        rest = votes if held is None else votes.only(~held.hides(votes.task, votes.worker))
        return TeamPasses(self, held, rest.n_votes, cache(lambda number: self._shard(rest, number)))

    def count(self, asked: Asked, shard: Callable[[int], Shard]) -> Statistics:
        """One pass; `shard(number)` is what is counted here."""
        self._pass += 1
        asked = asked._replace(number=self._pass)
        while (late := self._next(0.0)) is not None:
            self._out.discard(int(late["shard"]))
            self.late += 1
        given = self._give(asked)
        found = {}
        for number in range(len(self._runs)):
            if number not in given:
                started = time.monotonic()
                found[number] = asked.of_shard(shard(number))
                self._takes = time.monotonic() - started
        here = len(found)
        held_up = self._collect(given, found)
        self.by_others, self.counted = self.by_others + len(found) - here, self.counted + len(self._runs)
        for number in given - set(found):
            found[number] = asked.of_shard(shard(number))
        if held_up > self._takes / 2:
            self._kept = min(self._kept + 1, len(self._runs) - 1)
        elif held_up < self._takes / 10:
            self._kept = max(self._kept - 1, 1)
        return reduce(add, (found[number] for number in sorted(found)))

    def disband(self) -> None:
        """Whoever gets a message of this refit from now on has nothing to do."""
        names = ["pass", "people", *(f"shard:{number}" for number in range(len(self._runs)))]
        self._ask(lambda exchange: exchange.end(names))
        log.info("refit %s: others counted %d of %d shards", self._run, self.by_others, self.counted)

    def _shard(self, votes: VoteTable, number: int) -> Shard:
        return shard_of(votes, self._truths, *self._runs[number])

    def _give(self, asked: Asked) -> set[int]:
        """Give away what is not out already; which shards that were."""
        free = {number for number in range(self._kept, len(self._runs)) if number not in self._out}
        # Each process reads each shard once before it counts any in time; who stays late only takes time.
        if self.late > self.by_others + LATE * len(self._runs):
            return set()

        def give(exchange: Exchange) -> set[int]:
            exchange.tell("pass", asked.arrays())
            for number in sorted(free):
                current_app.send_task(COUNT, (self._run, number), expires=EXPIRES, retry=False)
                self._out.add(number)
            return free

        return (self._ask(give) or set()) if free else set()

    def _collect(self, given: set[int], found: dict[int, Statistics]) -> float:
        """Put what comes back in time into `found`; how many seconds that held us up."""
        started = time.monotonic()
        while given - set(found):
            left = started + max(self._takes, PATIENCE) - time.monotonic()
            answer = self._next(max(left, 0.0))
            if answer is None:
                break
            number = int(answer["shard"])
            self._out.discard(number)
            if int(answer["pass"]) == self._pass and number in given:
                found[number] = sums_of(answer)
        return time.monotonic() - started

    def _next(self, patience: float) -> Arrays | None:
        return self._ask(lambda exchange: exchange.next_answer(patience))

    def _ask(self, act: Callable[[Exchange], Reply]) -> Reply | None:
        """Do something with others; from the first time that Valkey is not there, nothing."""
        if self._exchange is None:
            return None
        try:
            return act(self._exchange)
        except (redis.RedisError, OperationalError) as error:
            log.warning("refit %s goes on alone: %s", self._run, error.__class__.__name__)
            self._exchange = None
            return None


class TeamPasses:
    """Passes that a team makes."""

    def __init__(self, team: Team, held: Held | None, n_votes: int, shard: Callable[[int], Shard]) -> None:
        self._team, self._held, self._n_votes, self._shard = team, held, n_votes, shard

    @property
    def n_votes(self) -> int:
        """How many votes one pass visits."""
        return self._n_votes

    def begin(self, model: Model) -> Statistics:
        """See `Part.begin`."""
        return self._team.count(Asked(0, self._held, model, None), self._shard)

    def step(self, told: Round) -> Statistics:
        """See `Part.step`."""
        return self._team.count(Asked(0, self._held, told.model, told), self._shard)
