"""Weighted medians of many groups at once."""

from __future__ import annotations

import numpy as np

from tasks.quality.votes import FloatArray, IntArray


def weighted_median(group: IntArray, value: FloatArray, weight: FloatArray, n_groups: int) -> FloatArray:
    """The weighted median of each group's values, shape (n_groups,), NaN for an empty group.

    The lowest value with at least half of the weight at or below it; half way to the next where it is exactly
    half. Weights are > 0.
    """
    order = np.lexsort((value, group))
    group, value, weight = group[order], value[order], weight[order]
    total = np.bincount(group, weights=weight, minlength=n_groups)
    before = np.concatenate([[0.0], np.cumsum(total)])[group]
    # Of each group the first value that reaches half of its weight, and the first that goes beyond.
    reached = np.cumsum(weight) - before - total[group] / 2
    slack = 1e-9 * total[group]
    result = np.zeros(n_groups)
    for enough in (reached >= -slack, reached > slack):
        where = np.flatnonzero(enough)
        groups, first = np.unique(group[where], return_index=True)
        result[groups] += value[where[first]] / 2
    return np.where(total > 0, result, np.nan)
