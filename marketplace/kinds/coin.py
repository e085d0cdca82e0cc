"""One-coin posteriors: each worker is right with one probability and errs evenly over the rest."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import exp, log
from typing import TypeVar

V = TypeVar("V", bound=Hashable)

#: An accuracy is never taken as certain, so that one worker cannot outvote all others for ever.
CERTAIN = 0.99


def among(labels: Sequence[int], accuracies: Sequence[float], n_labels: int) -> list[float]:
    """Posterior of each class 0..n_labels-1, sums to 1, from labels out of a closed list.

    `accuracies[i]` in (0, 1) is the chance that `labels[i]` is right. A worker below chance is ignored rather
    than read in reverse: few answers cannot tell malice from bad luck. Every class is equally likely
    beforehand. ValueError when the lengths differ.
    """
    logs = [0.0] * n_labels
    for label, accuracy in zip(labels, accuracies, strict=True):
        right = min(max(accuracy, 1.0 / n_labels), CERTAIN)
        if n_labels > 1:
            logs[label] += log(right) - log((1.0 - right) / (n_labels - 1))
    return _normalised(logs)


def among_seen(values: Sequence[V], accuracies: Sequence[float]) -> dict[V, float]:
    """Posterior of each distinct value, in order of first sight, where answers are open.

    The classes are the values seen and one more, "none of these", which takes what is left up to 1.
    ValueError when the lengths differ. One answer from a worker of accuracy p gets p; nobody's answer gets
    nothing.
    """
    index = {value: code for code, value in enumerate(dict.fromkeys(values))}
    post = among([index[value] for value in values], accuracies, len(index) + 1)
    return {value: post[code] for value, code in index.items()}


def _normalised(logs: Sequence[float]) -> list[float]:
    top = max(logs)
    masses = [exp(value - top) for value in logs]
    total = sum(masses)
    return [mass / total for mass in masses]
