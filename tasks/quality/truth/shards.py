"""One fit over tasks that live in several places: each counts its own, only sums travel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from itertools import pairwise
from operator import add
from typing import Any

import numpy.typing as npt

from tasks.quality.truth.blocks import cuts, votes_within
from tasks.quality.truth.kernel import VoteMatrix
from tasks.quality.truth.passes import Here
from tasks.quality.truth.rounds import Model, Round, Statistics, Truths
from tasks.quality.votes import VoteTable, known_labels


@dataclass(frozen=True, eq=False)
class Shard:
    """Some tasks with all their votes. Travels as its votes; lays them out once where it arrives."""

    #: tasks are renumbered from 0; workers keep the codes they have everywhere
    votes: VoteTable
    truths: Truths

    @cached_property
    def passes(self) -> Here:
        """The votes laid out for passes over them."""
        return Here(VoteMatrix.of(self.votes), self.truths.known(self.votes.n_labels))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "passes"}


def split(
    votes: VoteTable, n_shards: int, *, gold: npt.ArrayLike | None = None, gold_error: npt.ArrayLike = 0.0
) -> tuple[Shard, ...]:
    """Cut the tasks into at most `n_shards` runs with about equally many votes.

    Parameters as for `hierarchy.fit`. ValueError unless `n_shards` >= 1 and `gold` fits the votes.
    """
    if n_shards < 1:
        raise ValueError(f"n_shards must be >= 1, not {n_shards}")
    truths = Truths(known_labels(gold, votes.n_tasks, votes.n_labels), gold_error)
    runs = pairwise(cuts(votes, n_shards).tolist()) if votes.n_tasks else [(0, 0)]
    return tuple(shard_of(votes, truths, start, stop) for start, stop in runs)


def shard_of(votes: VoteTable, truths: Truths, start: int, stop: int) -> Shard:
    """The tasks from `start` up to, not including, `stop`."""
    mine = votes_within(votes, start, stop)
    own = VoteTable(
        votes.task[mine] - start,
        votes.worker[mine],
        votes.label[mine],
        stop - start,
        votes.n_workers,
        votes.n_labels,
    )
    return Shard(own, truths.of_tasks(start, stop))


def begin(shard: Shard, model: Model) -> Statistics:
    """A shard's part of the plain vote the first weights come from."""
    return shard.passes.begin(model)


def count(shard: Shard, told: Round) -> Statistics:
    """A shard's part of one pass."""
    return shard.passes.step(told)


#: like the built-in ``map``: applies a function to every shard, anywhere, results in the order of the shards
Each = Callable[[Callable[[Shard], Statistics], Sequence[Shard]], Iterable[Statistics]]


class Sharded:
    """Passes over shards: a fit over them is the fit of all votes together, to rounding.

    Parameters
    ----------
    shards : of `split`
    each : like the built-in ``map`` (the default)
        The `map` of a pool of processes, for instance. What travels per pass are the weights,
        workers * classes**2 numbers, to each shard and as many back; a `map` that ships the shards
        themselves ships their votes as well.

    Raises
    ------
    ValueError
        Without shards.

    References
    ----------
    C.-T. Chu et al., "Map-reduce for machine learning on multicore", NIPS 2006: what is a sum over the data
    can be summed anywhere.
    """

    def __init__(self, shards: Sequence[Shard], each: Each = map) -> None:
        if not shards:
            raise ValueError("a fit needs at least one shard")
        self.shards, self._each = shards, each

    @property
    def n_votes(self) -> int:
        """How many votes one pass visits."""
        return sum(shard.votes.n_votes for shard in self.shards)

    def begin(self, model: Model) -> Statistics:
        """See `Part.begin`."""
        return reduce(add, self._each(partial(begin, model=model), self.shards))

    def step(self, told: Round) -> Statistics:
        """See `Part.step`."""
        return reduce(add, self._each(partial(count, told=told), self.shards))
