"""Numbers in settings and answers, and the middle of several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from marketplace.kinds.kind import Problem

#: beyond it a float no longer tells neighbours of thousandths apart
LARGEST = 1e12


def as_number(raw: object, largest: float = LARGEST) -> float | None:
    """A finite number of at most this size from JSON, else None. True and false are no numbers."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    # Compared before it is made a float: a huge whole number would not fit into one. NaN is not below.
    return float(raw) + 0.0 if abs(raw) <= largest else None


def as_whole(raw: object) -> int | None:
    """A whole number from JSON, also when written 3.0, else None."""
    number = as_number(raw)
    return int(number) if number is not None and number.is_integer() else None


def plain(number: float) -> int | float:
    """The one form in which a number is stored: whole ones without a fraction, nought without a sign."""
    return int(number) if number.is_integer() else number


def read_number(
    config: Mapping[str, object],
    key: str,
    default: float,
    bounds: tuple[float, float],
    problems: list[Problem],
) -> float:
    """A number between the bounds (both allowed), or `default` when it is not given."""
    if key not in config:
        return default
    number = as_number(config[key])
    if number is None or not bounds[0] <= number <= bounds[1]:
        message = f"Give a number from {bounds[0]:g} to {bounds[1]:g}."
        problems.append(Problem(key, "number_out_of_range", message))
        return default
    return number


def read_bound(config: Mapping[str, object], key: str, problems: list[Problem]) -> float | None:
    """A number, or None when it is not given or null."""
    if config.get(key) is None:
        return None
    number = as_number(config[key])
    if number is None:
        message = f"Give a number of at most {LARGEST:g} either way."
        problems.append(Problem(key, "number_out_of_range", message))
    return number


def weighted_median(values: Sequence[float], weights: Sequence[float]) -> float:
    """The lowest value with at least half of the weight at or below it; half way to the next at exactly half.

    ValueError without values. Weights are >= 0 and not all 0.
    """
    pairs = sorted((value, weight) for value, weight in zip(values, weights, strict=True) if weight > 0)
    if not pairs:
        raise ValueError("no value has a weight")
    half = math.fsum(weight for _, weight in pairs) / 2
    slack = 1e-9 * half
    below = 0.0
    for i, (value, weight) in enumerate(pairs):
        below += weight
        if below > half + slack:
            return value
        if below >= half - slack:
            return value + (pairs[i + 1][0] - value) / 2 if i + 1 < len(pairs) else value
    return pairs[-1][0]
