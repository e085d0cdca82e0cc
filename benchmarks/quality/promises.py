"""What it costs to keep a client's target with experts, and whether the promise is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.quality.market import Bought, Market, buy
from benchmarks.quality.peers import Queues, Tried, cheapest, try_fixed, try_toloka
from benchmarks.quality.recorded import Recorded
from benchmarks.quality.saving import WAYS
from tasks.quality.promise.engine import Learned
from tasks.quality.promise.spending import Goal, Promise, plan

GOLD_SHARE = 0.1
TARGETS = (0.9, 0.95, 0.98)
EXPERT_COST = 10.0
LONGEST = 10
#: share of the tasks that are explored before a plan is made for all
EXPLORE = 0.1
#: a run that settles fewer says nothing about how right settled labels are
FEW = 20


@dataclass(frozen=True)
class Cost:
    """One stream and target: cost per task in answers and accuracy of all labels, means over seeds."""

    crowd: str
    target: float
    fixed: tuple[float, float]
    toloka: tuple[float, float]
    #: as answers come, and choosing whom to ask first
    ours: tuple[float, float]
    choosing: tuple[float, float]


@dataclass(frozen=True)
class Honesty:
    """One stream and target: share settled by the crowd alone and how right those labels are, per seed."""

    crowd: str
    target: float
    settled: tuple[float, ...]
    #: None where fewer than `FEW` were settled
    accuracy: tuple[float | None, ...]

    @property
    def shortfalls(self) -> list[float]:
        """By how much each run with anything settled falls short of the target; negative when above it."""
        return [self.target - found for found in self.accuracy if found is not None]


def measure_cost(crowd: Recorded, target: float, seeds: Iterable[int]) -> Cost:
    """Run fixed overlap, Toloka's rule and ours to one target; every parameter is chosen on gold alone."""
    rows: dict[str, list[tuple[float, float]]] = {"fixed": [], "toloka": [], "ours": [], "choosing": []}
    for seed in seeds:
        market = Market.open(crowd, gold_share=GOLD_SHARE, seed=seed)
        gold = Queues.of(market, np.flatnonzero(market.is_gold), LONGEST)
        truth = Queues.of(market, market.scored, LONGEST)
        n_labels = crowd.votes.n_labels
        fixed = cheapest(try_fixed(gold, n_labels), try_fixed(truth, n_labels), target, EXPERT_COST)
        toloka = cheapest(
            try_toloka(gold, market, on_gold=True),
            try_toloka(truth, market, on_gold=False),
            target,
            EXPERT_COST,
        )
        rows["fixed"].append(_peer(fixed))
        rows["toloka"].append(_peer(toloka))
        goal = Goal(target, EXPERT_COST, 1.0, LONGEST, Promise.DELIVERED, margin=0.0)
        for name, choosing in WAYS.items():
            rows[name].append(_cost(market, _buy(market, goal, choosing=choosing)))
    mean = {
        name: (float(np.mean(row, axis=0)[0]), float(np.mean(row, axis=0)[1])) for name, row in rows.items()
    }
    return Cost(crowd.name, target, mean["fixed"], mean["toloka"], mean["ours"], mean["choosing"])


def measure_honesty(crowd: Recorded, target: float, seeds: Iterable[int]) -> Honesty:
    """Settle only what keeps the target by itself; say how much that was and how right."""
    settled, accuracy = [], []
    for seed in seeds:
        market = Market.open(crowd, gold_share=GOLD_SHARE, seed=seed)
        bought = _buy(market, Goal(target, EXPERT_COST, 1.0, LONGEST, Promise.SETTLED), choosing=True)
        scored = market.scored
        mine = scored[bought.settled_t[scored]]
        settled.append(len(mine) / max(len(scored), 1))
        right = bought.learned.label_t[mine] == crowd.truth_t[mine]
        accuracy.append(float(right.mean()) if len(mine) >= FEW else None)
    return Honesty(crowd.name, target, tuple(settled), tuple(accuracy))


def _buy(market: Market, goal: Goal, *, choosing: bool) -> Bought:
    def rule(learned: Learned) -> tuple[float, int]:
        found = plan(learned.replays, goal)
        return found.threshold, found.overlap

    return buy(market, rule, choosing=choosing, explore=EXPLORE)


def _cost(market: Market, bought: Bought) -> tuple[float, float]:
    scored = market.scored
    settled = bought.settled_t[scored]
    wrong = settled & (bought.learned.label_t[scored] != market.crowd.truth_t[scored])
    answers = float(bought.count_t[scored].mean())
    return answers + EXPERT_COST * float((~settled).mean()), 1.0 - float(wrong.mean())


def _peer(tried: Tried | None) -> tuple[float, float]:
    """Cost and accuracy; with nothing good enough on gold one answer and an expert for every task."""
    return (1.0 + EXPERT_COST, 1.0) if tried is None else (tried.cost(EXPERT_COST), tried.accuracy)
