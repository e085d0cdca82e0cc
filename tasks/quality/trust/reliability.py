"""How often a worker is right, with an interval that says how well that is known."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from tasks.quality.votes import FloatArray

#: 97.5 % point of the normal distribution, for 95 % intervals
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Reliability:
    """An estimated share of right answers, all in 0..1 except the counts."""

    mean: float
    low: float
    high: float
    #: what was seen, without the prior; fractional where answers fade or a consensus judged them
    right: float
    total: float


@dataclass(frozen=True)
class Counts:
    """Right and all answers of a worker, fractional where they fade or the judge is not certain."""

    right: float = 0.0
    total: float = 0.0

    def __post_init__(self) -> None:
        _check(self.right, self.total, 0.5)

    def plus(self, other: Counts, worth: float = 1.0) -> Counts:
        """Both together, the other's answers counting `worth` each, >= 0."""
        return Counts(self.right + worth * other.right, self.total + worth * other.total)

    def faded(self, answers: float, half_life: float) -> Counts:
        """What is left after the worker gave `answers` more: half of it after `half_life` answers.

        Age is counted in answers, not in days: who pauses forgets little, and who answers much has shown more
        since. ValueError unless answers >= 0 and half_life > 0.
        """
        left = fading(answers, half_life)
        return Counts(left * self.right, left * self.total)


def fading(answers: float, half_life: float) -> float:
    """What one answer still counts, in (0, 1], after `answers` >= 0 more of the same worker."""
    if answers < 0 or half_life <= 0:
        raise ValueError(f"answers >= 0 and half_life > 0, not {answers}, {half_life}")
    return float(0.5 ** (answers / half_life))


def of_gold(
    right: float, total: float, *, prior: tuple[float, float] = (1.0, 1.0), level: float = 0.95
) -> Reliability:
    """The Beta posterior of a worker's accuracy from `right` of `total` known questions.

    `prior` are pseudo-answers (right, wrong), both > 0; (1, 1) is the uniform prior, (0.5, 0.5) Jeffreys'.
    The interval leaves (1 - level) / 2 on each side. Source: the conjugate Beta-binomial model, e.g. L. D.
    Brown, T. T. Cai, A. DasGupta, "Interval estimation for a binomial proportion", 2001,
    doi:10.1214/ss/1009213286. ValueError unless 0 <= right <= total and 0 < level < 1.
    """
    _check(right, total, level)
    if min(prior) <= 0:
        raise ValueError(f"prior must be > 0: {prior}")
    a, b = prior[0] + right, prior[1] + total - right
    tail = (1 - level) / 2
    low, high = betaincinv(a, b, [tail, 1 - tail])
    return Reliability(a / (a + b), float(low), float(high), right, total)


@dataclass(frozen=True, eq=False)
class Row:
    """How a worker answers where one class is true; arrays of shape (answered,), all in 0..1."""

    mean_l: FloatArray
    low_l: FloatArray
    high_l: FloatArray


def of_row(counts_l: npt.ArrayLike, prior_l: npt.ArrayLike, *, level: float = 0.95) -> Row:
    """The Dirichlet posterior of one row of a confusion matrix, with an interval for each label by itself.

    `counts_l` >= 0 are the answers given where this class was true, `prior_l` > 0 the pseudo-answers
    (`Prior.matrix` has them by rows). The share of one label under a Dirichlet distribution is a Beta
    variable. ValueError when shapes differ or a number is out of range.
    """
    seen_l, alpha_l = np.asarray(counts_l, dtype=np.float64), np.asarray(prior_l, dtype=np.float64)
    if seen_l.shape != alpha_l.shape or seen_l.ndim != 1:
        raise ValueError(f"counts and prior differ in shape: {seen_l.shape}, {alpha_l.shape}")
    if (seen_l < 0).any() or (alpha_l <= 0).any() or not 0 < level < 1:
        raise ValueError("counts >= 0, prior > 0 and level in (0, 1)")
    a_l = seen_l + alpha_l
    b_l = a_l.sum() - a_l
    tail = (1 - level) / 2
    return Row(
        a_l / a_l.sum(),
        np.asarray(betaincinv(a_l, b_l, tail)),
        np.asarray(betaincinv(a_l, b_l, 1 - tail)),
    )


def wilson(right: float, total: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's interval for a share, (low, high) in 0..1; (0, 1) when `total` is 0.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    `right` may be fractional (ties counted in halves). ValueError unless 0 <= right <= total.
    """
    _check(right, total, 0.5)
    if total == 0:
        return 0.0, 1.0
    share, spread = right / total, z * z / total
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def clopper_pearson_low(right: int, total: int, level: float = 0.95) -> float:
    """One-sided lower bound of a share: the true share is above it in at least `level` of all samples.

    Exact, hence valid for any sample size, never below 0. Source: C. J. Clopper, E. S. Pearson, "The use of
    confidence or fiducial limits illustrated in the case of the binomial", 1934. ValueError unless 0 <= right
    <= total.
    """
    _check(right, total, level)
    return float(betaincinv(right, total - right + 1, 1 - level)) if right else 0.0


def _check(right: float, total: float, level: float) -> None:
    if not 0 <= right <= total:
        raise ValueError(f"0 <= right <= total, not {right}, {total}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie in (0, 1): {level}")
