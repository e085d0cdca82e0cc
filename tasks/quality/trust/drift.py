"""Whether a worker changes: for the worse or better over time, within a sitting, against themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from tasks.quality.votes import FloatArray, IntArray, VoteTable

#: the change the sums are tuned to, in log odds: from 80 % right to 91 % or 60 %, from 90 % to 96 % or 77 %
SHIFT = 1.0
#: cells the height of a sum is cut into when its run length is computed
CELLS = 80


@dataclass(frozen=True, eq=False)
class Drift:
    """The two cumulative sums of a worker, one entry per answer, and where they went too high."""

    better_n: FloatArray
    worse_n: FloatArray
    better_limit: float
    worse_limit: float
    #: index of the first answer at which a sum passed its limit, and of the answer after which the change
    #: probably began (the sum's last zero); None without an alarm
    alarm: int | None
    since: int | None
    #: whether the alarm is for the worse; False without one
    worse: bool


def cusum(
    right_n: npt.ArrayLike,
    expected_n: npt.ArrayLike,
    *,
    run_length: float = 500.0,
    shift: float = SHIFT,
) -> Drift:
    """Watch a worker's answers, oldest first, for a lasting change of accuracy.

    Each answer's surprise, ``right - expected``, less what is forgiven, adds to two sums that never fall
    below 0, one for the better and one for the worse; a sum above its limit is an alarm. What is forgiven and
    the scale make each step the log likelihood ratio of a worker who changed by `shift` against one who did
    not. The limits are such that a worker who stays the same raises a false alarm once in `run_length`
    answers on average.

    Parameters
    ----------
    right_n : array (n,), 1 for a right answer, 0 for a wrong one; in between where a consensus judged it
    expected_n : array (n,) or number, in (0, 1): the chance of a right answer as it was known before
    run_length : mean number of answers between two false alarms, > 1
    shift : > 0, in log odds: the change to be found fastest

    Raises
    ------
    ValueError
        When arrays do not fit or numbers are out of range.

    References
    ----------
    .. [1] E. S. Page, "Continuous inspection schemes", 1954, doi:10.1093/biomet/41.1-2.100. The limits follow
    D. Brook, D. A. Evans, "An approach to the probability distribution of cusum run length", 1972.
    """
    right = np.asarray(right_n, dtype=np.float64)
    expected = np.broadcast_to(np.asarray(expected_n, dtype=np.float64), right.shape)
    if right.ndim != 1 or ((right < 0) | (right > 1)).any():
        raise ValueError("right_n must be a list of numbers in 0..1")
    if ((expected <= 0) | (expected >= 1)).any():
        raise ValueError("expected must lie in (0, 1)")
    usual = float(expected.mean()) if len(expected) else 0.5
    # Two sums watch at once, so each may err half as often.
    better_limit = limit_for(2 * run_length, usual, shift)
    worse_limit = limit_for(2 * run_length, 1.0 - usual, shift)
    better_n = _sums(shift * right - _forgiven(expected, shift))
    worse_n = _sums(shift * (1.0 - right) - _forgiven(1.0 - expected, shift))
    over_n = (better_n > better_limit) | (worse_n > worse_limit)
    if not over_n.any():
        return Drift(better_n, worse_n, better_limit, worse_limit, None, None, False)
    alarm = int(over_n.argmax())
    worse = bool(worse_n[alarm] > worse_limit)
    zeros = np.flatnonzero((worse_n if worse else better_n)[:alarm] == 0.0)
    since = int(zeros[-1]) + 1 if len(zeros) else 0
    return Drift(better_n, worse_n, better_limit, worse_limit, alarm, since, worse)


def limit_for(run_length: float, accuracy: float, shift: float = SHIFT) -> float:
    """The limit at which the sum for the better gives a false alarm every `run_length` answers.

    For the sum for the worse give 1 - accuracy. ValueError when a number is out of range.
    """
    if run_length <= 1 or not 0 < accuracy < 1 or shift <= 0:
        raise ValueError("run_length > 1, accuracy in (0, 1) and shift > 0")
    # Two digits are all that is ever known of an accuracy, and let the limits be remembered.
    return _limit(float(run_length), min(max(round(accuracy, 2), 0.01), 0.99), float(shift))


@lru_cache(maxsize=4096)
def _limit(run_length: float, accuracy: float, shift: float) -> float:
    def excess(limit: float) -> float:
        return float(np.log(mean_run(limit, accuracy, shift) / run_length))

    # A likelihood ratio reaches exp(limit) once in exp(limit) answers at most.
    low, high = 1e-3, float(np.log(run_length)) + shift
    return float(brentq(excess, low, high, xtol=1e-3)) if excess(low) < 0 else low


def mean_run(limit: float, accuracy: float, shift: float = SHIFT) -> float:
    """Answers until the sum for the better passes `limit`, on average, for a worker who stays at `accuracy`.

    The sum's height is cut into cells and followed as a Markov chain.
    """
    forgiven = float(_forgiven(np.asarray(accuracy), shift))
    width = limit / CELLS
    height_c = np.arange(CELLS + 1) * width
    chain_cc = np.zeros((CELLS + 1, CELLS + 1))
    for step, chance in ((shift - forgiven, accuracy), (-forgiven, 1.0 - accuracy)):
        next_c = np.maximum(height_c + step, 0.0)
        stays = np.flatnonzero(next_c <= limit)
        place = next_c[stays] / width
        lower = np.minimum(place.astype(np.int64), CELLS)
        upper = np.minimum(lower + 1, CELLS)
        # Between two cells, the nearer one is the likelier: the mean height is kept.
        np.add.at(chain_cc, (stays, lower), chance * (1.0 - (place - lower)))
        np.add.at(chain_cc, (stays, upper), chance * (place - lower))
    return float(np.linalg.solve(np.eye(CELLS + 1) - chain_cc, np.ones(CELLS + 1))[0])


def _forgiven(expected: FloatArray, shift: float) -> FloatArray:
    """What a step takes off `shift * right` so that it is a log likelihood ratio."""
    return np.asarray(np.log1p(expected * np.expm1(shift)))


def _sums(steps_n: FloatArray) -> FloatArray:
    """Cumulative sums that never fall below 0."""
    total_n = np.cumsum(steps_n)
    return np.asarray(total_n - np.minimum(np.minimum.accumulate(total_n), 0.0))


@dataclass(frozen=True)
class Fatigue:
    """How accuracy changes with the place of an answer in its sitting."""

    #: change of the share of right answers per hundred answers, with its standard error; None when all
    #: answers stand at the same place or there are fewer than three
    slope: float | None
    error: float | None
    answers: int

    @property
    def z(self) -> float | None:
        """The slope in standard errors: below -2 or so the worker tires."""
        return None if not self.slope or not self.error else self.slope / self.error


def fatigue(
    right_n: npt.ArrayLike, place_n: npt.ArrayLike, expected_n: npt.ArrayLike | None = None
) -> Fatigue:
    """The slope of accuracy over the place in a sitting (0 first), by least squares.

    `right_n` as for `cusum`; with `expected_n`, a task's own easiness is taken off first. The standard error
    allows for unequal variances (H. White, "A heteroskedasticity-consistent covariance matrix estimator",
    1980, doi:10.2307/1912934). ValueError when lengths differ.
    """
    right, place = np.asarray(right_n, dtype=np.float64), np.asarray(place_n, dtype=np.float64)
    expected = np.zeros_like(right) if expected_n is None else np.asarray(expected_n, dtype=np.float64)
    if not right.shape == place.shape == expected.shape or right.ndim != 1:
        raise ValueError("right, place and expected must be lists of one length")
    n = len(right)
    apart = place - place.mean() if n else place
    square = float((apart**2).sum())
    if n < 3 or square == 0:
        return Fatigue(None, None, n)
    residual = right - expected
    slope = float((apart * residual).sum()) / square
    left = residual - residual.mean() - slope * apart
    error = float(np.sqrt((apart**2 * left**2).sum() * n / (n - 2))) / square
    return Fatigue(100 * slope, 100 * error, n)


def sittings(seconds_n: npt.ArrayLike, pause: float = 1800.0) -> tuple[IntArray, IntArray]:
    """The sitting of each answer and its place within it, both from 0, from times in ascending order.

    A gap of more than `pause` seconds begins a new sitting. ValueError when times go back.
    """
    seconds = np.asarray(seconds_n, dtype=np.float64)
    gap = np.diff(seconds, prepend=seconds[:1])
    if (gap < 0).any():
        raise ValueError("times must be in ascending order")
    begins = gap > pause
    sitting = np.cumsum(begins).astype(np.int64)
    first = np.zeros(len(seconds), dtype=np.int64)
    first[begins] = np.flatnonzero(begins)
    return sitting, np.arange(len(seconds)) - np.maximum.accumulate(first) if len(seconds) else first


def self_agreement(votes: VoteTable) -> tuple[IntArray, IntArray]:
    """How often each worker answers a task the same again: (same, repeats), shape (worker,).

    Each repeat is compared with the answer before it, in the order of the votes. Few repeats differ when a
    worker copies own notes or a task is easy: a low share is a sign of guessing, a high one no proof of
    skill.
    """
    order = np.lexsort((np.arange(votes.n_votes), votes.task, votes.worker))
    worker, task, label = votes.worker[order], votes.task[order], votes.label[order]
    again = (worker[1:] == worker[:-1]) & (task[1:] == task[:-1])
    same = again & (label[1:] == label[:-1])
    repeats_w = np.bincount(worker[1:][again], minlength=votes.n_workers)
    same_w = np.bincount(worker[1:][same], minlength=votes.n_workers)
    return same_w, repeats_w
