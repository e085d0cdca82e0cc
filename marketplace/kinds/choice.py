"""Choose one option from a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.kinds import coin
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.options import Option, as_value, describe_options, read_options, refuse_unknown
from marketplace.kinds.weights import heard

#: With more options, a worker's confusion matrix would cost far more than it could ever tell.
MOST_CLASSES = 50


@dataclass(frozen=True)
class Config:
    """The options, 2 to 200, in the order shown; a class code is a place in this order."""

    options: tuple[Option, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """The options' values in order."""
        return tuple(option.value for option in self.options)


def parse(config: Mapping[str, object]) -> Config:
    """Read `{"options": [...]}`; ConfigInvalid lists all that is wrong."""
    problems: list[Problem] = []
    options = read_options(config.get("options"), problems)
    refuse_unknown(config, ("options",), problems)
    if problems:
        raise ConfigInvalid(*problems)
    return Config(options)


def describe(config: Config) -> dict[str, Json]:
    """The settings as full JSON."""
    return {"options": describe_options(config.options)}


def canonical(config: Config, answer: object) -> str:
    """The chosen option's value; AnswerInvalid unless it is one of the options."""
    value = as_value(answer)
    if value is None or value not in config.values:
        raise AnswerInvalid(Problem("", "option_unknown", "Choose one of the options."))
    return value


def validate(config: Config, answer: object) -> None:
    """AnswerInvalid unless the answer is one of the options."""
    canonical(config, answer)


def agree(config: Config, a: Json, b: Json) -> float:
    """1 when both chose the same, else 0."""
    return float(a == b)


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """The most probable option under the one-coin model; on a tie the more often chosen, then the first
    shown.

    `parts` holds every option's probability.
    """
    pairs = heard(answers, weights)
    labels = [config.values.index(str(answer)) for answer, _ in pairs]
    post = coin.among(labels, [weight for _, weight in pairs], len(config.options))
    best = max(range(len(post)), key=lambda code: (round(post[code], 12), labels.count(code), -code))
    return Merged(config.values[best], post[best], dict(zip(config.values, post, strict=True)))


def grade(config: Config, answer: Json, gold: Json) -> Grade:
    """Right or wrong."""
    return Grade(agree(config, answer, gold), answer == gold)


def n_labels(config: Config) -> int | None:
    """How many options there are; None above MOST_CLASSES, where answers are merged one-coin instead."""
    return len(config.options) if len(config.options) <= MOST_CLASSES else None


def label(config: Config, value: Json) -> int | None:
    """The place of a value among the options; LookupError when it is none; None without classes."""
    if n_labels(config) is None:
        return None
    try:
        return config.values.index(str(value))
    except ValueError:
        raise LookupError(f"{value!r} is not an option") from None


def value_of(config: Config, label: int) -> str:
    """The value at a place; LookupError when there is none."""
    if not 0 <= label < len(config.options):
        raise LookupError(f"no option has the code {label}")
    return config.options[label].value
