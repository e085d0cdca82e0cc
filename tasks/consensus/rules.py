"""From a client's target to the rule a single task runs by: before there is a plan, and by what gold says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np

from marketplace.ledger.money import share_of
from tasks.quality.promise import spending
from tasks.quality.promise.calibration import LEAST_GOLD
from tasks.quality.promise.prefixes import Replays
from tasks.quality.promise.spending import Goal
from tasks.quality.promise.stopping import Rule, threshold

#: An expert's word, before experts are measured themselves (they too err).
EXPERT_ACCURACY = 0.98


@dataclass(frozen=True)
class Terms:
    """What a client asked for and pays: what a plan for a batch depends on."""

    #: accuracy over the batch, in (0, 1)
    target: float
    min_overlap: int
    max_overlap: int
    #: a verdict's price in answers, both with the fee on top
    expert_cost: float

    @classmethod
    def at_prices(
        cls, target: float, overlap: tuple[int, int], reward_micros: tuple[int, int], fee_ppm: int
    ) -> Terms:
        """With answers from `overlap[0]` to `overlap[1]`, and rewards for an answer and for a verdict."""
        answer, verdict = (paid + share_of(paid, fee_ppm) for paid in reward_micros)
        return cls(target, overlap[0], overlap[1], verdict / answer)


@dataclass(frozen=True)
class Price:
    """What one target would take of a batch, by what gold shows. Shares and accuracies lie in 0..1.

    What an expert's verdict costs counts as so many answers.
    """

    target: float
    threshold: float
    #: answers before an expert is asked, and how many of them gold had: the rest is not reckoned with
    overlap: int
    tried: int
    #: answers per task in the mean, and the share of tasks settled without an expert
    answers: float
    settled: float
    #: of all labels handed over, the experts' included; `_low` as in `BatchPlan`
    accuracy: float
    accuracy_low: float
    #: what a task that is not settled with n answers is still expected to cost, n from 0 to `tried`
    cost_to_come: tuple[float, ...]


@dataclass(frozen=True)
class BatchPlan:
    """The rule that gold allows for one question of a batch, and what it is expected to give.

    Shares and accuracies lie in 0..1; `_low` is one and a half standard errors down.
    """

    #: whether the target is within reach on the evidence so far
    feasible: bool
    threshold: float
    overlap: int
    #: of all labels handed over, the experts' included; None when infeasible
    accuracy: float | None
    accuracy_low: float | None
    #: of the labels the crowd alone would give with all its answers
    crowd_accuracy: float
    crowd_low: float
    #: gold tasks it was tried out on
    gold_tasks: int
    #: what the targets within reach would take, the client's own among them, and those out of reach
    prices: tuple[Price, ...] = ()
    out_of_reach: tuple[float, ...] = ()

    @classmethod
    def stored(cls, plan: Mapping[str, Any]) -> BatchPlan:
        """A plan as it was written down (`Fit.plan`)."""
        prices = tuple(
            Price(**(price | {"cost_to_come": tuple(price["cost_to_come"])}))
            for price in plan.get("prices", ())
        )
        return cls(**{**plan, "prices": prices, "out_of_reach": tuple(plan.get("out_of_reach", ()))})


def rule_of(terms: Terms, plan: BatchPlan | None = None) -> Rule:
    """The rule for a task: the plan's, within the overlap the client set; without one by the target alone."""
    if plan is None:
        return Rule(threshold(terms.target), terms.min_overlap, terms.max_overlap)
    overlap = max(terms.min_overlap, min(terms.max_overlap, plan.overlap))
    return Rule(plan.threshold, terms.min_overlap, overlap)


