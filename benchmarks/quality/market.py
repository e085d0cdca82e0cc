"""Recorded answers waiting to be bought one by one, and a batch that buys them by Assay's rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.quality.recorded import Recorded, draw_gold
from tasks.quality.promise.engine import Learned, Setting, learn
from tasks.quality.truth.information import ASKED_FIRST, tells
from tasks.quality.votes import FloatArray, IntArray, VoteTable

#: answers of a task that is explored
EXPLORED = 3
#: held-out scores are taken again when there are this many times the votes
GROWTH = 1.3


@dataclass(frozen=True, eq=False)
class Market:
    """One crowd's answers, each task's in a random order; gold is drawn and its answers are there at once."""

    crowd: Recorded
    #: votes in the order of the queues: sorted by task, shuffled within
    task: IntArray
    worker: IntArray
    label: IntArray
    #: how many votes of the same task stand before each
    place: IntArray
    n_t: IntArray
    #: known class of the gold tasks, -1 elsewhere
    gold_t: IntArray

    @classmethod
    def open(cls, crowd: Recorded, *, gold_share: float, seed: int) -> Market:
        """Draw gold among the tasks with a truth, and the queues."""
        rng = np.random.default_rng(seed)
        votes = crowd.votes
        n_t = votes.per_task()
        gold_t = draw_gold(np.where(n_t > 0, crowd.truth_t, -1), gold_share, rng)
        order = np.lexsort((rng.random(votes.n_votes), votes.task))
        first_t = np.concatenate([[0], np.cumsum(n_t)[:-1]])
        place = np.arange(votes.n_votes) - first_t[votes.task[order]]
        return cls(crowd, votes.task[order], votes.worker[order], votes.label[order], place, n_t, gold_t)

    @property
    def is_gold(self) -> IntArray:
        """Which tasks are gold."""
        return np.asarray(self.gold_t >= 0)

    @property
    def scored(self) -> IntArray:
        """The tasks with a truth that are not gold, by number."""
        return np.flatnonzero((self.crowd.truth_t >= 0) & (self.gold_t < 0) & (self.n_t > 0))

    def table(self, bought_v: IntArray) -> VoteTable:
        """The votes bought so far."""
        votes = self.crowd.votes
        return VoteTable(
            self.task[bought_v],
            self.worker[bought_v],
            self.label[bought_v],
            votes.n_tasks,
            votes.n_workers,
            votes.n_labels,
        )


#: after a fit: the confidence to settle at and the overlap to stop at
Rule = Callable[[Learned], tuple[float, int]]


@dataclass(frozen=True, eq=False)
class Bought:
    """A batch at its end."""

    learned: Learned
    #: answers bought, shape (task,)
    count_t: IntArray
    threshold: float
    settled_t: IntArray


def buy(market: Market, rule: Rule, *, choosing: bool = False, explore: float = 0.0, seed: int = 0) -> Bought:
    """Buy in rounds, one answer for each task that `rule` does not settle, until it settles or gives up all.

    A share of the tasks, `explore`, first gets `EXPLORED` answers whatever the rule says, before any other
    task gets one: so much must be seen of the workers before a rule can be chosen for all.

    Answers are taken as they come, or, `choosing`, from those who tell enough before all others: the product
    asks others only where nobody else is there.
    """
    explored_t = np.random.default_rng(seed).random(len(market.n_t)) < explore
    first_t = np.where(explored_t, EXPLORED, 0 if explore else 1)
    bought_v = market.is_gold[market.task] | (market.place < first_t[market.task])
    count_t = np.bincount(market.task[bought_v], minlength=len(market.n_t))
    learned: Learned | None = None
    scores: FloatArray | None = None
    scored_at = 0
    setting = Setting(choosing=choosing)
    while True:
        votes = market.table(bought_v)
        if votes.n_votes > GROWTH * scored_at:
            scores, scored_at = None, votes.n_votes
        start = learned.counts if learned else None
        learned = learn(votes, market.gold_t, seed=seed, start=start, held_out_m=scores, setting=setting)
        scores = learned.held_out_m
        threshold, overlap = rule(learned)
        confidence_t = learned.confidence_t
        unsure_t = (confidence_t < threshold) | (count_t < 1)
        open_t = ~market.is_gold & unsure_t & (count_t < np.minimum(market.n_t, overlap))
        if not open_t.any():
            break
        offer_v = np.flatnonzero(~bought_v & open_t[market.task])
        last_w = tells(learned.teaches_w, votes.per_worker()) < ASKED_FIRST if choosing else None
        next_v = _next_answers(market, offer_v, last_w)
        bought_v[next_v] = True
        count_t[market.task[next_v]] += 1
    real_t = ~market.is_gold & (market.n_t > 0)
    return Bought(learned, count_t, threshold, real_t & (confidence_t >= threshold))


def _next_answers(market: Market, offer_v: IntArray, last_w: npt.NDArray[np.bool_] | None) -> IntArray:
    """Of each task's offers the first; by one of the workers in `last_w` only where there is no other."""
    task_v = market.task[offer_v]
    rank_v = np.zeros(len(offer_v)) if last_w is None else last_w[market.worker[offer_v]]
    in_order = np.lexsort((rank_v, task_v))
    first = np.ones(len(offer_v), dtype=bool)
    first[1:] = task_v[in_order][1:] != task_v[in_order][:-1]
    return np.asarray(offer_v[in_order[first]])
