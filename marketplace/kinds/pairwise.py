"""Say which of two columns of the row is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.kinds import coin
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.options import read_column, read_flag, refuse_unknown
from marketplace.kinds.rows import require_columns
from marketplace.kinds.weights import heard

LEFT, RIGHT, TIE = "left", "right", "tie"
SETTINGS = ("left", "right", "tie")


@dataclass(frozen=True)
class Config:
    """The two columns, and whether both may be equally good. A class code is a place in `values`."""

    left: str
    right: str
    tie: bool = True

    @property
    def values(self) -> tuple[str, ...]:
        """What can be answered. A side is a column, wherever on the screen it was shown."""
        return (LEFT, RIGHT, TIE) if self.tie else (LEFT, RIGHT)


def parse(config: Mapping[str, object]) -> Config:
    """Read `{"left": column, "right": column, "tie": true}`; ConfigInvalid lists all that is wrong."""
    problems: list[Problem] = []
    left, right = (read_column(config, side, problems) for side in (LEFT, RIGHT))
    if left and left == right:
        problems.append(Problem("right", "column_twice", "Compare two different columns."))
    tie = read_flag(config, "tie", Config.tie, problems)
    refuse_unknown(config, SETTINGS, problems)
    if problems:
        raise ConfigInvalid(*problems)
    return Config(left, right, tie)


def describe(config: Config) -> dict[str, Json]:
    """The settings as full JSON."""
    return {"left": config.left, "right": config.right, "tie": config.tie}


def canonical(config: Config, answer: object) -> str:
    """`left`, `right` or `tie`; AnswerInvalid for anything else, and for `tie` where there is none."""
    if not isinstance(answer, str) or answer not in config.values:
        message = f"Answer one of: {', '.join(config.values)}."
        raise AnswerInvalid(Problem("", "option_unknown", message))
    return answer


def validate(config: Config, answer: object) -> None:
    """AnswerInvalid unless it is one of the sides, or a tie where there may be one."""
    canonical(config, answer)


def fits(config: Config, answer: Json, row: Mapping[str, object]) -> None:
    """AnswerInvalid when the row lacks one of the two columns."""
    require_columns((config.left, config.right), row)


def agree(config: Config, a: Json, b: Json) -> float:
    """1 for the same, 0.5 between a tie and a side, 0 between the two sides."""
    if a == b:
        return 1.0
    return 0.5 if TIE in (a, b) else 0.0


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """The most probable answer under the one-coin model.

    When both sides are equally probable it is a tie, where there may be one; then the more often given, then
    the first. Who wins over many rows is another question: the scores of Bradley and Terry's model answer it.
    `parts` holds every answer's probability.
    """
    pairs = heard(answers, weights)
    labels = [config.values.index(str(answer)) for answer, _ in pairs]
    post = coin.among(labels, [weight for _, weight in pairs], len(config.values))
    best = max(range(len(post)), key=lambda code: (round(post[code], 12), labels.count(code), -code))
    split = abs(post[0] - post[1]) < 1e-12 and labels.count(0) == labels.count(1) > 0
    if config.tie and split and best != 2:
        best = 2
    return Merged(config.values[best], post[best], dict(zip(config.values, post, strict=True)))


def grade(config: Config, answer: Json, gold: Json) -> Grade:
    """The score is the agreement; passed when it is the same."""
    return Grade(agree(config, answer, gold), answer == gold)


def n_labels(config: Config) -> int:
    """Two, or three with a tie."""
    return len(config.values)


def label(config: Config, value: Json) -> int:
    """0 for left, 1 for right, 2 for a tie; LookupError for anything else."""
    if value not in config.values:
        raise LookupError(f"{value!r} is not an answer")
    return config.values.index(str(value))


def value_of(config: Config, label: int) -> str:
    """The answer with this code; LookupError when there is none."""
    if not 0 <= label < len(config.values):
        raise LookupError(f"no answer has the code {label}")
    return config.values[label]
