"""What the accuracies of those who answered make of their answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import exp, log, log1p

from marketplace.kinds.coin import CERTAIN
from marketplace.kinds.kind import Json


def heard(answers: Sequence[Json], weights: Sequence[float]) -> list[tuple[Json, float]]:
    """The answers that count, each with its weight, in an order that does not depend on who answered first.

    An answer of weight nought is left out, unless all are nought: then nobody is better than anybody else.
    ValueError without answers or when the lengths differ.
    """
    if not answers:
        raise ValueError("nothing to merge")
    pairs = list(zip(answers, weights, strict=True))
    if any(weight > 0 for weight in weights):
        pairs = [(answer, weight) for answer, weight in pairs if weight > 0]
    return sorted(pairs, key=lambda pair: (pair[1], json.dumps(pair[0], sort_keys=True)))


def log_odds(accuracy: float, chance: float = 0.5) -> float:
    """How much more often right than chance would be, in logs; 0 at or below chance."""
    sure = min(max(accuracy, chance), CERTAIN)
    return log(sure / (1.0 - sure)) - log(chance / (1.0 - chance))


def nearness(accuracy: float) -> float:
    """How steeply errors become rarer with their size, in logs per tolerated distance; 0 for accuracy 0.

    Errors as Laplace's law has them: larger than the tolerated distance with the probability 1 - accuracy =
    e^-nearness. Under that law the weighted median is the most probable value.
    """
    return -log1p(-min(max(accuracy, 0.0), CERTAIN))


def alike_if_none(pulls: Sequence[float]) -> list[float]:
    """The pulls, or 1 for everybody when nobody has any: a value has to be found all the same."""
    return list(pulls) if any(pull > 0 for pull in pulls) else [1.0] * len(pulls)


def sigmoid(logs: float) -> float:
    """The probability of log odds; never overflows."""
    return 1.0 / (1.0 + exp(-logs)) if logs > -700 else 0.0
