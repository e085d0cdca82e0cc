"""How often a worker answers right, with an interval, from answers to known questions."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from tasks.quality.trust import beta

#: 97.5 % point of the normal distribution, for 95 % intervals
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Reliability:
    """An estimated share of right answers, all in 0..1 except the counts."""

    mean: float
    low: float
    high: float
    right: int
    total: int


def of_gold(
    right: int, total: int, *, prior: tuple[float, float] = (1.0, 1.0), level: float = 0.95
) -> Reliability:
    """The Beta posterior of a worker's accuracy from `right` of `total` known questions.

    `prior` are pseudo-answers (right, wrong), both > 0; (1, 1) is the uniform prior, (0.5, 0.5) Jeffreys'.
    The interval leaves (1 - level) / 2 on each side. Source: the conjugate Beta-binomial model, e.g. L. D.
    Brown, T. T. Cai, A. DasGupta, "Interval estimation for a binomial proportion", 2001,
    doi:10.1214/ss/1009213286. ValueError unless 0 <= right <= total and 0 < level < 1.
    """
    _check(right, total, level)
    a, b = prior[0] + right, prior[1] + total - right
    tail = (1 - level) / 2
    return Reliability(a / (a + b), beta.quantile(tail, a, b), beta.quantile(1 - tail, a, b), right, total)


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
    return beta.quantile(1 - level, right, total - right + 1) if right else 0.0


def _check(right: float, total: int, level: float) -> None:
    if not 0 <= right <= total:
        raise ValueError(f"0 <= right <= total, not {right}, {total}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie in (0, 1): {level}")
