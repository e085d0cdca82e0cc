"""When to stop buying answers of a task: the cheapest rule that keeps the promise, tried out on gold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv, ndtr

from tasks.quality.promise.prefixes import Replays
from tasks.quality.votes import FloatArray, IntArray

#: confidences at which a task may be settled: even steps of log odds from 0.5 to 0.998
THRESHOLDS = 1.0 / (1.0 + np.exp(-np.linspace(0.0, 6.25, 26)))
#: overlaps tried as the last before an expert
OVERLAPS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20)
#: accuracies a client is told the price of
TARGETS = (0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)
#: pseudo-tasks the engine's own confidence counts beside the gold tasks
FAITH = 5.0
#: how far, in standard errors, what gold shows of settled labels must lie above what is promised
MARGIN = 1.5
#: beyond the last answer of any replay
NEVER = 1 << 30


class Promise(Enum):
    """What the client's target is about."""

    #: all labels handed over, the experts' included
    DELIVERED = "delivered"
    #: the labels settled without an expert
    SETTLED = "settled"


@dataclass(frozen=True)
class Goal:
    """What a client asks for: an accuracy at the least cost, or the best accuracy for a cost.

    Costs are in answers: an expert's verdict costs `expert_cost` answers.
    """

    #: accuracy in (0, 1]; with a budget the best accuracy is sought instead
    target: float
    expert_cost: float = 10.0
    expert_accuracy: float = 0.98
    max_overlap: int = 20
    promise: Promise = Promise.DELIVERED
    #: answers per task that may be spent in the mean, experts included; None: as many as the target needs
    budget: float | None = None
    #: how far above the target all labels must be expected, in standard errors that so many gold tasks
    #: leave: stopping while workers are being learnt is a little more hopeful than its replay
    margin: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.target <= 1 or not 0 < self.expert_accuracy <= 1:
            raise ValueError("target and expert_accuracy must lie in (0, 1]")
        if self.expert_cost < 0 or self.max_overlap < 1:
            raise ValueError("expert_cost must be >= 0 and max_overlap >= 1")


@dataclass(frozen=True)
class Plan:
    """A rule for every task of a batch, and what it is expected to give."""

    #: settle at this confidence; above 1 nothing is settled without an expert
    threshold: float
    #: ask an expert after this many answers
    overlap: int
    #: answers per task in the mean, the experts' cost included
    cost: float
    answers: float
    #: share of tasks settled without an expert, and how many of those are right
    settled: float
    settled_accuracy: float
    #: accuracy of all labels, and the lower end promised
    accuracy: float
    accuracy_low: float
    #: whether the target is within reach on this evidence
    feasible: bool
    gold_tasks: int


def plan(replays: Replays, goal: Goal) -> Plan:
    """Choose threshold and overlap by replaying every pair of them on gold.

    For `Promise.DELIVERED` a pair keeps the promise when the labels of all tasks together are as accurate as
    asked, by what the calibrated engine claims of the replayed gold: all gold has gone into making those
    claims true, and counting errors at one threshold would use a handful of it. For `Promise.SETTLED`, where
    no expert stands behind a label, the right and wrong ones among the gold settled must show it themselves:
    the point `MARGIN` standard errors down in their Beta posterior (Jeffreys' prior, and the claims as
    `FAITH` more tasks) must reach the target. Of the pairs that keep it the cheapest is taken; when none
    does, the one that settles nothing: the crowd cannot deliver what was asked, and the plan says so.

    Rules tuned on the same posterior they run on keep their word where formulas for independent answers do
    not, because both the answers' correlation and the luck of stopping are in the replays. Source of the
    principle: A. Angelopoulos and others, "Learn then test", 2021, arXiv:2110.01052.
    """
    return _best(_tried_out(replays, goal), replays, goal)


def prices(replays: Replays, goal: Goal, targets: Sequence[float] = TARGETS) -> tuple[Plan, ...]:
    """What each of `targets` would take on the same evidence, one plan for each: "what would 97 % cost?"."""
    tried = _tried_out(replays, goal)
    goals = [replace(goal, target=target, budget=None) for target in targets]
    return tuple(_best(tried, replays, each) for each in goals)


def outcome(replays: Replays, goal: Goal, threshold: float, overlap: int) -> Plan:
    """What gold says of one threshold and overlap."""
    if len(replays.confidence_rn) == 0:
        return _experts_only(replays, goal)
    tried = _try(replays, goal, threshold, overlap, _first_sure(replays, threshold))
    return replace(tried.plan, feasible=tried.keeps(goal.target))


def cost_to_come(replays: Replays, goal: Goal, threshold: float, overlap: int) -> tuple[float, ...]:
    """What a task that is not settled yet is still expected to cost, in answers with the expert's in them.

    Item n is for a task with n answers, from none to `overlap`; item 0 is the cost of a whole task. A task
    that stayed unsettled for longer than any replay did costs an expert.
    """
    first_r, given_r = _first_sure(replays, threshold), _given(replays, overlap)
    settled_r = first_r < overlap
    total_r = np.where(settled_r, first_r + 1, given_r)
    due_r = total_r + goal.expert_cost * ~settled_r
    to_come = []
    for n in range(overlap):
        waits_r = np.where(settled_r, first_r >= n, given_r >= n)
        to_come.append(float(due_r[waits_r].mean()) - n if waits_r.any() else goal.expert_cost)
    return (*to_come, goal.expert_cost)


