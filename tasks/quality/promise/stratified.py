"""How many labels of a batch may be wrong, given a random audit of it: an exact bound over two strata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from tasks.quality.votes import FloatArray, IntArray

#: what the confidences of a stratum count, in audited tasks, when outcomes are put in order; 2 to 12 gave
#: bounds of the same width on simulated batches. Any value gives a valid bound
BELIEF = 4.0

#: differences of a probability this small are taken for rounding, on the safe side
ROUNDING = 1e-9

#: intervals of spreads looked at together before the bound gives way instead of the machine
MOST_CELLS = 4096


@dataclass(frozen=True)
class Sample:
    """What an audit found in one stratum: `marked` of `drawn` tasks, drawn at random from `tasks`.

    Marked means wrong for a lower bound of the accuracy, right for an upper one. `expected`, 0..1, is the
    share of marked tasks the confidences make one expect. ValueError unless marked <= drawn <= tasks.
    """

    tasks: int
    drawn: int
    marked: int
    expected: float

    def __post_init__(self) -> None:
        if not 0 <= self.marked <= self.drawn <= self.tasks or not 0 <= self.expected <= 1:
            raise ValueError(f"0 <= marked <= drawn <= tasks and 0 <= expected <= 1, not {self}")


def most_marked(samples: Sequence[Sample], level: float) -> int:
    """The most tasks that may be marked: at least as many as really are, in `level` of all audits.

    Parameters
    ----------
    samples : one or two strata, each a random draw without replacement of a size fixed beforehand
    level : float in (0, 1)

    Returns
    -------
    int, from the marked tasks found to all that were not found unmarked.

    Raises
    ------
    ValueError
        With no or more than two strata, or a level out of range.

    Notes
    -----
    Buehler's bound [1]_: outcomes of the audit are put in an order fixed beforehand, and a number of marked
    tasks is ruled out when an outcome as low as the one seen has at most the chance 1 - level, however the
    marked tasks are spread over the strata. That holds at any size and whatever the confidences are worth;
    they only choose the order, here by an approximate upper limit, which makes the bound short [2]_. The
    worst spread is searched without gaps: a chance only falls when one more task is marked, so the fewest
    marked tasks of an interval of spreads bound the whole interval.

    References
    ----------
    .. [1] R. J. Buehler, "Confidence intervals for the product of two binomial parameters", Journal of the
    American Statistical Association 52, 1957, doi:10.1080/01621459.1957.10501403.
    .. [2] P. Kabaila, C. J. Lloyd, "The efficiency of Buehler confidence limits", Statistics and Probability
    Letters 65, 2003, doi:10.1016/S0167-7152(03)00215-1.
    """
    outcomes = Outcomes.of(samples, level)
    found = tuple(sample.marked for sample in outcomes.samples)
    as_low = outcomes.up_to(float(outcomes.limit_ab[found]))
    low = sum(found)
    high = sum(sample.tasks - sample.drawn + sample.marked for sample in samples)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if as_low.likely(middle, 1.0 - level) else (low, middle - 1)
    return low


@dataclass(frozen=True, eq=False)
class Outcomes:
    """All an audit may find, in order; the second stratum is empty when there is but one."""

    samples: tuple[Sample, Sample]
    #: rough upper limit of the share of marked tasks, by marked tasks found in the two strata; rises in both
    limit_ab: FloatArray

    @classmethod
    def of(cls, samples: Sequence[Sample], level: float) -> Outcomes:
        """Put the outcomes in order by a normal upper limit whose variances lean on the confidences."""
        if not 1 <= len(samples) <= 2 or not 0 < level < 1:
            raise ValueError(f"one or two strata and a level in (0, 1), not {len(samples)}, {level}")
        first, second = (*samples, Sample(0, 0, 0, 0.0))[:2]
        total = max(first.tasks + second.tasks, 1)
        (mean_a, variance_a), (mean_b, variance_b) = (_moments(one, total) for one in (first, second))
        deviation_ab = np.sqrt(variance_a[:, None] + variance_b)
        limit_ab = mean_a[:, None] + mean_b + NormalDist().inv_cdf(level) * deviation_ab
        for axis in (0, 1):
            limit_ab = np.maximum.accumulate(limit_ab, axis=axis)
        return cls((first, second), limit_ab)

    def up_to(self, limit: float) -> LowOutcomes:
        """The outcomes whose limit is at most this."""
        low_ab = self.limit_ab <= limit + ROUNDING
        size_a, size_b = low_ab.any(axis=1).sum(), low_ab.any(axis=0).sum()
        return LowOutcomes(self.samples, low_ab[:size_a, :size_b].astype(np.float64))


@dataclass(frozen=True, eq=False)
class LowOutcomes:
    """A set of outcomes that holds with each outcome all lower ones: 1 inside, 0 outside."""

    samples: tuple[Sample, Sample]
    inside_ab: FloatArray

    def likely(self, marked: int, chance: float) -> bool:
        """Whether some spread of `marked` tasks over the strata makes the set likelier than `chance`."""
        first, second = self.samples
        least, most = max(0, marked - second.tasks), min(first.tasks, marked)
        edges = np.unique(np.linspace(least, most, 33).round().astype(np.int64))
        if (self.chances(edges, marked - edges) > chance - ROUNDING).any():
            return True
        left, right = edges[:-1], edges[1:]
        while True:
            wide = right - left > 1
            wide[wide] = self.chances(left[wide], marked - right[wide]) > chance - ROUNDING
            left, right = left[wide], right[wide]
            if not len(left):
                return False
            middle = (left + right) // 2
            # Too many intervals to split further: say likely, which keeps the bound valid.
            if len(left) > MOST_CELLS or (self.chances(middle, marked - middle) > chance - ROUNDING).any():
                return True
            left, right = np.concatenate([left, middle]), np.concatenate([middle, right])

    def chances(self, marked_first: IntArray, marked_second: IntArray) -> FloatArray:
        """The chance of the set for each pair of marked tasks in the two strata."""
        first, second = self.samples
        chance_ma = _drawn(first, marked_first, self.inside_ab.shape[0])
        chance_mb = _drawn(second, marked_second, self.inside_ab.shape[1])
        return np.asarray(((chance_ma @ self.inside_ab) * chance_mb).sum(axis=1))


def _moments(sample: Sample, total: int) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of a stratum's part of the share of marked tasks, by how many are found."""
    found_n = np.arange(sample.drawn + 1.0)
    weight, drawn = sample.tasks / total, max(sample.drawn, 1)
    share_n = (found_n + BELIEF * sample.expected) / (sample.drawn + BELIEF)
    left = (sample.tasks - sample.drawn) / max(sample.tasks - 1, 1)
    return weight * found_n / drawn, weight**2 * share_n * (1.0 - share_n) * left / drawn


def _drawn(sample: Sample, marked_m: IntArray, size: int) -> FloatArray:
    """The chance to draw 0..size-1 marked tasks, shape (marked, found): hypergeometric."""
    log_factorial = _log_factorials(sample.tasks)
    found_n = np.arange(size)
    marked, plain = marked_m[:, None], sample.tasks - marked_m[:, None]
    missed, drawn_plain = marked - found_n, sample.drawn - found_n
    possible = (missed >= 0) & (drawn_plain <= plain)
    log_chance = (
        (log_factorial[marked] + log_factorial[plain])
        - log_factorial[found_n]
        - log_factorial[np.maximum(missed, 0)]
        - log_factorial[drawn_plain]
        - log_factorial[np.maximum(plain - drawn_plain, 0)]
        - log_factorial[sample.tasks]
        + log_factorial[sample.drawn]
        + log_factorial[sample.tasks - sample.drawn]
    )
    return np.where(possible, np.exp(np.where(possible, log_chance, 0.0)), 0.0)


@lru_cache(maxsize=8)
def _log_factorials(most: int) -> npt.NDArray[np.float64]:
    table = np.asarray(gammaln(np.arange(most + 1) + 1.0))
    table.flags.writeable = False
    return table
