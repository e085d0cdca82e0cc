"""The audit of a batch: which labels an expert looks at, and how many it takes to promise something."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, xlog1py, xlogy

from tasks.quality.promise.stratified import Outcomes, Sample
from tasks.quality.votes import FloatArray, IntArray

#: fewest audits of a stratum, or all of its tasks
LEAST = 8

#: How far audits lean towards doubtful tasks: 0 takes strata in proportion to their size, 0.5 is Neyman's
#: rule, the best for an estimate. A bound must also reckon with errors among the sure tasks, which Neyman's
#: rule hardly looks at: half way was shortest on simulated batches (benchmarks/quality/coverage.py)
LEANING = 0.25

#: Where the confidences make one expect fewer wrong labels in the audit, all will mostly be found right, and
#: a plain random audit then promises most
FEWEST_WRONG = 0.5

#: no confidence is taken for surer than this many wrong labels in one, when audits are shared out
LEAST_DOUBT = 1e-4

#: most audits `audits_needed` thinks about
MOST_AUDITS = 4000


@dataclass(frozen=True)
class Stratum:
    """Tasks of like confidence. Confidences lie in 0..1."""

    tasks: int
    confidence_low: float
    confidence_high: float
    mean_confidence: float


@dataclass(frozen=True, eq=False)
class Audit:
    """Tasks drawn at random, in a random order: any first part of them is a random audit too.

    Whoever breaks an audit off must not do so because of what it found.
    """

    strata: tuple[Stratum, ...]
    #: drawn tasks, each once, shape (audit,)
    task_i: IntArray
    #: the stratum of each drawn task, 0..len(strata)-1
    stratum_i: IntArray
    #: the chance each drawn task had to be drawn, in (0, 1]
    inclusion_i: FloatArray


def draw_audit(rng: np.random.Generator, confidence_t: npt.ArrayLike, n: int) -> Audit:
    """Draw `n` of the tasks, without replacement, doubtful ones more often.

    Two strata, the sure and the doubtful, each with half of the doubt (the sum of `sqrt(c * (1 - c))`, the
    rule of [1]_); three told no more and cost more worst cases. One stratum where all are equally sure or `n`
    is too small for two. Within a stratum every task has the same chance.

    Parameters
    ----------
    rng : numpy Generator
    confidence_t : float array (n_tasks,), in 0..1
        Posterior of the delivered label, as it stood when the label was settled.
    n : int in 0..n_tasks

    Raises
    ------
    ValueError
        When a confidence or `n` is out of range.

    References
    ----------
    .. [1] T. Dalenius, J. L. Hodges, "Minimum variance stratification", Journal of the American Statistical
    Association 54, 1959, doi:10.1080/01621459.1959.10501501.
    """
    confidences = checked_confidences(confidence_t)
    if not 0 <= n <= len(confidences):
        raise ValueError(f"n must lie in 0..{len(confidences)}, not {n}")
    stratum_t, shares_s = _plan(confidences, n)
    strata, drawn = [], []
    for number, size in enumerate(shares_s):
        tasks = np.flatnonzero(stratum_t == number)
        strata.append(_stratum(confidences[tasks]))
        drawn.append(rng.choice(tasks, size, replace=False))
    task_i = rng.permutation(np.concatenate([*drawn, np.empty(0, dtype=np.int64)]).astype(np.int64))
    stratum_i = stratum_t[task_i]
    inclusion_s = np.array([size / one.tasks for size, one in zip(shares_s, strata, strict=True)])
    return Audit(tuple(strata), task_i, stratum_i, inclusion_s[stratum_i] if n else np.empty(0))


def audits_needed(
    confidence_t: npt.ArrayLike,
    at_least: float,
    *,
    level: float = 0.95,
    expert_error: float = 0.0,
    chance: float = 0.8,
) -> int | None:
    """How many audits promise an accuracy of `at_least` with probability `chance`, if the confidences hold.

    Parameters as for `certificate.certify`. None when the confidences themselves do not reach `at_least`, or
    not with so many audits as there are tasks or MOST_AUDITS. An answer may be one or two audits off: with
    whole numbers of errors the chance goes up in a saw.

    Raises
    ------
    ValueError
        When a confidence, `at_least`, `level`, `expert_error` or `chance` is out of range.
    """
    confidences = checked_confidences(confidence_t)
    if not (0 < at_least < 1 and 0 < chance < 1 and 0 <= expert_error < 1):
        raise ValueError(
            f"at_least and chance must lie in (0, 1) and expert_error in [0, 1), "
            f"not {at_least}, {chance}, {expert_error}"
        )
    # What an expert must find, so that the promise holds when experts err; see certificate.certify.
    needed = at_least * (1.0 - expert_error) + expert_error
    found_t = confidences * (1.0 - expert_error)
    if not len(confidences) or found_t.mean() < needed:
        return None
    most = min(len(confidences), MOST_AUDITS)
    low, high = 0, min(2 * LEAST, most)
    while _chance(confidences, found_t, high, needed, level) < chance:
        if high == most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        enough = _chance(confidences, found_t, middle, needed, level) >= chance
        low, high = (low, middle) if enough else (middle, high)
    return high


def checked_confidences(confidence_t: npt.ArrayLike) -> FloatArray:
    """The confidences as an array (n_tasks,); ValueError unless all lie in 0..1."""
    confidences = np.asarray(confidence_t, dtype=np.float64)
    if confidences.ndim != 1 or not np.all((confidences >= 0) & (confidences <= 1)):
        raise ValueError("confidences must be a one-dimensional array of numbers in 0..1")
    return confidences


def mean(values: FloatArray) -> float:
    """The mean of one number or more, summed exactly, so that every machine finds the same."""
    return fsum(values.tolist()) / len(values)


def _plan(confidences: FloatArray, n: int) -> tuple[IntArray, list[int]]:
    """The stratum of each task, and how many tasks of each stratum are audited."""
    doubtful_t = _doubtful(confidences)
    sizes = np.array([int((~doubtful_t).sum()), int(doubtful_t.sum())])
    expected_wrong = n * (1.0 - confidences).mean() if n else 0.0
    if n < 2 * LEAST or expected_wrong < FEWEST_WRONG or not sizes.all():
        return np.zeros(len(confidences), dtype=np.int64), [n] if len(confidences) else []
    doubt_t = np.maximum(confidences * (1.0 - confidences), LEAST_DOUBT)
    weights = sizes * [doubt_t[~doubtful_t].mean() ** LEANING, doubt_t[doubtful_t].mean() ** LEANING]
    least = np.minimum(sizes, LEAST)
    doubtful = round(float(n * weights[1] / weights.sum()))
    doubtful = min(max(doubtful, int(least[1]), n - int(sizes[0])), int(sizes[1]), n - int(least[0]))
    return doubtful_t.astype(np.int64), [n - doubtful, doubtful]


def _doubtful(confidences: FloatArray) -> npt.NDArray[np.bool_]:
    """Which tasks are doubtful: as nearly half of the doubt as a cut between unequal confidences allows."""
    if not len(confidences):
        return np.zeros(0, dtype=np.bool_)
    values, inverse = np.unique(confidences, return_inverse=True)
    doubt = np.sqrt(np.maximum(values * (1.0 - values), LEAST_DOUBT)) * np.bincount(inverse)
    below = np.cumsum(doubt) / doubt.sum()
    cut = int(np.argmin(np.abs(below - 0.5)))
    return np.asarray(inverse <= cut)


def _stratum(confidences: FloatArray) -> Stratum:
    if not len(confidences):
        return Stratum(0, 1.0, 1.0, 1.0)
    return Stratum(len(confidences), float(confidences.min()), float(confidences.max()), mean(confidences))


def _chance(confidences: FloatArray, found_t: FloatArray, n: int, needed: float, level: float) -> float:
    """How likely `n` audits bound the accuracy at `needed`, when experts find right what `found_t` says."""
    stratum_t, shares_s = _plan(confidences, n)
    samples = []
    for number, size in enumerate(shares_s):
        found = found_t[stratum_t == number]
        samples.append(Sample(len(found), size, 0, 1.0 - float(found.mean())))
    outcomes = Outcomes.of(samples, level)
    ruled_out = int(np.floor(len(confidences) * (1.0 - needed) + 1e-9)) + 1
    # An outcome whose rough limit is twice what may be wrong will not do.
    limits = np.unique(outcomes.limit_ab[outcomes.limit_ab <= 2.0 * (1.0 - needed)])
    low, high = -1, len(limits) - 1
    while low < high:
        middle = (low + high + 1) // 2
        likely = outcomes.up_to(float(limits[middle])).likely(ruled_out, 1.0 - level)
        low, high = (low, middle - 1) if likely else (middle, high)
    if low < 0:
        return 0.0
    inside_ab = outcomes.up_to(float(limits[low])).inside_ab
    chance_a, chance_b = (_binomial(one.drawn, one.expected) for one in outcomes.samples)
    size_a, size_b = inside_ab.shape
    return float(chance_a[:size_a] @ inside_ab @ chance_b[:size_b])


def _binomial(n: int, share: float) -> FloatArray:
    """The chance of 0..n marked tasks among n, each marked with the chance `share`."""
    found = np.arange(n + 1.0)
    log_ways = gammaln(n + 1.0) - gammaln(found + 1.0) - gammaln(n - found + 1.0)
    return np.asarray(np.exp(log_ways + xlogy(found, share) + xlog1py(n - found, -share)))
