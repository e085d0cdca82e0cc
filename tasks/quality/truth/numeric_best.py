"""Which numeric estimator a batch gets: the one that errs least on what was held back from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import median_abs_deviation

from tasks.quality.truth import numeric
from tasks.quality.truth.median import weighted_median
from tasks.quality.truth.numbers import Numbers, NumericVotes, known_numbers
from tasks.quality.votes import FloatArray, IntArray

#: answers and gold are held back in this many parts, each once
FOLDS = 5
#: from so many known tasks on they judge; fewer say less than the answers do
LEAST_GOLD = 20
#: how much better than the default a method must be, in standard errors of the difference
MARGIN = 2.0
#: answers that must be left at a task for the one held back to judge: of two, mean and median are the same,
#: and who is best with two is not who is best with three
LEAST_LEFT = 3
#: who is taken unless another is clearly better: it loses little anywhere
DEFAULT = numeric.METHOD
#: a median of normal errors is this much less certain than their mean
MEDIAN_ERROR = float(np.sqrt(np.pi / 2))

Estimator = Callable[[NumericVotes, FloatArray], Numbers]


@dataclass(frozen=True)
class Score:
    """How one method did on what was held back."""

    method: str
    #: mean absolute error, in the unit of the answers; NaN where nothing could be held back
    error: float
    #: by how much that is less than the default's, and the standard error of the difference
    better_by: float
    standard_error: float


@dataclass(frozen=True)
class Chosen:
    """The estimator chosen for a batch, and why."""

    method: str
    #: what judged: `gold`, `answers`, or `none` where nothing could be held back
    evidence: str
    #: how many known tasks or answers were held back
    held_back: int
    #: the default first
    scores: tuple[Score, ...]
    reason: str


def best(votes: NumericVotes, *, gold: npt.ArrayLike | None = None, seed: int = 0) -> tuple[Numbers, Chosen]:
    """Estimate every task's number by the method that this batch's own evidence prefers.

    No method is best everywhere: the mean where people err alike and mildly, the median where most answers
    are exactly right and the rest wild, the weighted median where besides workers differ, the robust mean
    where they differ and nobody is exactly right, logarithms where errors grow with the number. Each method
    in turn estimates without a part of the answers (of the known numbers, where there are at least
    `LEAST_GOLD`) and is judged by how far its numbers are from that part. The default stays unless another is
    better by `MARGIN` standard errors of the paired difference; of those the best is taken.

    An answer held back judges methods on a task that has an answer less, so it must have `LEAST_LEFT`: with
    three answers a task and little gold the default stays.

    Parameters
    ----------
    votes : NumericVotes
    gold : float array (n_tasks,), optional
        Known numbers, NaN where unknown; gold tasks keep their number.
    seed : int
        Of the parts.

    Raises
    ------
    ValueError
        When `gold` does not fit the votes.
    """
    gold_t = known_numbers(gold, votes.n_tasks)
    methods = _methods(votes, gold_t)
    by_gold = (~np.isnan(gold_t[np.unique(votes.task)])).sum() >= LEAST_GOLD
    rng = np.random.default_rng(seed)
    errors = (_errors_on_gold if by_gold else _errors_on_answers)(votes, gold_t, methods, rng)
    chosen = _chosen(errors, "gold" if by_gold else "answers")
    return methods[chosen.method](votes, gold_t), chosen


def _methods(votes: NumericVotes, gold_t: FloatArray) -> Mapping[str, Estimator]:
    """Every method that can be used on these answers, by name, the default first."""
    methods: dict[str, Estimator] = {
        DEFAULT: lambda votes, gold_t: numeric.fit(votes, gold=gold_t).numbers,
        "weighted median": _weighted_median,
        "mean": _mean,
        "median": _median,
    }
    if len(votes.value) and votes.value.min() > 0 and not (gold_t <= 0).any():
        methods["robust mean of logarithms"] = _logarithmic
    return methods


def _errors_on_answers(
    votes: NumericVotes, gold_t: FloatArray, methods: Mapping[str, Estimator], rng: np.random.Generator
) -> dict[str, FloatArray]:
    """How far each method's numbers lie from answers it has not seen, where others are left at the task."""
    fold_v = rng.permutation(len(votes.value)) % FOLDS
    found: dict[str, list[FloatArray]] = {name: [np.empty(0)] for name in methods}
    for fold in range(FOLDS):
        kept = votes.only(fold_v != fold)
        n_t = np.bincount(kept.task, minlength=votes.n_tasks)
        judged = (fold_v == fold) & (n_t[votes.task] >= LEAST_LEFT) & np.isnan(gold_t[votes.task])
        for name, method in methods.items():
            value_t = method(kept, gold_t).value_t
            found[name].append(np.abs(votes.value[judged] - value_t[votes.task[judged]]))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _errors_on_gold(
    votes: NumericVotes, gold_t: FloatArray, methods: Mapping[str, Estimator], rng: np.random.Generator
) -> dict[str, FloatArray]:
    """How far each method's numbers lie from known ones it was not told."""
    answered = np.unique(votes.task)
    known = rng.permutation(answered[~np.isnan(gold_t[answered])])
    found: dict[str, list[FloatArray]] = {name: [] for name in methods}
    for fold in range(FOLDS):
        hidden = known[fold::FOLDS]
        told_t = gold_t.copy()
        told_t[hidden] = np.nan
        for name, method in methods.items():
            found[name].append(np.abs(method(votes, told_t).value_t[hidden] - gold_t[hidden]))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _chosen(errors: Mapping[str, FloatArray], evidence: str) -> Chosen:
    """The best of those that are clearly better than the default, which stays where there are none."""
    held_back = len(errors[DEFAULT])
    scores = tuple(_score(name, errors[name], errors[DEFAULT]) for name in errors)
    clearly = [score for score in scores if held_back > 1 and score.better_by > MARGIN * score.standard_error]
    chosen = max(clearly, key=lambda score: score.better_by, default=scores[0])
    if not held_back:
        return Chosen(DEFAULT, "none", 0, scores, "there was nothing to hold back, so the default stays")
    what = "known numbers" if evidence == "gold" else "answers"
    reason = f"on {held_back} {what} held back it erred by {chosen.error:.4g}"
    if chosen.method == DEFAULT:
        reason += ", and no other method by clearly less"
    else:
        reason += f", {DEFAULT} by {scores[0].error:.4g}"
    return Chosen(chosen.method, evidence, held_back, scores, reason)