class _Tried(NamedTuple):
    """A rule tried out, and the accuracy that the promise counts on."""

    plan: Plan
    kept: float

    def keeps(self, target: float) -> bool:
        """Whether it keeps the promise, with anything settled at all."""
        return self.kept >= target and self.plan.settled > 0


def _tried_out(replays: Replays, goal: Goal) -> list[_Tried]:
    """Every pair of a threshold and an overlap; the target plays no part in it."""
    if len(replays.confidence_rn) == 0:
        return []
    overlaps = [
        overlap
        for overlap in OVERLAPS
        if overlap <= goal.max_overlap and (overlap <= replays.valid_rn.shape[1] or overlap == 1)
    ]
    first_tr = [_first_sure(replays, float(threshold)) for threshold in THRESHOLDS]
    return [
        _try(replays, goal, float(threshold), overlap, first_r)
        for overlap in overlaps
        for threshold, first_r in zip(THRESHOLDS, first_tr, strict=True)
    ]


def _best(tried: Sequence[_Tried], replays: Replays, goal: Goal) -> Plan:
    """The cheapest plan that keeps the promise, or the most accurate one within the budget."""
    plans = [replace(each.plan, feasible=each.keeps(goal.target)) for each in tried]
    nobody = _experts_only(replays, goal)
    if goal.budget is not None:
        affordable = [found for found in plans if found.cost <= goal.budget]
        return max(affordable, key=lambda found: found.accuracy_low, default=nobody)
    return min((found for found in plans if found.feasible), key=lambda found: found.cost, default=nobody)


def _first_sure(replays: Replays, threshold: float) -> IntArray:
    """The first state of each replay that is as sure as `threshold`, shape (row,); `NEVER` where none is."""
    hit_rn = (replays.confidence_rn >= threshold) & replays.valid_rn
    return np.where(hit_rn.any(axis=1), hit_rn.argmax(axis=1), NEVER)


def _given(replays: Replays, overlap: int) -> IntArray:
    return np.asarray(replays.valid_rn[:, :overlap].sum(axis=1))


def _try(replays: Replays, goal: Goal, threshold: float, overlap: int, first_r: IntArray) -> _Tried:
    settled_r = first_r < overlap
    last_r = np.where(settled_r, first_r, _given(replays, overlap) - 1)
    rows = np.arange(len(last_r))
    right_r = settled_r & replays.right_rn[rows, last_r]
    settled, answers = float(settled_r.mean()), float(last_r.mean()) + 1.0
    claimed = float(replays.confidence_rn[rows, last_r][settled_r].mean()) if settled else 1.0
    right = float(right_r.mean()) * replays.n_tasks + FAITH * claimed + 0.5
    wrong = float((settled_r & ~right_r).mean()) * replays.n_tasks + FAITH * (1.0 - claimed) + 0.5
    settled_low = float(betaincinv(right, wrong, ndtr(-MARGIN))) if settled else 1.0
    by_expert = (1.0 - settled) * goal.expert_accuracy
    accuracy, low = settled * claimed + by_expert, settled * settled_low + by_expert
    error = float(np.sqrt(accuracy * (1.0 - accuracy) / replays.n_tasks))
    found = Plan(
        threshold,
        overlap,
        answers + goal.expert_cost * (1.0 - settled),
        answers,
        settled,
        claimed,
        accuracy,
        low,
        False,
        replays.n_tasks,
    )
    delivered = goal.promise is Promise.DELIVERED
    return _Tried(found, accuracy - goal.margin * error if delivered else settled_low)


def _experts_only(replays: Replays, goal: Goal) -> Plan:
    """One answer, then an expert, for every task: what is left when the crowd cannot keep the promise."""
    right = goal.expert_accuracy
    return Plan(2.0, 1, 1.0 + goal.expert_cost, 1.0, 0.0, 1.0, right, right, False, replays.n_tasks)


def least_loss(post_tk: FloatArray, cost_kl: FloatArray) -> tuple[IntArray, FloatArray]:
    """The label of least expected cost per task, and that cost, shapes (task,).

    `cost_kl[k, l]` is what it costs to say l where k is true, >= 0 with a diagonal of 0. With cost 1 for each
    error this is the most probable class and one minus its posterior, so that ``1 - cost`` takes the place of
    the confidence wherever errors are not equally dear. ValueError when shapes do not fit or a cost is < 0.
    """
    cost_kl = np.asarray(cost_kl, dtype=np.float64)
    n_labels = post_tk.shape[1]
    if cost_kl.shape != (n_labels, n_labels) or (cost_kl < 0).any() or np.diag(cost_kl).any():
        raise ValueError(f"cost_kl must be {n_labels} x {n_labels}, >= 0, with a diagonal of 0")
    loss_tl = post_tk @ cost_kl
    best_t = loss_tl.argmin(axis=1)
    return best_t, loss_tl[np.arange(len(best_t)), best_t]
