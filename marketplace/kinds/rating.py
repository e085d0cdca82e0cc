"""Rate on an ordered scale of whole numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from marketplace.kinds.characters import storable
from marketplace.kinds.choice import MOST_CLASSES
from marketplace.kinds.coin import CERTAIN
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.numbers import as_whole
from marketplace.kinds.options import LONGEST_LABEL, read_count, refuse_unknown
from marketplace.kinds.weights import heard

LOWEST, HIGHEST = -1_000, 1_000
MOST_POINTS = 101
SETTINGS = ("min", "max", "labels", "gold_distance")


@dataclass(frozen=True)
class Config:
    """The scale's ends (both can be chosen), what stands at its points, how near to gold passes."""

    min: int = 1
    max: int = 5
    #: (point, label), points rising; a point without a label shows its number
    labels: tuple[tuple[int, str], ...] = ()
    #: points that may lie between an answer and the known one
    gold_distance: int = 0

    @property
    def points(self) -> range:
        """All points of the scale, lowest first."""
        return range(self.min, self.max + 1)


def parse(config: Mapping[str, object]) -> Config:
    """Read `{"min": 1, "max": 5, "labels": {"1": "bad"}, "gold_distance": 0}`; ConfigInvalid lists all that
    is wrong.
    """
    problems: list[Problem] = []
    least = read_count(config, "min", Config.min, (LOWEST, HIGHEST), problems)
    most = read_count(config, "max", Config.max, (LOWEST, HIGHEST), problems)
    if not 2 <= most - least + 1 <= MOST_POINTS:
        message = f"A scale has 2 to {MOST_POINTS} points, not {most - least + 1}."
        problems.append(Problem("max", "points_count", message))
    labels = _read_labels(config.get("labels"), range(least, most + 1), problems)
    distance = read_count(config, "gold_distance", Config.gold_distance, (0, MOST_POINTS), problems)
    refuse_unknown(config, SETTINGS, problems)
    if problems:
        raise ConfigInvalid(*problems)
    return Config(least, most, labels, distance)


def describe(config: Config) -> dict[str, Json]:
    """The settings as full JSON."""
    return {
        "min": config.min,
        "max": config.max,
        "labels": {str(point): text for point, text in config.labels},
        "gold_distance": config.gold_distance,
    }


def canonical(config: Config, answer: object) -> int:
    """The point as a whole number; AnswerInvalid unless it is on the scale."""
    point = as_whole(answer)
    if point is None or point not in config.points:
        message = f"Give a whole number from {config.min} to {config.max}."
        raise AnswerInvalid(Problem("", "not_on_scale", message))
    return point


def validate(config: Config, answer: object) -> None:
    """AnswerInvalid unless the answer is on the scale."""
    canonical(config, answer)


def agree(config: Config, a: Json, b: Json) -> float:
    """1 for the same point down to 0 for opposite ends, by their distance."""
    return 1.0 - abs(_point(a) - _point(b)) / (config.max - config.min)


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """The weighted median, with the probability of each point.

    A point is the less likely the further it lies from the answers: each step away from an answer costs the
    same, more from a better worker, so that one answer alone is right as often as its worker. The most
    probable point of that is the weighted median. On a tie the middle of the tied points, then the lower.
    `parts` holds every point's probability.
    """
    pairs = [(_point(answer), weight) for answer, weight in heard(answers, weights)]
    steps = [(point, step_cost(weight, len(config.points))) for point, weight in pairs]
    logs = [-math.fsum(cost * abs(point - given) for given, cost in steps) for point in config.points]
    top = max(logs)
    masses = [math.exp(value - top) for value in logs]
    total = math.fsum(masses)
    if any(cost > 0 for _, cost in steps):
        tied = [point for point, value in zip(config.points, logs, strict=True) if value >= top - 1e-9]
    else:  # nobody is better than chance: the plain median
        tied = [sorted(point for point, _ in pairs)[(len(pairs) - 1) // 2]]
    middle = (tied[0] + tied[-1]) / 2
    best = min(tied, key=lambda point: (abs(point - middle), point))
    post = {str(point): mass / total for point, mass in zip(config.points, masses, strict=True)}
    return Merged(best, post[str(best)], post)


def grade(config: Config, answer: Json, gold: Json) -> Grade:
    """The score is the agreement; passed when at most `gold_distance` points away."""
    distance = abs(_point(answer) - _point(gold))
    return Grade(agree(config, answer, gold), distance <= config.gold_distance)


def n_labels(config: Config) -> int | None:
    """How many points there are; None above MOST_CLASSES, where answers are merged by the median."""
    return len(config.points) if len(config.points) <= MOST_CLASSES else None


def label(config: Config, value: Json) -> int | None:
    """How many points lie below a value; LookupError off the scale; None without classes."""
    if n_labels(config) is None:
        return None
    point = as_whole(value)
    if point is None or point not in config.points:
        raise LookupError(f"{value!r} is not on the scale")
    return point - config.min


def value_of(config: Config, label: int) -> int:
    """The point with so many below it; LookupError when there is none."""
    if not 0 <= label < len(config.points):
        raise LookupError(f"no point has the code {label}")
    return config.min + label


@lru_cache(maxsize=4096)
def step_cost(accuracy: float, n_points: int) -> float:
    """What each step away from an answer costs in logs, on a scale of so many points; 0 at or below chance.

    The decay q = e^-cost of the chance with the distance is found by halving, such that answers equally
    spread over the scale are right with the probability `accuracy`: the mean over points of 1 / (sum over
    points of q^distance).
    """
    if accuracy <= 1.0 / n_points:
        return 0.0
    wanted, low, high = min(accuracy, CERTAIN), 0.0, 1.0
    for _ in range(40):
        decay = (low + high) / 2
        if _right(decay, n_points) > wanted:
            low = decay
        else:
            high = decay
    return -math.log((low + high) / 2)


def _right(decay: float, n_points: int) -> float:
    """How often an answer is exactly right when chances fall by `decay` per step."""
    powers = [1.0]
    for _ in range(n_points - 1):
        powers.append(powers[-1] + decay ** len(powers))
    # powers[k] is now the sum of decay^0 to decay^k.
    sums = [powers[i] + powers[n_points - 1 - i] - 1.0 for i in range(n_points)]
    return math.fsum(1.0 / each for each in sums) / n_points


def _point(value: Json) -> int:
    point = as_whole(value)
    if point is None:
        raise ValueError(f"{value!r} is not a canonical answer")
    return point


def _read_labels(raw: object, points: range, problems: list[Problem]) -> tuple[tuple[int, str], ...]:
    if raw is None:
        return ()
    if not isinstance(raw, Mapping) or len(raw) > MOST_POINTS:
        problems.append(Problem("labels", "labels_not_an_object", "Give an object: point to label."))
        return ()
    known = {str(point): point for point in points[:MOST_POINTS]}
    labels: dict[int, str] = {}
    for key, text in raw.items():
        where = f"labels.{str(key)[:20]}"
        if str(key) not in known:
            problems.append(Problem(where, "label_off_scale", "This is not a point of the scale."))
        elif not isinstance(text, str) or not text.strip() or len(text) > LONGEST_LABEL or not storable(text):
            message = f"A label is a text of at most {LONGEST_LABEL} characters."
            problems.append(Problem(where, "label_invalid", message))
        else:
            labels[known[str(key)]] = text.strip()
    return tuple(sorted(labels.items()))
