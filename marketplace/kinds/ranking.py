"""Put items in order, the best first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from marketplace.kinds import orders
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.numbers import read_number
from marketplace.kinds.options import (
    Option,
    as_value,
    describe_options,
    is_list,
    read_flag,
    read_options,
    refuse_unknown,
)
from marketplace.kinds.rows import require_columns
from marketplace.kinds.weights import alike_if_none, heard, log_odds, sigmoid

#: nobody puts more in order with any care
MOST_ITEMS = 50
SETTINGS = ("options", "columns", "gold_score")


@dataclass(frozen=True)
class Config:
    """The items, 2 to 50, in the order shown."""

    options: tuple[Option, ...]
    #: whether each value names a column of the row, and what stands there is what is put in order
    columns: bool = False
    #: the least agreement with a known order, 0..1, that passes
    gold_score: float = 0.8

    @property
    def values(self) -> tuple[str, ...]:
        """The items' values in the order shown."""
        return tuple(option.value for option in self.options)


def parse(config: Mapping[str, object]) -> Config:
    """Read `{"options": [...], "columns": false, "gold_score": 0.8}`.

    ConfigInvalid lists all that is wrong.
    """
    problems: list[Problem] = []
    options = read_options(config.get("options"), problems, bounds=(2, MOST_ITEMS))
    columns = read_flag(config, "columns", Config.columns, problems)
    gold_score = read_number(config, "gold_score", Config.gold_score, (0.0, 1.0), problems)
    refuse_unknown(config, SETTINGS, problems)
    if problems:
        raise ConfigInvalid(*problems)
    return Config(options, columns, gold_score)


def describe(config: Config) -> dict[str, Json]:
    """The settings as full JSON."""
    return {
        "options": describe_options(config.options),
        "columns": config.columns,
        "gold_score": config.gold_score,
    }


def canonical(config: Config, answer: object) -> list[Json]:
    """All items' values, the best first; AnswerInvalid unless each is there once."""
    if not is_list(answer):
        raise AnswerInvalid(Problem("", "not_a_list", "Give a list of the items, the best first."))
    if len(answer) != len(config.options):
        message = f"Put all {len(config.options)} items in order, each once."
        raise AnswerInvalid(Problem("", "items_count", message))
    values = [as_value(item) for item in answer]
    problems = []
    for place, value in enumerate(values):
        if value is None or value not in config.values:
            problems.append(Problem(str(place), "option_unknown", "This is not one of the items."))
        elif value in values[:place]:
            problems.append(Problem(str(place), "item_twice", f"“{value}” stands here a second time."))
    if problems:
        raise AnswerInvalid(*problems)
    return list(values)


def validate(config: Config, answer: object) -> None:
    """AnswerInvalid unless each item is there once."""
    canonical(config, answer)


def fits(config: Config, answer: Json, row: Mapping[str, object]) -> None:
    """AnswerInvalid when the items are columns and the row lacks one."""
    require_columns(config.values if config.columns else (), row)


def agree(config: Config, a: Json, b: Json) -> float:
    """The share of pairs of items that both put in the same order: (Kendall's tau + 1) / 2."""
    n = len(config.options)
    return 1.0 - orders.inversions(_codes(config, a), _codes(config, b)) / (n * (n - 1) / 2)


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """The order that contradicts the workers least, each pair of items weighed by who said it.

    A weight is the accuracy on one pair; it counts by its log odds, so a worker at or below 0.5 counts for
    nothing. The order is Kemeny's: of all orders the one against which the least weight speaks, exactly up to
    `orders.EXACT` items, beyond that Borda's, bettered by moving single items. `parts` holds per item how
    likely a pair with it stands in the right order, `confidence` the same over all pairs: the agreement with
    the true order that is to be expected, pairs taken as independent.
    """
    pairs = heard(answers, weights)
    pulls = [log_odds(weight) for _, weight in pairs]
    given = [_codes(config, answer) for answer, _ in pairs]
    for_first = orders.preferences(given, alike_if_none(pulls), len(config.options))
    order = orders.kemeny(for_first)
    known = for_first if any(pulls) else np.zeros_like(for_first)
    chance = _chances(known, order)
    values: list[Json] = [config.values[code] for code in order]
    parts = {config.values[code]: share for code, share in zip(order, chance, strict=True)}
    return Merged(values, math.fsum(chance) / len(chance), parts)


def grade(config: Config, answer: Json, gold: Json) -> Grade:
    """The score is the agreement; passed from `gold_score` on."""
    score = agree(config, answer, gold)
    return Grade(score, score >= config.gold_score - 1e-9)


def n_labels(config: Config) -> None:
    """An order is not one of a list of classes."""
    return


def label(config: Config, value: Json) -> None:
    """An order is not one of a list of classes."""
    return


def value_of(config: Config, label: int) -> Json:
    """An order is not one of a list of classes: LookupError."""
    raise LookupError("an order has no class code")


def _chances(for_first: npt.NDArray[np.float64], order: Sequence[int]) -> list[float]:
    """For each item in order the mean probability that a pair with it stands in the right order."""
    chances = []
    for place, item in enumerate(order):
        before = [for_first[other, item] - for_first[item, other] for other in order[:place]]
        after = [for_first[item, other] - for_first[other, item] for other in order[place + 1 :]]
        net = [*before, *after]
        chances.append(math.fsum(sigmoid(float(logs)) for logs in net) / len(net))
    return chances


def _codes(config: Config, value: Json) -> list[int]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a canonical answer")
    return [config.values.index(str(item)) for item in value]
