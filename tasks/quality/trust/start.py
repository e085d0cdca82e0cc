"""What to believe of a worker before the first answer in a project: the crowd, and other projects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np
import numpy.typing as npt

from tasks.quality.trust.reliability import Counts

#: pseudo-answers a crowd's prior has at least and at most: a handful of workers cannot prove all alike
LEAST, MOST = 2.0, 30.0


@dataclass(frozen=True)
class Start:
    """A Beta prior on accuracy, as pseudo-answers, both > 0."""

    right: float
    wrong: float

    @property
    def mean(self) -> float:
        """The accuracy it expects, in (0, 1)."""
        return self.right / (self.right + self.wrong)

    @property
    def answers(self) -> float:
        """How many answers it is as sure as."""
        return self.right + self.wrong

    def as_prior(self) -> tuple[float, float]:
        """For `reliability.of_gold`."""
        return self.right, self.wrong


@dataclass(frozen=True)
class Elsewhere:
    """What a worker did in another project or with another kind of question."""

    counts: Counts
    #: the crowd's mean accuracy there, in (0, 1)
    crowd_mean: float
    #: how much the work is alike, 0 (nothing to learn from it) to 1 (the same work)
    alike: float = 0.5


def of_crowd(right_w: npt.ArrayLike, total_w: npt.ArrayLike) -> Start:
    """The Beta distribution of accuracy over the workers of a crowd, from their answers to known questions.

    The mean is the share of right answers of all workers with half a right and half a wrong one added, the
    strength follows from how far workers lie apart beyond chance (method of moments for overdispersed
    shares), kept within `LEAST` and `MOST` pseudo-answers. Workers without answers do not count. Source of
    the moments: J. C. Kleinman, "Proportions with extraneous variance: single and independent samples",
    Journal of the American Statistical Association 68, 1973. ValueError unless 0 <= right <= total.
    """
    right, total = np.asarray(right_w, dtype=np.float64), np.asarray(total_w, dtype=np.float64)
    if right.shape != total.shape or (right < 0).any() or (right > total + 1e-9).any():
        raise ValueError("right and total must have one shape and 0 <= right <= total")
    right, total = right[total > 0], total[total > 0]
    answers = float(total.sum())
    mean = (float(right.sum()) + 0.5) / (answers + 1.0)
    if len(total) < 2:
        return Start(LEAST * mean, LEAST * (1.0 - mean))
    scatter = float((total * (right / total - mean) ** 2).sum())
    by_chance = mean * (1.0 - mean) * (len(total) - 1)
    # Of the variance mean * (1 - mean), the share `alike` is between workers: 1 / (strength + 1).
    repeats = answers - float((total**2).sum()) / answers - (len(total) - 1)
    if repeats <= 0:
        # One answer each cannot tell a mixed crowd from a uniform one.
        return Start(LEAST * mean, LEAST * (1.0 - mean))
    alike = (scatter - by_chance) / (repeats * mean * (1.0 - mean))
    strength = MOST if alike <= 0 else min(max(1.0 / alike - 1.0, LEAST), MOST)
    return Start(strength * mean, strength * (1.0 - mean))


def of_worker(crowd: Start, elsewhere: Sequence[Elsewhere], *, at_most: float = 10.0) -> Start:
    """The crowd's prior, moved by what the worker did elsewhere.

    What carries over is how much better or worse than the crowd a worker is, in log odds: 80 % where others
    reach 60 % is worth more than 80 % where others reach 95 %. Answers elsewhere count as far as the work is
    alike, and all of them together at most `at_most` answers, since skill does not carry over for certain
    however long the record. A worker without a record starts as the crowd; where strangers may be spammers,
    the gate caps their influence. ValueError unless shares lie in their ranges.
    """
    right = wrong = 0.0
    for other in elsewhere:
        if not 0 < other.crowd_mean < 1 or not 0 <= other.alike <= 1:
            raise ValueError("crowd_mean must lie in (0, 1) and alike in 0..1")
        there = _share(other.counts, other.crowd_mean, crowd.answers)
        here = _squash(_log_odds(crowd.mean) + _log_odds(there) - _log_odds(other.crowd_mean))
        worth = other.alike * other.counts.total
        right, wrong = right + worth * here, wrong + worth * (1.0 - here)
    keep = min(1.0, at_most / (right + wrong)) if right + wrong > 0 else 0.0
    return Start(crowd.right + keep * right, crowd.wrong + keep * wrong)


def _share(counts: Counts, crowd_mean: float, strength: float) -> float:
    """The share of right answers, drawn to the crowd's as the crowd's sameness demands."""
    return (counts.right + strength * crowd_mean) / (counts.total + strength)


def _log_odds(share: float) -> float:
    return log(share) - log(1.0 - share)


def _squash(log_odds: float) -> float:
    return 1.0 / (1.0 + exp(-log_odds))
