"""Keeping a vote on ranges within how many there may be."""

from __future__ import annotations

import math
from collections.abc import Sequence

from marketplace.kinds.range_merge import Found, Voted
from marketplace.kinds.range_settings import RangeSettings
from marketplace.kinds.ranges import Range, share
from marketplace.kinds.weights import alike_if_none, log_odds


def within_counts(
    settings: RangeSettings,
    voted: Voted,
    found: list[Found],
    answers: Sequence[Sequence[Range]],
    weights: Sequence[float],
) -> list[Found]:
    """What was found, when it has neither too few nor too many ranges and each required label.

    Else the answer most like all others, which was valid when it was given.
    """
    labels = {each.label for each, _ in found}
    if settings.min <= len(found) <= settings.max and labels.issuperset(settings.required):
        return found
    pulls = alike_if_none([log_odds(weight) for weight in weights])
    best = max(answers, key=lambda ranges: _backing(ranges, answers, pulls))
    return [Found(each, voted.mean(each)) for each in best]


def _backing(ranges: Sequence[Range], answers: Sequence[Sequence[Range]], pulls: Sequence[float]) -> float:
    """How much the others say the same, by their weight."""
    likes = []
    for other, pull in zip(answers, pulls, strict=True):
        shared = share(ranges, other)
        either = shared.one + shared.other
        likes.append(pull * (2 * shared.same / either if either else 1.0))
    return round(math.fsum(likes), 9)
