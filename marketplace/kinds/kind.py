"""What every kind of question must offer, and the words in which it refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class Problem(NamedTuple):
    """One thing that is wrong: where (a dotted path, may be empty), a stable code, a sentence in English."""

    where: str
    code: str
    message: str


class Invalid(Exception):
    """Something does not fit; `problems` lists everything that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("; ".join(problem.message for problem in problems))


class ConfigInvalid(Invalid):
    """The question's settings cannot be used."""


class AnswerInvalid(Invalid):
    """The answer does not fit the question."""


@dataclass(frozen=True)
class Merged:
    """One value made of several answers."""

    value: Json
    #: probability that `value` is right, 0..1, by the workers' estimated accuracies
    confidence: float
    #: what the confidence is made of; its keys are the kind's own (an option, a text)
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Grade:
    """An answer held against a known one."""

    #: 0 (nothing right) to 1 (the same)
    score: float
    passed: bool


C = TypeVar("C")


class Kind(Protocol[C]):
    """A module with these functions is a kind of question. `C` is its frozen config.

    Values handed to `agree`, `merge`, `grade` and `label` are canonical: they came out of `canonical`.
    """

    def parse(self, config: Mapping[str, object]) -> C:
        """Read the settings from JSON; ConfigInvalid lists all that is wrong. Unknown keys are refused."""

    def describe(self, config: C) -> dict[str, Json]:
        """The settings as full JSON: every default filled in; `parse(describe(c)) == c`."""

    def canonical(self, config: C, answer: object) -> Json:
        """The answer in the one form in which it is stored; AnswerInvalid when it does not fit."""

    def validate(self, config: C, answer: object) -> None:
        """AnswerInvalid when the answer does not fit."""

    def agree(self, config: C, a: Json, b: Json) -> float:
        """How much two answers say the same, 0..1; symmetric, 1 for equal answers."""

    def merge(self, config: C, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
        """One value from answers; `weights[i]` in (0, 1) is the estimated accuracy of who gave `answers[i]`.

        The order of answers does not matter. ValueError without answers or when the lengths differ.
        """

    def grade(self, config: C, answer: Json, gold: Json) -> Grade:
        """Hold an answer against the known one."""

    def n_labels(self, config: C) -> int | None:
        """How many classes the answers fall into; None when they are not from a closed list of classes."""

    def label(self, config: C, value: Json) -> int | None:
        """The class code 0..n_labels-1 of a value; None for kinds without classes."""

    def value_of(self, config: C, label: int) -> Json:
        """The value of a class code; LookupError for kinds without classes or an unknown code."""


class RowKind(Kind[C], Protocol[C]):
    """A kind whose answers also depend on the row they are about: a column that is shown, a text's length."""

    def fits(self, config: C, answer: Json, row: Mapping[str, object]) -> None:
        """AnswerInvalid when a canonical answer does not fit the row (column -> value)."""
