"""Choose any number of options from a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from marketplace.kinds import coin
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.options import (
    MOST,
    Option,
    as_value,
    describe_options,
    is_list,
    read_count,
    read_options,
    refuse_unknown,
)
from marketplace.kinds.weights import heard


@dataclass(frozen=True)
class Config:
    """The options, 2 to 200, in the order shown, and how many may be picked (both bounds allowed)."""

    options: tuple[Option, ...]
    min: int
    max: int

    @property
    def values(self) -> tuple[str, ...]:
        """The options' values in order."""
        return tuple(option.value for option in self.options)


def parse(config: Mapping[str, object]) -> Config:
    """Read `{"options": [...], "min": 0, "max": all of them}`; ConfigInvalid lists all that is wrong."""
    problems: list[Problem] = []
    options = read_options(config.get("options"), problems)
    count = len(options)
    least = read_count(config, "min", 0, (0, count), problems)
    most = read_count(config, "max", count, (1, count), problems) if count else 0
    if least > most:
        problems.append(Problem("min", "min_above_max", "“min” must not be above “max”."))
    refuse_unknown(config, ("options", "min", "max"), problems)
    if problems:
        raise ConfigInvalid(*problems)
    return Config(options, least, most)


def describe(config: Config) -> dict[str, Json]:
    """The settings as full JSON."""
    return {"options": describe_options(config.options), "min": config.min, "max": config.max}


def canonical(config: Config, answer: object) -> list[Json]:
    """The picked values in the order of the options, each once; AnswerInvalid when they do not fit."""
    if not is_list(answer):
        raise AnswerInvalid(Problem("", "not_a_list", "Give a list of options."))
    if len(answer) > MOST:
        raise AnswerInvalid(Problem("", "too_many", f"Choose at most {config.max}."))
    picked = {as_value(item) for item in answer}
    if not picked <= set(config.values):
        raise AnswerInvalid(Problem("", "option_unknown", "Choose only from the options."))
    if len(picked) < config.min:
        raise AnswerInvalid(Problem("", "too_few", f"Choose at least {config.min}."))
    if len(picked) > config.max:
        raise AnswerInvalid(Problem("", "too_many", f"Choose at most {config.max}."))
    return [value for value in config.values if value in picked]


def validate(config: Config, answer: object) -> None:
    """AnswerInvalid when the picked options do not fit."""
    canonical(config, answer)


def agree(config: Config, a: Json, b: Json) -> float:
    """Options picked by both over options picked by either (Jaccard); 1 when both picked none."""
    one, other = _picked(a), _picked(b)
    return len(one & other) / len(one | other) if one | other else 1.0


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """Each option is its own yes or no under the one-coin model; a weight is the accuracy on one option.

    A tie goes to the plain majority, then to "not picked". When that breaks `min` or `max`, the most (least)
    probable options are added (dropped). `parts` holds the probability of each option's decision,
    `confidence` is their product: the chance that the whole set is right, options taken as independent.
    """
    pairs = [(_picked(answer), weight) for answer, weight in heard(answers, weights)]
    accuracies = [weight for _, weight in pairs]
    chance: dict[str, float] = {}
    liked: dict[str, tuple[float, float, int]] = {}
    for place, value in enumerate(config.values):
        votes = [int(value in picked) for picked, _ in pairs]
        chance[value] = coin.among(votes, accuracies, 2)[1]
        liked[value] = (round(chance[value], 12), sum(votes) / len(votes), -place)
    ranked = sorted(config.values, key=lambda value: liked[value], reverse=True)
    wanted = sum(liked[value][:2] > (0.5, 0.5) for value in ranked)
    picked = set(ranked[: min(max(wanted, config.min), config.max)])
    parts = {value: chance[value] if value in picked else 1.0 - chance[value] for value in config.values}
    chosen: list[Json] = [value for value in config.values if value in picked]
    return Merged(chosen, prod(parts.values()), parts)


def grade(config: Config, answer: Json, gold: Json) -> Grade:
    """The score is the agreement with the known set; passed only when the sets are the same."""
    return Grade(agree(config, answer, gold), _picked(answer) == _picked(gold))


def n_labels(config: Config) -> None:
    """A set of options is not one class."""
    return


def label(config: Config, value: Json) -> None:
    """A set of options is not one class."""
    return


def value_of(config: Config, label: int) -> Json:
    """A set of options is not one class: LookupError."""
    raise LookupError("a set of options has no class code")


def _picked(value: Json) -> set[str]:
    return {str(item) for item in value} if isinstance(value, list) else set()
