"""One fit over tasks that live in several places: each counts its own, only sums travel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from itertools import pairwise
from operator import add
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.quality.truth.blocks import cuts, votes_within
from tasks.quality.truth.dawid_skene import Estimate, frequencies, maximise
from tasks.quality.truth.passes import Part, Statistics
from tasks.quality.truth.prior import DEFAULT_PRIOR, Prior
from tasks.quality.votes import FloatArray, IntArray, VoteTable, known_labels


@dataclass(frozen=True, eq=False)
class Shard:
    """Some tasks with all their votes. Travels as its votes; lays them out once where it arrives."""

    #: tasks are renumbered from 0; workers keep the codes they have everywhere
    votes: VoteTable
    #: the codes the tasks have in the whole, shape (task,)
    task_t: IntArray
    gold_t: IntArray
    prior: Prior
    dtype: npt.DTypeLike

    @cached_property
    def part(self) -> Part:
        """The votes laid out for passes over them."""
        return Part.of(self.votes, self.gold_t, self.prior, self.dtype)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "part"}


@dataclass(frozen=True, eq=False)
class Round:
    """What every shard is told before a pass: worker weights and class frequencies, and nothing else."""

    log_weights_wkl: FloatArray
    prior_k: FloatArray


def split(
    votes: VoteTable,
    n_shards: int,
    *,
    gold: npt.ArrayLike | None = None,
    prior: Prior = DEFAULT_PRIOR,
    dtype: npt.DTypeLike = np.float64,
) -> tuple[Shard, ...]:
    """Cut the tasks into at most `n_shards` runs with about equally many votes.

    Parameters as for `dawid_skene.fit`. ValueError unless `n_shards` >= 1 and `gold` fits the votes.
    """
    if n_shards < 1:
        raise ValueError(f"n_shards must be >= 1, not {n_shards}")
    gold_t = known_labels(gold, votes.n_tasks, votes.n_labels)
    shards = []
    for start, stop in pairwise(cuts(votes, n_shards).tolist()) if votes.n_tasks else [(0, 0)]:
        mine = votes_within(votes, start, stop)
        own = VoteTable(
            votes.task[mine] - start,
            votes.worker[mine],
            votes.label[mine],
            stop - start,
            votes.n_workers,
            votes.n_labels,
        )
        shards.append(Shard(own, np.arange(start, stop), gold_t[start:stop], prior, dtype))
    return tuple(shards)


def begin(shard: Shard) -> Statistics:
    """A shard's part of the plain vote the first weights come from."""
    return shard.part.begin()


def count(shard: Shard, told: Round) -> Statistics:
    """A shard's part of one pass."""
    return shard.part.step(told.log_weights_wkl, told.prior_k)


def settle(shard: Shard, told: Round) -> FloatArray:
    """The log posteriors of a shard's tasks, shape (task, true)."""
    return shard.part.log_posterior(told.log_weights_wkl, told.prior_k)


def fit_sharded(
    shards: Sequence[Shard],
    *,
    each: Callable[[Callable[[Shard], Any], Sequence[Shard]], Iterable[Any]] = map,
    prior: Prior = DEFAULT_PRIOR,
    tol: float = 1e-5,
    max_iter: int = 100,
) -> Estimate:
    """The estimate `dawid_skene.fit` makes of all votes together, to rounding.

    Parameters
    ----------
    shards : of `split`, or objects with the same attributes that fetch their votes where they are used
    each : like the built-in ``map`` (the default)
        Applies a function to every shard, anywhere, and gives the results in the order of the shards: the
        `map` of a pool of processes, or a group of background jobs. What travels per pass are the weights,
        workers * classes**2 numbers, to each shard and as many back; a `map` that ships the shards
        themselves ships their votes as well.
    prior, tol, max_iter : as for `dawid_skene.fit`; `prior` as for `split`

    Raises
    ------
    ValueError
        Without shards.

    References
    ----------
    C.-T. Chu et al., "Map-reduce for machine learning on multicore", NIPS 2006: what is a sum over the data
    can be summed anywhere.
    """
    if not shards:
        raise ValueError("a fit needs at least one shard")
    first: Statistics = reduce(add, each(begin, shards))
    n_votes = sum(shard.votes.n_votes for shard in shards)
    found = maximise(
        lambda log_weights_wkl, prior_k: reduce(
            add, each(partial(count, told=Round(log_weights_wkl, prior_k)), shards)
        ),
        first.counts_wkl,
        frequencies(first.class_k, first.n_free, prior),
        prior,
        tol=tol * max(n_votes, 1),
        max_iter=max_iter,
    )
    last = Round(found.log_weights_wkl, found.prior_k)
    posteriors: list[FloatArray] = list(each(partial(settle, told=last), shards))
    n_tasks = sum(len(shard.task_t) for shard in shards)
    log_post_tk = np.empty((n_tasks, len(found.prior_k)), dtype=posteriors[0].dtype)
    for shard, own_tk in zip(shards, posteriors, strict=True):
        log_post_tk[shard.task_t] = own_tk
    return found.estimate(log_post_tk)
