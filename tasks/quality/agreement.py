"""How much workers agree beyond chance, with intervals.

Every coefficient but Cohen's looks at all votes on a task and takes any number of them; tasks with fewer than
two votes say nothing of agreement. All are 1 for perfect agreement and None when nothing can be said.
Percent agreement and Gwet's AC1 hold where one class is much more common than the others; alpha and kappa
then fall towards 0 though people agree (the prevalence paradox): show both.

`krippendorff_alpha` and its like give the value; `bootstrap.interval` adds an interval to `alpha` and its
like.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import partial

import numpy as np
import numpy.typing as npt

from tasks.quality.bootstrap import Measure, once
from tasks.quality.truth.majority import tally
from tasks.quality.votes import FloatArray, VoteTable


class Scale(Enum):
    """What a difference between two labels means to Krippendorff's alpha."""

    #: labels are the same or not
    NOMINAL = "nominal"
    #: labels are in the order of their codes
    ORDINAL = "ordinal"
    #: labels are numbers
    INTERVAL = "interval"


def krippendorff_alpha(
    votes: VoteTable, scale: Scale = Scale.NOMINAL, values: npt.ArrayLike | None = None
) -> float | None:
    """Krippendorff's alpha: 1 perfect, 0 chance, below 0 systematic disagreement.

    ``1 - observed disagreement / expected disagreement`` over all pairs of votes on the same task, where two
    labels disagree by 0 or 1 (nominal), the squared distance of their mid-ranks (ordinal) or of their
    numbers. `values` (n_labels,) are the labels' numbers for the interval scale, their codes by default.
    None also when only one label was ever used; ValueError when `values` has another length.

    Source: K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011, section C.
    """
    return once(alpha(votes, scale, values))


def fleiss_kappa(votes: VoteTable) -> float | None:
    """Fleiss' kappa; with unequal numbers of votes each task has the same say, in agreement and in chance.

    Source: J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76,
    1971, doi:10.1037/h0031619.
    """
    return once(fleiss(votes))


def gwet_ac1(votes: VoteTable) -> float | None:
    """Gwet's AC1: chance agreement counts only as far as the votes spread over the classes.

    Source: K. L. Gwet, "Computing inter-rater reliability and its variance in the presence of high
    agreement", British Journal of Mathematical and Statistical Psychology 61, 2008,
    doi:10.1348/000711006X126600.
    """
    return once(ac1(votes))


def percent_agreement(votes: VoteTable) -> float | None:
    """How often two votes on a task are the same, 0..1; the mean over tasks."""
    return once(percent(votes))


def cohen_kappa(votes: VoteTable, first: int, second: int) -> float | None:
    """Cohen's kappa of two workers over the tasks both answered.

    ValueError unless both are workers of the table, and two. Source: J. Cohen, "A coefficient of agreement
    for nominal scales", Educational and Psychological Measurement 20, 1960, doi:10.1177/001316446002000104.
    """
    return once(cohen(votes, first, second))


def alpha(votes: VoteTable, scale: Scale = Scale.NOMINAL, values: npt.ArrayLike | None = None) -> Measure:
    """Krippendorff's alpha as a measure; see `krippendorff_alpha`."""
    tally_tl, n_t = _shared(votes)
    if scale is Scale.NOMINAL:
        apart_t = (n_t**2 - (tally_tl**2).sum(axis=1)) / (n_t - 1)
        parts_tp = np.column_stack([apart_t, tally_tl])
        return Measure(len(n_t), lambda weight_bt: _nominal(weight_bt @ parts_tp))
    if scale is Scale.ORDINAL:
        return Measure(len(n_t), partial(_ordinal, tally_tl, n_t))
    numbers_l = np.asarray(np.arange(votes.n_labels) if values is None else values, dtype=np.float64)
    if numbers_l.shape != (votes.n_labels,):
        raise ValueError(f"values must have shape ({votes.n_labels},), not {numbers_l.shape}")
    parts_tp = _distances(tally_tl, n_t, numbers_l - numbers_l.mean())
    return Measure(len(n_t), lambda weight_bt: _interval(weight_bt @ parts_tp))


def fleiss(votes: VoteTable) -> Measure:
    """Fleiss' kappa as a measure; see `fleiss_kappa`."""
    same_t, share_tl = _agreeing(votes)
    return Measure(len(same_t), lambda weight_bt: _beyond_chance(weight_bt, same_t, share_tl, _squares))


def ac1(votes: VoteTable) -> Measure:
    """Gwet's AC1 as a measure; see `gwet_ac1`."""
    same_t, share_tl = _agreeing(votes)
    return Measure(len(same_t), lambda weight_bt: _beyond_chance(weight_bt, same_t, share_tl, _spread))


def percent(votes: VoteTable) -> Measure:
    """Percent agreement as a measure; see `percent_agreement`."""
    same_t, share_tl = _agreeing(votes)
    nothing = share_tl[:, :0]
    return Measure(len(same_t), lambda weight_bt: _beyond_chance(weight_bt, same_t, nothing, _squares))


