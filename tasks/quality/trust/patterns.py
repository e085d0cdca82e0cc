"""Answer sequences too regular to come from reading the tasks, and answers too fast for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from tasks.quality.votes import FloatArray, VoteTable

#: a repeating pattern is looked for up to this length: 2 is alternation
LONGEST_PERIOD = 6
#: a task with fewer timed answers has no usual time
LEAST_TIMED = 3


@dataclass(frozen=True)
class Regularity:
    """How regular a list of labels is, oldest first."""

    answers: int
    #: share of the most common label, 0..1, and the longest row of one label
    top_share: float
    longest_run: int
    #: runs of equal labels: how many, how many a shuffled list has, and the difference in standard deviations
    #: (below 0: the labels come in blocks; above 0: they alternate); 0 where nothing could vary
    runs: int
    expected_runs: float
    runs_z: float
    #: chance, 0..1, of so large a difference in a shuffled list, either way
    runs_p: float
    #: the distance at which labels repeat most beyond chance, 2..6, the share of repeats there, and the
    #: chance of as many, times the distances tried; None where the list is too short or all the same
    period: int | None
    period_share: float
    period_p: float
    #: the share of repeats at any distance in a shuffled list
    usual_repeats: float


def regularity(labels: npt.ArrayLike) -> Regularity:
    """Test a list of labels, as answered in time, against a shuffled one.

    Only meaningful where tasks come in random order: sorted tasks give honest blocks. The number of runs has
    a known mean and variance when labels are shuffled: D. E. Barton, F. N. David, "Multiple runs", Biometrika
    44, 1957. ValueError unless `labels` is a list of integers >= 0.
    """
    label_n = np.asarray(labels)
    if label_n.size == 0:
        return Regularity(0, 0.0, 0, 0, 0.0, 0.0, 1.0, None, 0.0, 1.0, 0.0)
    if label_n.ndim != 1 or not np.issubdtype(label_n.dtype, np.integer) or label_n.min() < 0:
        raise ValueError("labels must be a list of integers >= 0")
    n = len(label_n)
    share_l = np.bincount(label_n) / n
    begins = np.flatnonzero(np.diff(label_n, prepend=-1) != 0)
    longest = int(np.diff(begins, append=n).max())
    mean, deviation = _runs_if_shuffled(share_l, n)
    z = (len(begins) - mean) / deviation if deviation > 0 else 0.0
    period, repeated, period_p = _period(label_n, share_l)
    runs_p = float(min(1.0, 2.0 * norm.sf(abs(z))))
    usual = float((share_l**2).sum())
    return Regularity(
        n, float(share_l.max()), longest, len(begins), mean, z, runs_p, period, repeated, period_p, usual
    )


def answer_entropy(votes: VoteTable) -> FloatArray:
    """How evenly each worker uses the labels, shape (worker,): 0 always the same one, 1 all alike.

    Entropy in units of the even one, NaN without answers. Low values mean little where classes are rare;
    compare with the crowd.
    """
    cell = votes.worker * votes.n_labels + votes.label
    count_wl = np.bincount(cell, minlength=votes.n_workers * votes.n_labels)
    count_wl = count_wl.reshape(votes.n_workers, votes.n_labels).astype(np.float64)
    total_w = count_wl.sum(axis=1)
    share_wl = count_wl / np.maximum(total_w, 1.0)[:, None]
    entropy_w = -(share_wl * np.log(np.where(share_wl > 0, share_wl, 1.0))).sum(axis=1)
    even = np.log(votes.n_labels) if votes.n_labels > 1 else 1.0
    return np.where(total_w > 0, np.abs(entropy_w) / even, np.nan)


def fast_share(
    votes: VoteTable, seconds: npt.ArrayLike, *, of_median: float = 0.3
) -> tuple[FloatArray, FloatArray]:
    """Share of each worker's answers faster than `of_median` of the task's median, and how many were timed.

    Both of shape (worker,); the share is NaN where none was. `seconds` has one time > 0 per vote, NaN where
    unknown; tasks with fewer than three times are left out. Speed alone tells little (fast experts exist):
    use it beside other signals. ValueError when the length differs.
    """
    second_v = np.asarray(seconds, dtype=np.float64)
    if second_v.shape != votes.task.shape:
        raise ValueError(f"seconds must have shape {votes.task.shape}, not {second_v.shape}")
    timed = np.flatnonzero(np.isfinite(second_v))
    task, worker, second = votes.task[timed], votes.worker[timed], second_v[timed]
    order = np.lexsort((second, task))
    count_t = np.bincount(task, minlength=votes.n_tasks)
    first_t = np.cumsum(count_t) - count_t
    sorted_v = np.append(second[order], np.nan)
    last = len(sorted_v) - 1
    lower = np.minimum(first_t + np.maximum(count_t - 1, 0) // 2, last)
    upper = np.minimum(first_t + count_t // 2, last)
    median_t = (sorted_v[lower] + sorted_v[upper]) / 2
    usable = count_t[task] >= LEAST_TIMED
    fast = usable & (second < of_median * median_t[task])
    total_w = np.bincount(worker[usable], minlength=votes.n_workers).astype(np.float64)
    fast_w = np.bincount(worker[fast], minlength=votes.n_workers)
    return np.divide(fast_w, total_w, out=np.full(votes.n_workers, np.nan), where=total_w > 0), total_w


def _runs_if_shuffled(share_l: FloatArray, n: int) -> tuple[float, float]:
    """Mean and standard deviation of the number of runs in a random order of these labels."""
    square = float((share_l**2).sum()) * n * n
    cube = float((share_l**3).sum()) * n**3
    mean = n + 1 - square / n
    if n < 2:
        return mean, 0.0
    variance = (square * (square + n * (n + 1)) - 2 * n * cube - n**3) / (n * n * (n - 1))
    return mean, float(np.sqrt(max(variance, 0.0)))


def _period(label_n: npt.NDArray[np.int64], share_l: FloatArray) -> tuple[int | None, float, float]:
    """The distance, 2.., at which labels repeat most beyond chance, the share, and its corrected chance."""
    n, by_chance = len(label_n), float((share_l**2).sum())
    lags = range(2, min(LONGEST_PERIOD, n // 4) + 1)
    if by_chance >= 1.0 or not lags:
        return None, 0.0, 1.0
    shares = [float((label_n[lag:] == label_n[:-lag]).mean()) for lag in lags]
    errors = [float(np.sqrt(by_chance * (1.0 - by_chance) / (n - lag))) for lag in lags]
    scores = [(share - by_chance) / error for share, error in zip(shares, errors, strict=True)]
    best = int(np.argmax(scores))
    return lags[best], shares[best], float(min(1.0, norm.sf(scores[best]) * len(lags)))
