"""Mark stretches of a recording with labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.kinds import coin, range_settings
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.numbers import as_number
from marketplace.kinds.options import read_column, refuse_unknown
from marketplace.kinds.range_medoid import within_counts
from marketplace.kinds.range_merge import Found, found_ranges, vote
from marketplace.kinds.range_settings import RangeSettings, ranges_of, read_ranges, write_ranges
from marketplace.kinds.ranges import Range, share
from marketplace.kinds.rows import require_columns
from marketplace.kinds.weights import heard

#: what a second is worth that both marked under different labels
WRONG_LABEL = 0.5
#: no recording is longer, in seconds
LONGEST = 1_000_000.0
#: times are kept to the millisecond
DIGITS = 3
#: ends this near, in seconds, are the same end to those who hear
NEAR = 0.2


@dataclass(frozen=True)
class Config:
    """What is marked. Times are seconds from the start of the recording."""

    ranges: RangeSettings
    #: the column with the recording's length in seconds; empty when no column has it
    length_column: str = ""


def parse(config: Mapping[str, object]) -> Config:
    """Read `{"column", "length_column", "labels": [...], "overlap", "required_labels", "min", "max",
    "gold_score"}`.

    ConfigInvalid lists all that is wrong.
    """
    problems: list[Problem] = []
    ranges = range_settings.read_settings(config, problems)
    length_column = read_column(config, "length_column", problems, default="")
    refuse_unknown(config, (*range_settings.KEYS, "length_column"), problems)
    if problems:
        raise ConfigInvalid(*problems)
    return Config(ranges, length_column)


def describe(config: Config) -> dict[str, Json]:
    """The settings as full JSON."""
    return {**range_settings.describe_settings(config.ranges), "length_column": config.length_column}


def canonical(config: Config, answer: object) -> list[Json]:
    """`[{"start", "end", "label"}]` by start; half-open, in seconds, to the millisecond. AnswerInvalid lists
    all that is wrong.
    """
    return write_ranges(read_ranges(config.ranges, answer, _as_time))


def validate(config: Config, answer: object) -> None:
    """AnswerInvalid when the segments do not fit."""
    canonical(config, answer)


def fits(config: Config, answer: Json, row: Mapping[str, object]) -> None:
    """AnswerInvalid when the row has no recording, or a segment ends behind it where its length is known."""
    require_columns((config.ranges.column,), row)
    length = _length(config, row)
    late = [] if length is None else [i for i, each in enumerate(ranges_of(answer)) if each.end > length]
    if late:
        message = f"The recording has {length:g} seconds."
        raise AnswerInvalid(*(Problem(f"{i}.end", "past_the_end", message) for i in late))


def agree(config: Config, a: Json, b: Json) -> float:
    """Time marked alike over time marked by either (IoU), counted once per label; 1 when both marked nothing.

    Time that both marked, but under different labels, counts half.
    """
    shared = share(ranges_of(a), ranges_of(b))
    either = shared.one + shared.other - shared.same - shared.crossed
    return min((shared.same + WRONG_LABEL * shared.crossed) / either, 1.0) if either else 1.0


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """Each moment belongs to a label by weighted vote (`range_merge.vote`), and neighbours make a segment.

    So an end lies where enough of the weight has reached it. `parts` holds under each segment's place in the
    list the probability that its time belongs to its label, `confidence` the IoU that is to be expected; for
    no segment at all the probability that there is none. When the result has too few or too many segments,
    the answer most like all others is taken instead.
    """
    pairs = heard(answers, weights)
    given, accuracies = [ranges_of(answer) for answer, _ in pairs], [weight for _, weight in pairs]
    voted = vote(given, accuracies, overlap=config.ranges.overlap)
    found = found_ranges(voted, given, accuracies, near=NEAR)
    found = within_counts(config.ranges, voted, found, given, accuracies)
    if not found:
        nothing = coin.among([int(bool(ranges)) for ranges in given], accuracies, 2)[0]
        return Merged([], nothing)
    length, right, true = voted.expected(each for each, _ in found)
    confidence = min(right / (length + true - right), 1.0)
    # rounding may change which of two comes first, and leave nothing of what is shorter than a millisecond
    kept = sorted(Found(_rounded(each), chance) for each, chance in found)
    kept = [each for each in kept if each.range.start < each.range.end]
    parts = {str(i): each.chance for i, each in enumerate(kept)}
    return Merged(write_ranges([each.range for each in kept]), confidence, parts)


def grade(config: Config, answer: Json, gold: Json) -> Grade:
    """The score is the agreement; passed from `gold_score` on."""
    score = agree(config, answer, gold)
    return Grade(score, score >= config.ranges.gold_score - 1e-9)


def n_labels(config: Config) -> None:
    """A set of segments is not one of a list of classes."""
    return


def label(config: Config, value: Json) -> None:
    """A set of segments is not one of a list of classes."""
    return


def value_of(config: Config, label: int) -> Json:
    """A set of segments is not one of a list of classes: LookupError."""
    raise LookupError("a set of segments has no class code")


def _rounded(each: Range) -> Range:
    return Range(round(each.start, DIGITS), round(each.end, DIGITS), each.label)


def _as_time(raw: object) -> float | None:
    time = as_number(raw, LONGEST)
    return None if time is None else round(time, DIGITS)


def _length(config: Config, row: Mapping[str, object]) -> float | None:
    """The recording's length in seconds, a text in digits too; None where it is not known."""
    raw = row.get(config.length_column) if config.length_column else None
    if isinstance(raw, str):
        try:
            raw = float(raw)
        except ValueError:
            return None
    return as_number(raw)
