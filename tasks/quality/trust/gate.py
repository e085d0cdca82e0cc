"""The gold gate: whose votes count, and how much, by what known answers say of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
from scipy.special import betaincc

from tasks.quality.votes import FloatArray, IntArray, VoteTable, known_labels


class State(Enum):
    """Where a worker stands; the value is the code in `Gate.state_w`."""

    #: too little is known: the votes count in part
    NEWCOMER = 0
    #: better than chance beyond reasonable doubt
    TRUSTED = 1
    #: near chance beyond reasonable doubt: the votes do not count
    EXCLUDED = 2


class Entry(Enum):
    """What a sequential test says so far; the value is its code in arrays."""

    CONTINUE = 0
    ACCEPT = 1
    REJECT = 2


@dataclass(frozen=True)
class GatePolicy:
    """Bounds of the gate, in informedness: 0 is chance, 1 never wrong, whatever the number of classes."""

    #: a worker below this tells too little to be heard; 0.25 is 62.5 % right of two classes, 40 % of five
    useless: float = 0.25
    #: workers the sequential test must tell apart: not better than `poor`, at least as good as `fair`
    poor: float = 0.2
    fair: float = 0.7
    #: chance to accept a poor worker, and to reject a fair one
    accept_error: float = 0.05
    reject_error: float = 0.05
    #: excluded when the probability of being above `useless` is below this, trusted when it is as near to 1
    doubt: float = 0.05
    #: pseudo-answers, right as often as a guess, that a newcomer's weight begins with
    caution: float = 2.0
    #: a newcomer's weight is the probability of being above `useless` to this power, in (0, 1]. On nine
    #: recorded crowds with 5 % gold, 1 costs honest crowds up to half a point of accuracy, 0.5 a tenth
    slowness: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.poor < self.fair < 1 or not 0 < self.useless < 1:
            raise ValueError("0 < poor < fair < 1 and 0 < useless < 1")
        if not all(0 < error < 0.5 for error in (self.accept_error, self.reject_error, self.doubt)):
            raise ValueError("the errors and the doubt must lie in (0, 0.5)")
        if self.caution <= 0 or not 0 < self.slowness <= 1:
            raise ValueError("caution must be > 0 and slowness in (0, 1]")


@dataclass(frozen=True, eq=False)
class Gate:
    """What the gate decided for each worker; arrays have shape (worker,)."""

    #: what a vote counts, 0..1: a factor on its log weight
    weight_w: FloatArray
    #: codes of `State`
    state_w: IntArray


DEFAULT_GATE = GatePolicy()


def accuracy_at(informedness: float, chance: float) -> float:
    """The share of right answers, 0..1, at this `informedness` where guessing gives `chance`."""
    return chance + (1.0 - chance) * informedness


def log_odds_fair(
    right: npt.ArrayLike, total: npt.ArrayLike, chance: float, policy: GatePolicy = DEFAULT_GATE
) -> FloatArray:
    """Natural log of the likelihood ratio fair : poor after `right` of `total` known answers."""
    poor, fair = accuracy_at(policy.poor, chance), accuracy_at(policy.fair, chance)
    right_w, total_w = _checked(right, total)
    gain, loss = np.log(fair / poor), np.log((1.0 - fair) / (1.0 - poor))
    return np.asarray(right_w * gain + (total_w - right_w) * loss)


def sprt(
    right: npt.ArrayLike, total: npt.ArrayLike, chance: float, policy: GatePolicy = DEFAULT_GATE
) -> IntArray:
    """Wald's sequential test of poor against fair, asked after any answer; codes of `Entry`.

    Accepts a poor worker and rejects a fair one at most about as often as `policy` says, when asked after
    every answer and the first decision stands. Clear cases take some ten answers at two classes, half of that
    at five. `right` may be fractional. ValueError unless 0 <= right <= total and 0 < chance < 1.

    Source: A. Wald, "Sequential tests of statistical hypotheses", 1945, doi:10.1214/aoms/1177731118.
    """
    odds = log_odds_fair(right, total, chance, policy)
    accept = np.log((1.0 - policy.reject_error) / policy.accept_error)
    reject = np.log(policy.reject_error / (1.0 - policy.accept_error))
    code = np.where(odds >= accept, Entry.ACCEPT.value, Entry.CONTINUE.value)
    return np.asarray(np.where(odds <= reject, Entry.REJECT.value, code), dtype=np.int64)


def gate(
    gold_right_w: npt.ArrayLike,
    gold_total_w: npt.ArrayLike,
    n_labels: int,
    cluster_w: npt.ArrayLike | None = None,
    *,
    gold_tasks: int | None = None,
    chance: float | None = None,
    policy: GatePolicy = DEFAULT_GATE,
) -> Gate:
    """Decide what each worker's votes count, from their answers to known questions alone.

    A newcomer's weight rests on the probability, 0..1, of being above `policy.useless`, seen from a prior
    that takes the newcomer for a guesser: influence must be earned, or a ring of fresh accounts would have
    it for nothing. Exclusion is seen from a flat prior: it needs evidence against the worker. Agreement with
    others has no say here, because a ring agrees with itself.

    Parameters
    ----------
    gold_right_w, gold_total_w : arrays (n_workers,), right and all answers to known questions; may be
        fractional, 0 <= right <= total
    n_labels : int >= 2
    cluster_w : int array (n_workers,), optional
        Workers with the same code >= 0 answer alike (a ring): what is known of one is known of all. -1 for
        workers on their own.
    gold_tasks : int, optional
        How many gold tasks there are. A cluster's evidence counts at most that many answers, since copies of
        one answer are one observation. `gold_evidence` counts them exactly.
    chance : float in (0, 1), optional
        Share of right answers of a guesser; 1 / n_labels by default.

    Raises
    ------
    ValueError
        When arrays do not fit or a count is impossible.
    """
    if n_labels < 2:
        raise ValueError(f"a gate needs at least two classes, not {n_labels}")
    luck = 1.0 / n_labels if chance is None else chance
    right_w, total_w = _checked(gold_right_w, gold_total_w)
    if cluster_w is not None:
        right_w, total_w = _pooled(right_w, total_w, np.asarray(cluster_w, dtype=np.int64), gold_tasks)
    bar = accuracy_at(policy.useless, luck)
    wrong_w = total_w - right_w
    earned_w = betaincc(right_w + policy.caution * luck, wrong_w + policy.caution * (1.0 - luck), bar)
    excluded_w = betaincc(right_w + 1.0, wrong_w + 1.0, bar) < policy.doubt
    accepted_w = sprt(right_w, total_w, luck, policy) == Entry.ACCEPT.value
    trusted_w = ~excluded_w & (accepted_w | (earned_w >= 1.0 - policy.doubt))
    state_w = np.where(trusted_w, State.TRUSTED.value, State.NEWCOMER.value)
    state_w = np.where(excluded_w, State.EXCLUDED.value, state_w).astype(np.int64)
    weight_w = np.where(trusted_w, 1.0, np.where(excluded_w, 0.0, earned_w**policy.slowness))
    return Gate(np.asarray(weight_w, dtype=np.float64), state_w)


def gold_evidence(
    votes: VoteTable, gold: npt.ArrayLike, cluster_w: npt.ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    """Right and all answers to known questions per worker, each of shape (worker,).

    The members of a cluster (same code >= 0 in `cluster_w`) share one row of evidence in which every gold
    task counts once, with the share of their answers that is right. `gold` has the known truth per task, -1
    where unknown. ValueError when an array does not fit.
    """
    gold_t = known_labels(gold, votes.n_tasks, votes.n_labels)
    group_w = np.arange(votes.n_workers)
    if cluster_w is not None:
        code_w = np.asarray(cluster_w, dtype=np.int64)
        if code_w.shape != (votes.n_workers,):
            raise ValueError(f"cluster_w must have shape ({votes.n_workers},), not {code_w.shape}")
        group_w = np.where(code_w >= 0, votes.n_workers + code_w, group_w)
    known_v = np.flatnonzero(gold_t[votes.task] >= 0)
    task_v, group_v = votes.task[known_v], group_w[votes.worker[known_v]]
    right_v = (votes.label[known_v] == gold_t[task_v]).astype(np.float64)
    _, first_v, count_v = np.unique(
        group_v * max(votes.n_tasks, 1) + task_v, return_inverse=True, return_counts=True
    )
    each_v = 1.0 / count_v[first_v]
    n_groups = int(group_w.max(initial=-1)) + 1
    right_g = np.bincount(group_v, weights=right_v * each_v, minlength=n_groups)
    total_g = np.bincount(group_v, weights=each_v, minlength=n_groups)
    return np.asarray(right_g[group_w], np.float64), np.asarray(total_g[group_w], np.float64)


def _pooled(
    right_w: FloatArray, total_w: FloatArray, cluster_w: IntArray, gold_tasks: int | None
) -> tuple[FloatArray, FloatArray]:
    if cluster_w.shape != right_w.shape:
        raise ValueError(f"cluster_w must have shape {right_w.shape}, not {cluster_w.shape}")
    member_w = cluster_w >= 0
    code_m = cluster_w[member_w]
    right_c = np.bincount(code_m, weights=right_w[member_w])
    total_c = np.bincount(code_m, weights=total_w[member_w])
    limit = np.inf if gold_tasks is None else float(gold_tasks)
    keep_c = np.minimum(1.0, limit / np.maximum(total_c, 1e-300))
    right_w, total_w = right_w.copy(), total_w.copy()
    right_w[member_w], total_w[member_w] = (right_c * keep_c)[code_m], (total_c * keep_c)[code_m]
    return right_w, total_w


def _checked(right: npt.ArrayLike, total: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    right_w, total_w = np.asarray(right, dtype=np.float64), np.asarray(total, dtype=np.float64)
    if right_w.shape != total_w.shape:
        raise ValueError(f"right and total differ in shape: {right_w.shape}, {total_w.shape}")
    if (right_w < 0).any() or (right_w > total_w + 1e-9).any():
        raise ValueError("0 <= right <= total for every worker")
    return np.minimum(right_w, total_w), total_w
