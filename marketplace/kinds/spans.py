"""Mark stretches of a text with labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.kinds import coin, range_settings
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.numbers import as_whole
from marketplace.kinds.options import read_one_of, refuse_unknown
from marketplace.kinds.range_medoid import within_counts
from marketplace.kinds.range_merge import found_ranges, vote
from marketplace.kinds.range_settings import RangeSettings, ranges_of, read_ranges, write_ranges
from marketplace.kinds.ranges import share
from marketplace.kinds.rows import require_columns
from marketplace.kinds.weights import heard

PARTIAL, EXACT = "partial", "exact"
#: what a character is worth that both marked under different labels
WRONG_LABEL = 0.5
#: no text has more characters
LONGEST = 10_000_000


@dataclass(frozen=True)
class Config:
    """What is marked, and how two answers are compared. Offsets are Unicode code points."""

    ranges: RangeSettings
    #: `partial`: by the characters they share; `exact`: by the spans that are the same
    match: str = PARTIAL


def parse(config: Mapping[str, object]) -> Config:
    """Read `{"column", "labels": [...], "overlap", "required_labels", "min", "max", "match", "gold_score"}`.

    ConfigInvalid lists all that is wrong.
    """
    problems: list[Problem] = []
    ranges = range_settings.read_settings(config, problems)
    match = read_one_of(config, "match", (PARTIAL, EXACT), problems)
    refuse_unknown(config, (*range_settings.KEYS, "match"), problems)
    if problems:
        raise ConfigInvalid(*problems)
    return Config(ranges, match)


def describe(config: Config) -> dict[str, Json]:
    """The settings as full JSON."""
    return {**range_settings.describe_settings(config.ranges), "match": config.match}


def canonical(config: Config, answer: object) -> list[Json]:
    """`[{"start", "end", "label"}]` by start; half-open, in code points. AnswerInvalid lists all that is
    wrong.
    """
    return write_ranges(read_ranges(config.ranges, answer, _as_offset))


def validate(config: Config, answer: object) -> None:
    """AnswerInvalid when the spans do not fit."""
    canonical(config, answer)


def fits(config: Config, answer: Json, row: Mapping[str, object]) -> None:
    """AnswerInvalid when the row has no such text, or a span ends behind it."""
    require_columns((config.ranges.column,), row)
    length = len(str(row[config.ranges.column]))
    late = [i for i, each in enumerate(ranges_of(answer)) if each.end > length]
    if late:
        message = f"The text has {length} characters."
        raise AnswerInvalid(*(Problem(f"{i}.end", "past_the_end", message) for i in late))


def agree(config: Config, a: Json, b: Json) -> float:
    """F1 of the two, 1 when both marked nothing.

    `exact`: of spans with the same ends and label. `partial`: of characters, each counted once per label;
    those that both marked, but under different labels, count half.
    """
    one, other = ranges_of(a), ranges_of(b)
    if not one and not other:
        return 1.0
    if config.match == EXACT:
        return 2 * len(set(one) & set(other)) / (len(one) + len(other))
    shared = share(one, other)
    return min(2 * (shared.same + WRONG_LABEL * shared.crossed) / (shared.one + shared.other), 1.0)


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """Each character belongs to a label by weighted vote (`range_merge.vote`), and neighbours make a span.

    `parts` holds under each span's place in the list the probability that its characters belong to its label,
    `confidence` the F1 of characters that is to be expected; for no span at all the probability that there is
    none. When the result has too few or too many spans, the answer most like all others is taken instead.
    """
    pairs = heard(answers, weights)
    given, accuracies = [ranges_of(answer) for answer, _ in pairs], [weight for _, weight in pairs]
    voted = vote(given, accuracies, overlap=config.ranges.overlap)
    found = found_ranges(voted, given, accuracies, near=0.0)
    found = within_counts(config.ranges, voted, found, given, accuracies)
    if not found:
        nothing = coin.among([int(bool(ranges)) for ranges in given], accuracies, 2)[0]
        return Merged([], nothing)
    length, right, true = voted.expected(each for each, _ in found)
    confidence = min(2 * right / (length + true), 1.0)
    parts = {str(i): chance for i, (_, chance) in enumerate(found)}
    return Merged(write_ranges([each for each, _ in found]), confidence, parts)


def grade(config: Config, answer: Json, gold: Json) -> Grade:
    """The score is the agreement; passed from `gold_score` on."""
    score = agree(config, answer, gold)
    return Grade(score, score >= config.ranges.gold_score - 1e-9)


def n_labels(config: Config) -> None:
    """A set of spans is not one of a list of classes."""
    return


def label(config: Config, value: Json) -> None:
    """A set of spans is not one of a list of classes."""
    return


def value_of(config: Config, label: int) -> Json:
    """A set of spans is not one of a list of classes: LookupError."""
    raise LookupError("a set of spans has no class code")


def _as_offset(raw: object) -> float | None:
    offset = as_whole(raw)
    return None if offset is None or offset > LONGEST else offset
