"""Why an estimate of a worker changed: a code and numbers to translate, and the sentence in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tasks.quality.trust.reliability import Reliability


class Cause(Enum):
    """What moved the estimate."""

    #: nothing was known: the crowd, or the worker's record elsewhere
    START = "start"
    #: answers to known questions
    GOLD = "gold"
    #: an expert's verdicts on tasks the worker had answered
    VERDICT = "verdict"
    #: what others answered to the same tasks
    CONSENSUS = "consensus"
    #: old answers count less
    AGE = "age"


@dataclass(frozen=True)
class Change:
    """One step of an estimate."""

    cause: Cause
    before: Reliability
    after: Reliability
    #: the answers that made the step: how many of them were right, of how many; 0 of 0 for START and AGE
    right: float = 0.0
    total: float = 0.0
    #: probability of the interval, in (0, 1)
    level: float = 0.95

    def __post_init__(self) -> None:
        if not 0 <= self.right <= self.total or not 0 < self.level < 1:
            raise ValueError("0 <= right <= total and 0 < level < 1")

    @property
    def code(self) -> str:
        """What a translator looks up."""
        if self.cause in (Cause.START, Cause.AGE):
            return f"reliability.{self.cause.value}"
        return f"reliability.{self.cause.value}.{'one' if self.total == 1 else 'many'}"

    @property
    def numbers(self) -> Mapping[str, float]:
        """What a translation fills in: counts to one decimal, shares in whole percent."""
        return {
            "right": _count(self.right),
            "total": _count(self.total),
            "before": percent(self.before.mean),
            "after": percent(self.after.mean),
            "low": percent(self.after.low),
            "high": percent(self.after.high),
            "level": percent(self.level),
        }


#: by code; every sentence names what was seen, what follows, and how sure that is
SENTENCES: Mapping[str, str] = {
    "reliability.start": "No answers yet; the estimate starts at {after} %",
    "reliability.gold.one": "The last known question was answered {verdict}; the estimate {moves}",
    "reliability.gold.many": "{right} of the last {total} known questions right; the estimate {moves}",
    "reliability.verdict.one": "An expert found the answer {verdict}; the estimate {moves}",
    "reliability.verdict.many": "Experts found {right} of {total} answers right; the estimate {moves}",
    "reliability.consensus.one": "Others answered one task {alike}; the estimate {moves}",
    "reliability.consensus.many": (
        "Judged by what others answered, {right} of {total} answers right; the estimate {moves}"
    ),
    "reliability.age": "Old answers count less by now; the estimate {moves}",
}
INTERVAL = "; with {level} % probability the true share is between {low} % and {high} %."


def sentence(change: Change) -> str:
    """The change in one plain English sentence, with the interval."""
    numbers = {name: f"{value:g}" for name, value in change.numbers.items()}
    mostly_right = change.right > change.total / 2
    stays = numbers["before"] == numbers["after"]
    words = {
        "verdict": "right" if mostly_right else "wrong",
        "alike": "the same way" if mostly_right else "another way",
        "moves": f"stays at {numbers['after']} %"
        if stays
        else f"moves from {numbers['before']} % to {numbers['after']} %",
    }
    return (SENTENCES[change.code] + INTERVAL).format(**numbers, **words)


def percent(share: float) -> int:
    """A share in whole percent, but never 0 or 100 for what is neither: nobody is known to be perfect."""
    rounded = round(100 * share)
    if rounded == 0 and share > 0:
        return 1
    return 99 if rounded == 100 and share < 1 else rounded


def _count(value: float) -> float:
    return round(value, 1)