def cohen(votes: VoteTable, first: int, second: int) -> Measure:
    """Cohen's kappa as a measure; see `cohen_kappa`."""
    if first == second or not all(0 <= worker < votes.n_workers for worker in (first, second)):
        raise ValueError(f"two workers in 0..{votes.n_workers - 1}, not {first}, {second}")
    tallies = []
    for worker in (first, second):
        cell = (votes.task * votes.n_labels + votes.label)[votes.worker == worker]
        tallies.append(np.bincount(cell, minlength=votes.n_tasks * votes.n_labels))
    both = np.stack(tallies).reshape(2, votes.n_tasks, votes.n_labels).astype(np.float64)
    both = both[:, (both.sum(axis=2) > 0).all(axis=0)]
    share_tl, other_tl = both / both.sum(axis=2, keepdims=True)
    same_t = (share_tl * other_tl).sum(axis=1)
    joint_tl = np.concatenate([share_tl, other_tl], axis=1)
    return Measure(len(same_t), lambda weight_bt: _beyond_chance(weight_bt, same_t, joint_tl, _products))


def _shared(votes: VoteTable) -> tuple[FloatArray, FloatArray]:
    """Votes per label, and in all, of the tasks with two votes or more."""
    tally_tl = tally(votes)
    n_t = tally_tl.sum(axis=1)
    return tally_tl[n_t >= 2], n_t[n_t >= 2]


def _agreeing(votes: VoteTable) -> tuple[FloatArray, FloatArray]:
    """How often two votes on a task are the same, shape (task,), and its labels' shares, (task, label)."""
    tally_tl, n_t = _shared(votes)
    same_t = ((tally_tl**2).sum(axis=1) - n_t) / (n_t * (n_t - 1))
    return same_t, tally_tl / n_t[:, None]


def _beyond_chance(
    weight_bt: FloatArray,
    same_t: FloatArray,
    share_tl: FloatArray,
    chance: Callable[[FloatArray], FloatArray],
) -> FloatArray:
    """``(agreement - chance) / (1 - chance)``, with the chance from the mean shares."""
    total_b = weight_bt.sum(axis=1)
    same_b, chance_b = weight_bt @ same_t / total_b, chance(weight_bt @ share_tl / total_b[:, None])
    return _ratio(same_b - chance_b, 1.0 - chance_b)


def _squares(share_bl: FloatArray) -> FloatArray:
    return np.asarray((share_bl**2).sum(axis=1))


def _spread(share_bl: FloatArray) -> FloatArray:
    return np.asarray((share_bl * (1.0 - share_bl)).sum(axis=1) / max(share_bl.shape[1] - 1, 1))


def _products(share_bl: FloatArray) -> FloatArray:
    half = share_bl.shape[1] // 2
    return np.asarray((share_bl[:, :half] * share_bl[:, half:]).sum(axis=1))


def _nominal(parts_bp: FloatArray) -> FloatArray:
    total_bl = parts_bp[:, 1:]
    total_b = total_bl.sum(axis=1)
    return _alpha(total_b, parts_bp[:, 0], total_b**2 - (total_bl**2).sum(axis=1))


def _ordinal(tally_tl: FloatArray, n_t: FloatArray, weight_bt: FloatArray) -> FloatArray:
    """The interval coefficient of the mid-ranks, which are others in every resample."""
    values = []
    for weight_t in weight_bt:
        total_l = weight_t @ tally_tl
        rank_l = total_l.cumsum() - total_l / 2 - total_l.sum() / 2
        values.append(_interval((weight_t @ _distances(tally_tl, n_t, rank_l))[None])[0])
    return np.array(values)


def _distances(tally_tl: FloatArray, n_t: FloatArray, number_l: FloatArray) -> FloatArray:
    """Squared differences within each task, its votes, and their sums and squares, shape (task, 4)."""
    sum_t, squares_t = tally_tl @ number_l, tally_tl @ number_l**2
    return np.column_stack([2 * (n_t * squares_t - sum_t**2) / (n_t - 1), n_t, sum_t, squares_t])


def _interval(parts_bp: FloatArray) -> FloatArray:
    apart_b, total_b, sum_b, squares_b = parts_bp.T
    return _alpha(total_b, apart_b, 2 * (total_b * squares_b - sum_b**2))


def _alpha(total_b: FloatArray, apart_b: FloatArray, expected_b: FloatArray) -> FloatArray:
    return 1.0 - _ratio((total_b - 1) * apart_b, expected_b)


def _ratio(above_b: FloatArray, below_b: FloatArray) -> FloatArray:
    """The ratio, NaN where there is nothing below."""
    # One label only: nothing below but rounding.
    some_b = below_b > 1e-12
    return np.divide(above_b, below_b, out=np.full_like(above_b, np.nan), where=some_b)
