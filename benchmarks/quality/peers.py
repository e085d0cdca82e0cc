"""What others do with the same answers: a fixed overlap with a vote, and Toloka's dynamic overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from benchmarks.quality.market import Market
from tasks.quality.votes import FloatArray, IntArray

BoolArray = npt.NDArray[np.bool_]

#: agreement a fixed overlap may ask for before it goes to an expert
AGREEMENTS = (0.0, 0.51, 0.6, 0.67, 0.75, 0.8, 0.9, 1.0)
#: thresholds for Toloka's confidence
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.84, 0.88, 0.91, 0.94, 0.96, 0.975, 0.985, 0.993, 0.999)
OVERLAPS = (1, 2, 3, 4, 5, 7, 10)
#: standard errors above the target, on gold, that a peer's parameters must show; as in the published
#: comparison these figures are held against
MARGIN = 0.5


@dataclass(frozen=True, eq=False)
class Queues:
    """The first answers of some tasks, shape (task, answer); -1 where a queue is over."""

    label_tn: IntArray
    worker_tn: IntArray
    truth_t: IntArray

    @classmethod
    def of(cls, market: Market, tasks: IntArray, longest: int = 10) -> Queues:
        """The queues of `tasks` as the market has them."""
        row_t = np.full(len(market.n_t), -1)
        row_t[tasks] = np.arange(len(tasks))
        mine = (row_t[market.task] >= 0) & (market.place < longest)
        label_tn = np.full((len(tasks), longest), -1)
        worker_tn = label_tn.copy()
        where = (row_t[market.task[mine]], market.place[mine])
        label_tn[where], worker_tn[where] = market.label[mine], market.worker[mine]
        return cls(label_tn, worker_tn, market.crowd.truth_t[tasks])


@dataclass(frozen=True)
class Tried:
    """One setting of a rule: answers and experts per task, share of errors among all tasks, its s.e."""

    setting: tuple[float, int]
    answers: float
    experts: float
    accuracy: float
    error: float

    def cost(self, expert_cost: float) -> float:
        """In answers per task."""
        return self.answers + expert_cost * self.experts


def vote_accuracy(queues: Queues, overlap: int, n_labels: int) -> float:
    """Accuracy of the plain vote over the first `overlap` answers, ties by a fair coin."""
    tally_tl = _tallies(queues, n_labels)[:, overlap - 1]
    top_tl = tally_tl == tally_tl.max(axis=1, keepdims=True)
    right_t = top_tl[np.arange(len(top_tl)), queues.truth_t] / top_tl.sum(axis=1)
    return float(right_t.mean())


def try_fixed(queues: Queues, n_labels: int) -> dict[tuple[float, int], Tried]:
    """A fixed overlap; what agrees less than asked, or ties, goes to an expert."""
    tally_tnl = _tallies(queues, n_labels)
    found = {}
    for overlap in range(1, queues.label_tn.shape[1] + 1):
        tally_tl = tally_tnl[:, overlap - 1]
        n_t = np.maximum(tally_tl.sum(axis=1), 1)
        top_t, label_t = tally_tl.max(axis=1), tally_tl.argmax(axis=1)
        alone_t = (tally_tl == top_t[:, None]).sum(axis=1) == 1
        for agreement in AGREEMENTS:
            agreed_t = np.asarray(top_t / n_t >= agreement - 1e-9)
            settled_t = agreed_t if agreement == 0.0 else np.asarray(agreed_t & alone_t)
            right_t = ~settled_t | (label_t == queues.truth_t)
            found[agreement, overlap] = _tried((agreement, overlap), n_t, settled_t, right_t)
    return found


def try_toloka(queues: Queues, market: Market, *, on_gold: bool) -> dict[tuple[float, int], Tried]:
    """Toloka's rule: stop at a confidence by skills on gold, at most so many answers, then an expert.

    Source: Toloka documentation, "Dynamic overlap": skill ``q = (K + right) / (2 K + answers)`` with K = 0.5,
    equal classes, wrong answers spread evenly. `on_gold` takes a task's own answers out of the skills.
    """
    confidence_tn, label_tn = _toloka(queues, market, on_gold)
    found = {}
    for overlap in OVERLAPS:
        for threshold in THRESHOLDS:
            settled_t, stop_t = _stops(queues, confidence_tn, threshold, overlap)
            right_t = ~settled_t | (label_tn[np.arange(len(stop_t)), stop_t] == queues.truth_t)
            found[threshold, overlap] = _tried((threshold, overlap), stop_t + 1, settled_t, right_t)
    return found


def toloka_curve(queues: Queues, market: Market, overlap: int) -> list[tuple[float, float]]:
    """(answers per task, accuracy) of Toloka's rule without experts, by threshold."""
    confidence_tn, label_tn = _toloka(queues, market, on_gold=False)
    curve = []
    for threshold in THRESHOLDS:
        _, stop_t = _stops(queues, confidence_tn, threshold, overlap)
        right_t = label_tn[np.arange(len(stop_t)), stop_t] == queues.truth_t
        curve.append((float(stop_t.mean() + 1), float(right_t.mean())))
    return curve