def _score(name: str, error_h: FloatArray, default_h: FloatArray) -> Score:
    if not len(error_h):
        return Score(name, np.nan, 0.0, np.inf)
    better_h = default_h - error_h
    return Score(
        name, float(error_h.mean()), float(better_h.mean()), float(better_h.std() / np.sqrt(len(better_h)))
    )


def _mean(votes: NumericVotes, gold_t: FloatArray) -> Numbers:
    n_t = np.bincount(votes.task, minlength=votes.n_tasks)
    with np.errstate(invalid="ignore"):
        value_t = np.bincount(votes.task, weights=votes.value, minlength=votes.n_tasks) / n_t
    left_v = votes.value - value_t[votes.task]
    free = max(int(n_t.sum() - (n_t > 0).sum()), 1)
    return _alike("mean", value_t, n_t, float(np.sqrt((left_v**2).sum() / free)), gold_t)


def _median(votes: NumericVotes, gold_t: FloatArray) -> Numbers:
    n_t = np.bincount(votes.task, minlength=votes.n_tasks)
    value_t = weighted_median(votes.task, votes.value, np.ones(len(votes.value)), votes.n_tasks)
    several_v = n_t[votes.task] > 1
    left_v = (votes.value - value_t[votes.task])[several_v]
    # What is left around a middle fitted to the same answers is too little by this much.
    few = np.sqrt(n_t[votes.task] / np.maximum(n_t[votes.task] - 1, 1))[several_v]
    spread = float(median_abs_deviation(left_v * few, scale="normal")) if len(left_v) else 0.0
    return _alike("median", value_t, n_t, MEDIAN_ERROR * spread, gold_t)


def _alike(name: str, value_t: FloatArray, n_t: IntArray, spread: float, gold_t: FloatArray) -> Numbers:
    """Numbers whose errors depend on how many answers they have, and on nothing else."""
    known_t = ~np.isnan(gold_t)
    told_t = np.where(n_t > 0, spread / np.sqrt(np.maximum(n_t, 1)), np.inf)
    error_t = np.where(known_t, 0.0, told_t)
    free = max(int(n_t.sum() - (n_t > 0).sum()), 1)
    return Numbers(np.where(known_t, gold_t, value_t), error_t, np.full(len(n_t), float(free)), name)


def _weighted_median(votes: NumericVotes, gold_t: FloatArray) -> Numbers:
    """Answers as they are, not less their workers' bias: what most say exactly must stay exact."""
    found = numeric.fit(votes, gold=gold_t)
    weight_v = 1.0 / found.spread_w[votes.worker]
    value_t = weighted_median(votes.task, votes.value, weight_v, votes.n_tasks)
    return Numbers(
        np.where(np.isnan(gold_t), value_t, gold_t),
        MEDIAN_ERROR * found.numbers.error_t,
        found.numbers.freedom_t,
        "weighted median",
    )


def _logarithmic(votes: NumericVotes, gold_t: FloatArray) -> Numbers:
    found = numeric.fit(votes.of_logarithms(), gold=np.log(gold_t)).numbers
    return Numbers(
        np.exp(found.value_t),
        found.error_t,
        found.freedom_t,
        "robust mean of logarithms",
        logarithmic=True,
    )
