"""Signs that a worker does not look at the tasks, each with its number, its limit and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from tasks.quality.trust.patterns import Regularity, fast_share, regularity
from tasks.quality.votes import FloatArray, IntArray, VoteTable


class Code(Enum):
    """What a sign is about."""

    #: the answers hardly depend on the task
    UNINFORMED = "uninformed"
    #: one label nearly always, far beyond the crowd's use of it
    SAME = "same"
    #: labels come in blocks, or in a fixed pattern
    BLOCKS = "blocks"
    PATTERN = "pattern"
    #: many answers too fast to have read the task; never a reason to act by itself
    FAST = "fast"


@dataclass(frozen=True)
class SpamLimits:
    """Where a sign begins. Shares and chances in 0..1."""

    #: `spammer_score` below this: informedness 0.25 of two classes
    informed: float = 0.0625
    #: most common label at least this often
    top_share: float = 0.95
    #: chance of a pattern in a shuffled list
    chance: float = 1e-4
    #: share of answers faster than 30 % of the task's median time
    fast: float = 0.5
    #: answers before a worker is looked at
    answers: int = 20


@dataclass(frozen=True)
class Signal:
    """One sign on one worker."""

    worker: int
    code: Code
    #: what was found, and the limit it passed
    value: float
    limit: float
    #: further numbers for the sentence
    numbers: Mapping[str, float]

    @property
    def grave(self) -> bool:
        """Whether the sign counts by itself; speed only counts beside others."""
        return self.code is not Code.FAST

    @property
    def sentence(self) -> str:
        """The sign in plain English."""
        return SENTENCES[self.code].format(**self.numbers)


SENTENCES: Mapping[Code, str] = {
    Code.UNINFORMED: "Answers say {told:.0f} % of what a perfect worker's would; guessing says 0 %.",
    Code.SAME: "One label in {share:.0f} % of {answers:.0f} answers; others give it in {usual:.0f} %.",
    Code.BLOCKS: "Same labels come in {runs:.0f} blocks where {expected:.0f} would be usual.",
    Code.PATTERN: "{share:.0f} % of answers repeat the one {period:.0f} before; usual is {usual:.0f} %.",
    Code.FAST: "{share:.0f} % of {answers:.0f} timed answers took under 30 % of the usual time.",
}

DEFAULT_SPAM_LIMITS = SpamLimits()


def spammer_score(confusion_wkl: FloatArray) -> FloatArray:
    """How much each worker's answers depend on the truth, shape (worker,): 0 not at all, 1 perfectly.

    Half the mean squared distance between two rows of the confusion matrix, so that every class counts the
    same however rare: who always answers the common class scores 0 at any accuracy, who always answers the
    opposite scores as high as the expert. (sensitivity + specificity - 1)**2 for two classes.

    `confusion_wkl` has shape (worker, true, answered), rows sum to 1. Source: V. C. Raykar, S. Yu,
    "Eliminating spammers and ranking annotators for crowdsourced labeling tasks", Journal of Machine Learning
    Research 13, 2012. ValueError for another shape.
    """
    n_labels = confusion_wkl.shape[-1]
    if confusion_wkl.ndim != 3 or confusion_wkl.shape[1] != n_labels or n_labels < 2:
        raise ValueError(f"confusion must have shape (workers, labels, labels), not {confusion_wkl.shape}")
    # Sum over pairs of rows of |a - b|**2 = n * sum |a|**2 - |sum a|**2.
    apart_w = n_labels * (confusion_wkl**2).sum(axis=(1, 2)) - (confusion_wkl.sum(axis=1) ** 2).sum(axis=1)
    return np.asarray(np.maximum(apart_w, 0.0) / (n_labels * (n_labels - 1)))


def signals(
    votes: VoteTable,
    confusion_wkl: FloatArray,
    *,
    moment_v: npt.ArrayLike | None = None,
    seconds_v: npt.ArrayLike | None = None,
    limits: SpamLimits = DEFAULT_SPAM_LIMITS,
) -> tuple[Signal, ...]:
    """All signs on all workers with enough answers, in the order of workers.

    Parameters
    ----------
    votes : VoteTable
    confusion_wkl : float array (worker, true, answered), rows sum to 1
        `Prior.confusion` of fitted counts. Smoothed by the prior, workers with few answers look informed.
    moment_v : array (n_votes,), optional
        When each vote was given, any growing number; without it patterns in time are not looked for. Leave it
        out where tasks are handed out sorted.
    seconds_v : array (n_votes,), optional
        How long each answer took, NaN where unknown.

    Raises
    ------
    ValueError
        When an array does not fit.
    """
    if confusion_wkl.shape[0] != votes.n_workers:
        raise ValueError(f"confusion is of {confusion_wkl.shape[0]} workers, votes of {votes.n_workers}")
    answers_w = np.bincount(votes.worker, minlength=votes.n_workers)
    looked_w = answers_w >= limits.answers
    found = _uninformed(spammer_score(confusion_wkl), looked_w, limits)
    found += _same(votes, answers_w, looked_w, limits)
    if moment_v is not None:
        found += _patterns(votes, np.asarray(moment_v), looked_w, limits)
    if seconds_v is not None:
        found += _fast(votes, seconds_v, limits)
    return tuple(sorted(found, key=lambda signal: (signal.worker, list(Code).index(signal.code))))


def _uninformed(score_w: FloatArray, looked_w: npt.NDArray[np.bool_], limits: SpamLimits) -> list[Signal]:
    return [
        Signal(
            int(worker),
            Code.UNINFORMED,
            float(score_w[worker]),
            limits.informed,
            {"told": 100 * float(np.sqrt(score_w[worker]))},
        )
        for worker in np.flatnonzero(looked_w & (score_w < limits.informed))
    ]


def _same(
    votes: VoteTable, answers_w: IntArray, looked_w: npt.NDArray[np.bool_], limits: SpamLimits
) -> list[Signal]:
    """Workers with one label far beyond the use that all others together make of it."""
    cell = votes.worker * votes.n_labels + votes.label
    count_wl = np.bincount(cell, minlength=votes.n_workers * votes.n_labels)
    count_wl = count_wl.reshape(votes.n_workers, votes.n_labels)
    total_l = count_wl.sum(axis=0)
    found = []
    for worker in np.flatnonzero(looked_w & (count_wl.max(axis=1) >= limits.top_share * answers_w)):
        label, answers = int(count_wl[worker].argmax()), int(answers_w[worker])
        count = int(count_wl[worker, label])
        others = votes.n_votes - answers
        usual = float(total_l[label] - count + 1) / (others + 2)
        if binom.sf(count - 1, answers, usual) < limits.chance:
            numbers = {
                "label": label,
                "share": 100 * count / answers,
                "answers": answers,
                "usual": 100 * usual,
            }
            found.append(Signal(int(worker), Code.SAME, count / answers, limits.top_share, numbers))
    return found


def _patterns(
    votes: VoteTable, moment_v: npt.NDArray[np.float64], looked_w: npt.NDArray[np.bool_], limits: SpamLimits
) -> list[Signal]:
    if moment_v.shape != votes.task.shape:
        raise ValueError(f"moment_v must have shape {votes.task.shape}, not {moment_v.shape}")
    order = np.lexsort((moment_v, votes.worker))
    ends_w = np.cumsum(np.bincount(votes.worker, minlength=votes.n_workers))
    found = []
    for worker in np.flatnonzero(looked_w):
        mine = order[(ends_w[worker - 1] if worker else 0) : ends_w[worker]]
        found += _pattern(int(worker), regularity(votes.label[mine]), limits)
    return found


def _pattern(worker: int, seen: Regularity, limits: SpamLimits) -> list[Signal]:
    if seen.period is not None and seen.period_p < limits.chance and seen.runs_z > -3.0:
        numbers = {
            "share": 100 * seen.period_share,
            "period": seen.period,
            "usual": 100 * seen.usual_repeats,
        }
        return [Signal(worker, Code.PATTERN, seen.period_p, limits.chance, numbers)]
    if seen.runs_p < limits.chance and seen.runs_z < 0:
        numbers = {"runs": seen.runs, "expected": seen.expected_runs}
        return [Signal(worker, Code.BLOCKS, seen.runs_p, limits.chance, numbers)]
    return []


def _fast(votes: VoteTable, seconds_v: npt.ArrayLike, limits: SpamLimits) -> list[Signal]:
    share_w, timed_w = fast_share(votes, seconds_v)
    return [
        Signal(
            int(worker),
            Code.FAST,
            float(share_w[worker]),
            limits.fast,
            {"share": 100 * float(share_w[worker]), "answers": float(timed_w[worker])},
        )
        for worker in np.flatnonzero((timed_w >= limits.answers) & (np.nan_to_num(share_w) > limits.fast))
    ]
