"""Give a number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from marketplace.kinds import coin
from marketplace.kinds.characters import storable
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.numbers import (
    LARGEST,
    as_number,
    plain,
    read_bound,
    read_number,
    weighted_median,
)
from marketplace.kinds.options import read_flag, refuse_unknown
from marketplace.kinds.weights import alike_if_none, heard, nearness

LONGEST_UNIT = 50
#: steps are no finer, or neighbours would be told apart by rounding errors
FINEST = 1e-9
SETTINGS = ("min", "max", "step", "unit", "tolerance", "relative")
#: rounding errors, in shares of the numbers
SLACK = 1e-9


@dataclass(frozen=True)
class Config:
    """Which numbers there are, and which count as the same."""

    min: float | None = None
    max: float | None = None
    #: numbers are whole multiples of it, counted from `min` (from 0 without one)
    step: float | None = None
    #: shown behind the field
    unit: str = ""
    #: two numbers at most this far apart say the same: in the unit, or as a share of the larger one
    tolerance: float = 0.0
    relative: bool = False

    @property
    def origin(self) -> float:
        """Where steps are counted from."""
        return self.min if self.min is not None else 0.0

    def tolerated(self, a: float, b: float) -> float:
        """How far apart these two may be and still say the same."""
        return self.tolerance * max(abs(a), abs(b)) if self.relative else self.tolerance


def parse(config: Mapping[str, object]) -> Config:
    """Read the settings, all optional; ConfigInvalid lists all that is wrong."""
    problems: list[Problem] = []
    least, most = (read_bound(config, key, problems) for key in ("min", "max"))
    if least is not None and most is not None and least >= most:
        problems.append(Problem("min", "min_above_max", "“min” must be below “max”."))
    step = read_bound(config, "step", problems)
    if step is not None and step < FINEST:
        problems.append(Problem("step", "number_out_of_range", f"A step is at least {FINEST:g}."))
    unit = config.get("unit", Config.unit)
    if not isinstance(unit, str) or len(unit) > LONGEST_UNIT or not storable(unit):
        message = f"A unit is a text of at most {LONGEST_UNIT} characters."
        problems.append(Problem("unit", "text_invalid", message))
    relative = read_flag(config, "relative", Config.relative, problems)
    widest = 1.0 if relative else LARGEST
    tolerance = read_number(config, "tolerance", Config.tolerance, (0.0, widest), problems)
    refuse_unknown(config, SETTINGS, problems)
    if problems:
        raise ConfigInvalid(*problems)
    return Config(least, most, step, str(unit).strip(), tolerance, relative)


def describe(config: Config) -> dict[str, Json]:
    """The settings as full JSON."""
    return {key: getattr(config, key) for key in SETTINGS}


def canonical(config: Config, answer: object) -> int | float:
    """The number, on its step, whole ones without a fraction; AnswerInvalid when it does not fit."""
    number = as_number(answer)
    if number is None:
        raise AnswerInvalid(Problem("", "not_a_number", f"Give a number of at most {LARGEST:g} either way."))
    if config.min is not None and number < config.min:
        raise AnswerInvalid(Problem("", "too_small", f"Give a number of at least {config.min:g}."))
    if config.max is not None and number > config.max:
        raise AnswerInvalid(Problem("", "too_large", f"Give a number of at most {config.max:g}."))
    on_step = _on_step(config, number)
    if abs(on_step - number) > max(1e-6 * (config.step or 0.0), SLACK * abs(number)):
        raise AnswerInvalid(Problem("", "off_step", f"Give a multiple of {config.step:g}."))
    return plain(on_step)


def validate(config: Config, answer: object) -> None:
    """AnswerInvalid when the number does not fit."""
    canonical(config, answer)


def agree(config: Config, a: Json, b: Json) -> float:
    """1 within the tolerance; beyond it the tolerance over the distance: 0.5 at twice the tolerance."""
    one, other = _number(a), _number(b)
    tolerated, distance = config.tolerated(one, other), abs(one - other)
    return 1.0 if _within(distance, tolerated, one, other) else tolerated / distance


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """The weighted median; `confidence` is the chance that the true number lies within its tolerance.

    A weight is the chance that an answer lies within the tolerance of the truth. Errors are taken to follow
    Laplace's law with that chance, independently: under it the weighted median (weights as in `nearness`) is
    the most probable number, and one answer alone gets its worker's accuracy. The chance is the integral of
    the posterior, which is worked out exactly; every number from `min` to `max` is equally likely beforehand.
    Where no other number is tolerated, numbers are names: the most probable of those given
    (`coin.among_seen`), on a tie the one nearest to the weighted median.
    """
    pairs = [(_number(answer), weight) for answer, weight in heard(answers, weights)]
    numbers = [number for number, _ in pairs]
    pulls = [nearness(weight) for _, weight in pairs]
    median = weighted_median(numbers, alike_if_none(pulls))
    middle = _on_step(config, min(max(median, min(numbers)), max(numbers)))
    tolerated = config.tolerated(middle, middle)
    if tolerated <= SLACK * max(1.0, abs(middle)):
        post = coin.among_seen(numbers, [weight for _, weight in pairs])
        best = max(post, key=lambda number: (round(post[number], 12), -abs(number - median), -number))
        return Merged(plain(best), post[best])
    ends = (
        -math.inf if config.min is None else config.min,
        math.inf if config.max is None else config.max,
    )
    law = _Posterior(sorted(zip(numbers, pulls, strict=True)), tolerated, ends)
    return Merged(plain(middle), law.share(middle - tolerated, middle + tolerated))


def grade(config: Config, answer: Json, gold: Json) -> Grade:
    """The score is the agreement; passed within the tolerance around the known number."""
    given, known = _number(answer), _number(gold)
    tolerated = config.tolerated(known, known)
    return Grade(agree(config, answer, gold), _within(abs(given - known), tolerated, given, known))


def n_labels(config: Config) -> None:
    """A number is not one of a list of classes."""
    return


def label(config: Config, value: Json) -> None:
    """A number is not one of a list of classes."""
    return


def value_of(config: Config, label: int) -> Json:
    """A number is not one of a list of classes: LookupError."""
    raise LookupError("a number has no class code")


class _Posterior:
    """Where the true number lies: a density that is e^-(sum of costs), a cost being pull * distance /
    tolerated, between two ends. Between two neighbouring answers its logarithm is a straight line.
    """

    def __init__(
        self, given: Sequence[tuple[float, float]], tolerated: float, ends: tuple[float, float]
    ) -> None:
        self.given = [(number, pull / tolerated) for number, pull in given]
        self.low, self.high = ends
        self.top = max(self._log(number) for number, _ in self.given)

    def share(self, low: float, high: float) -> float:
        """The probability of lying between two numbers."""
        total = self._mass(self.low, self.high)
        if not math.isfinite(total) or total <= 0:
            return 0.0  # nobody says anything, and there are no ends
        return min(self._mass(max(low, self.low), min(high, self.high)) / total, 1.0)

    def _log(self, x: float) -> float:
        return -math.fsum(slope * abs(x - number) for number, slope in self.given)

    def _mass(self, low: float, high: float) -> float:
        if low >= high:
            return 0.0
        inner = sorted({number for number, _ in self.given if low < number < high})
        finite = [x for x in (low, *inner, high) if math.isfinite(x)]
        masses = [self._piece(a, b) for a, b in pairwise(finite)]
        if math.isinf(low):
            masses.append(self._tail(finite[0]))
        if math.isinf(high):
            masses.append(self._tail(finite[-1]))
        return math.fsum(masses)

    def _piece(self, a: float, b: float) -> float:
        """The integral over a stretch without an answer inside."""
        at_a, at_b = self._log(a) - self.top, self._log(b) - self.top
        fall = abs(at_a - at_b)
        share = -math.expm1(-fall) / fall if fall > 1e-12 else 1.0
        return (b - a) * math.exp(max(at_a, at_b)) * share

    def _tail(self, x: float) -> float:
        """The integral from the outermost stretch's end to infinity, all answers on one side."""
        slope = math.fsum(slope for _, slope in self.given)
        return math.exp(self._log(x) - self.top) / slope if slope > 0 else math.inf


def _on_step(config: Config, number: float) -> float:
    """The nearest number on a step, free of rounding errors."""
    if config.step is None:
        return number
    steps = round((number - config.origin) / config.step)
    if config.max is not None and config.origin + steps * config.step > config.max * (1 + SLACK) + SLACK:
        steps -= 1
    return float(f"{config.origin + steps * config.step:.15g}") + 0.0


def _within(distance: float, tolerated: float, a: float, b: float) -> bool:
    return distance <= tolerated + SLACK * tolerated if tolerated else a == b


def _number(value: Json) -> float:
    number = as_number(value)
    if number is None:
        raise ValueError(f"{value!r} is not a canonical answer")
    return number