def cheapest(
    on_gold: dict[tuple[float, int], Tried],
    in_truth: dict[tuple[float, int], Tried],
    target: float,
    expert_cost: float,
) -> Tried | None:
    """What the setting that is cheapest on gold gives in truth; None when gold shows none good enough."""
    kept = [tried for tried in on_gold.values() if tried.accuracy - MARGIN * tried.error >= target]
    if not kept:
        return None
    best = min(kept, key=lambda tried: tried.cost(expert_cost))
    return in_truth[best.setting]


def _toloka(queues: Queues, market: Market, on_gold: bool) -> tuple[FloatArray, IntArray]:
    votes = market.crowd.votes
    known = market.is_gold[market.task]
    worker, right = market.worker[known], market.label[known] == market.gold_t[market.task[known]]
    right_w = np.bincount(worker, right, votes.n_workers)
    total_w = np.bincount(worker, minlength=votes.n_workers).astype(np.float64)
    right_tn, total_tn = right_w[queues.worker_tn], total_w[queues.worker_tn]
    if on_gold:
        right_tn = right_tn - (queues.label_tn == queues.truth_t[:, None])
        total_tn = np.maximum(total_tn - 1.0, 0.0)
        right_tn = np.maximum(right_tn, 0.0)
    skill_tn = np.clip((0.5 + right_tn) / (1.0 + total_tn), 0.01, 0.99)
    gain_tn = np.log(skill_tn) - np.log((1.0 - skill_tn) / (votes.n_labels - 1))
    same_tnl = queues.label_tn[:, :, None] == np.arange(votes.n_labels)
    log_tnl = np.where(same_tnl, gain_tn[:, :, None], 0.0).cumsum(axis=1)
    post_tnl = softmax(log_tnl, axis=-1)
    return post_tnl.max(axis=-1), post_tnl.argmax(axis=-1)


def _stops(
    queues: Queues, confidence_tn: FloatArray, threshold: float, overlap: int
) -> tuple[BoolArray, IntArray]:
    """Whether each task reaches the threshold within the overlap, and at which answer it stops, from 0."""
    valid_tn = queues.label_tn >= 0
    hit_tn = ((confidence_tn >= threshold) & valid_tn)[:, :overlap]
    settled_t = np.asarray(hit_tn.any(axis=1))
    last_t = np.minimum(valid_tn.sum(axis=1), overlap) - 1
    return settled_t, np.where(settled_t, hit_tn.argmax(axis=1), last_t)


def _tallies(queues: Queues, n_labels: int) -> IntArray:
    same_tnl = queues.label_tn[:, :, None] == np.arange(n_labels)
    return np.asarray(same_tnl.cumsum(axis=1))


def _tried(setting: tuple[float, int], n_t: IntArray, settled_t: BoolArray, right_t: BoolArray) -> Tried:
    accuracy = float(right_t.mean())
    error = float(right_t.std() / np.sqrt(len(right_t)))
    return Tried(setting, float(n_t.mean()), float((~settled_t).mean()), accuracy, error)
