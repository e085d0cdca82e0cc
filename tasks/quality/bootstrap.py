"""Intervals for what is computed from all tasks together, by drawing the tasks anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tasks.quality.votes import FloatArray

#: weights of tasks held at once, over all resamples looked at together: 16 MB
CHUNK = 2_000_000


@dataclass(frozen=True, eq=False)
class Measure:
    """A number computed from tasks, for any weights of the tasks."""

    n_tasks: int
    #: weights (resample, task), >= 0, to values (resample,), NaN where nothing can be said
    of: Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Interval:
    """A number with its interval; None where nothing can be said."""

    value: float | None
    low: float | None
    high: float | None


def once(measure: Measure) -> float | None:
    """The number for the tasks as they are; None when nothing can be said."""
    if not measure.n_tasks:
        return None
    value = float(measure.of(np.ones((1, measure.n_tasks)))[0])
    return None if np.isnan(value) else value


def interval(
    measure: Measure, rng: np.random.Generator, *, resamples: int = 200, level: float = 0.95
) -> Interval:
    """The number with its percentile interval over tasks drawn anew with replacement.

    The interval tells how far other tasks of the same kind would move the number, not other workers. Fewer
    than a few dozen tasks give too short an interval. ValueError unless resamples >= 1 and 0 < level < 1.

    Source: B. Efron, R. J. Tibshirani, "An introduction to the bootstrap", 1993, chapter 13.
    """
    if resamples < 1 or not 0 < level < 1:
        raise ValueError(f"resamples must be >= 1 and level in (0, 1), not {resamples}, {level}")
    value, n_tasks = once(measure), measure.n_tasks
    if value is None:
        return Interval(None, None, None)
    found = []
    step = max(1, CHUNK // n_tasks)
    for start in range(0, resamples, step):
        weight_bt = np.empty((min(step, resamples - start), n_tasks))
        for weight_t in weight_bt:
            weight_t[:] = np.bincount(rng.integers(n_tasks, size=n_tasks), minlength=n_tasks)
        found.append(measure.of(weight_bt))
    values = np.concatenate(found)
    values = values[~np.isnan(values)]
    if not len(values):
        return Interval(value, None, None)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))