def plan_of(replays: Replays, terms: Terms) -> BatchPlan | None:
    """Plan one question of a batch on replayed gold; None while fewer than `LEAST_GOLD` gold tasks tell.

    Two cases ask for more than `spending.plan` gives:

    - It finds no rule that keeps the promise. Sending every task to an expert after one answer would be its
      advice; on thin evidence that is dear and hard to take back. Tasks then settle one by one at the target
      itself, after all answers the client allows, and the client is told.
    - Gold was answered less often than tasks may be, and the plan uses all of it: then it does not know what
      a further answer would do. All answers the client allows are asked for before an expert, and since
      experts will see less than in the plan, nothing settles below the threshold of the target alone.
    """
    seen = _as_run(replays, terms.min_overlap)
    if seen.n_tasks < LEAST_GOLD:
        return None
    tried = min(terms.max_overlap, _depth(seen))
    goal = Goal(terms.target, terms.expert_cost, EXPERT_ACCURACY, tried)
    targets = sorted({*spending.TARGETS, terms.target})
    found = dict(zip(targets, spending.prices(seen, goal, targets), strict=True))
    own = found[terms.target]
    settle_at, overlap = _followed(own, tried, terms) if own.feasible else (terms.target, terms.max_overlap)
    crowd_accuracy, crowd_low = _crowd_alone(seen, terms.max_overlap)
    return BatchPlan(
        feasible=own.feasible,
        threshold=settle_at,
        overlap=overlap,
        accuracy=own.accuracy if own.feasible else None,
        accuracy_low=own.accuracy_low if own.feasible else None,
        crowd_accuracy=crowd_accuracy,
        crowd_low=crowd_low,
        gold_tasks=own.gold_tasks,
        prices=tuple(
            _price(seen, replace(goal, target=target), plan, terms)
            for target, plan in found.items()
            if plan.feasible
        ),
        out_of_reach=tuple(target for target, plan in found.items() if not plan.feasible),
    )


def _followed(found: spending.Plan, tried: int, terms: Terms) -> tuple[float, int]:
    """The threshold and the overlap a batch runs by when `found` is the plan and gold had `tried` answers."""
    if tried < terms.max_overlap and found.overlap == max(n for n in spending.OVERLAPS if n <= tried):
        return max(found.threshold, threshold(terms.target)), terms.max_overlap
    return found.threshold, found.overlap


def _price(seen: Replays, goal: Goal, found: spending.Plan, terms: Terms) -> Price:
    """What a target takes by the rule a batch with that target would run by."""
    settle_at, overlap = _followed(found, goal.max_overlap, replace(terms, target=goal.target))
    run = spending.outcome(seen, goal, settle_at, found.overlap)
    return Price(
        target=goal.target,
        threshold=settle_at,
        overlap=overlap,
        tried=found.overlap,
        answers=run.answers,
        settled=run.settled,
        accuracy=run.accuracy,
        accuracy_low=run.accuracy_low,
        cost_to_come=spending.cost_to_come(seen, goal, settle_at, found.overlap),
    )


def _as_run(replays: Replays, min_overlap: int) -> Replays:
    """The replays under a rule that settles nothing before `min_overlap` answers, longer ones only."""
    long_r = replays.valid_rn.sum(axis=1) >= min_overlap
    confidence_rn = replays.confidence_rn[long_r]
    confidence_rn[:, : min_overlap - 1] = 0.0
    return replace(
        replays,
        task_r=replays.task_r[long_r],
        confidence_rn=confidence_rn,
        right_rn=replays.right_rn[long_r],
        valid_rn=replays.valid_rn[long_r],
    )


def _depth(replays: Replays) -> int:
    """How many answers at least half of the replayed gold tasks have."""
    n_r = np.sort(replays.valid_rn.sum(axis=1))
    return int(n_r[len(n_r) // 2])


def _crowd_alone(replays: Replays, max_overlap: int) -> tuple[float, float]:
    """How right the crowd is on gold with all its answers, and one and a half standard errors less.

    Drawn to what the engine claims by as many pseudo-tasks as `spending.plan` draws its own numbers.
    """
    rows = np.arange(len(replays.task_r))
    last_r = np.minimum(replays.valid_rn.sum(axis=1), max_overlap) - 1
    right, claimed = (float(part[rows, last_r].mean()) for part in (replays.right_rn, replays.confidence_rn))
    n = replays.n_tasks + spending.FAITH
    accuracy = (right * replays.n_tasks + claimed * spending.FAITH) / n
    return accuracy, max(0.0, accuracy - spending.MARGIN * sqrt(accuracy * (1.0 - accuracy) / n))
