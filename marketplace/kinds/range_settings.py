"""Settings and answers of the kinds that mark ranges, read from JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from marketplace.kinds.kind import AnswerInvalid, Json, Problem
from marketplace.kinds.numbers import plain, read_number
from marketplace.kinds.options import (
    Option,
    as_value,
    describe_options,
    is_list,
    read_column,
    read_count,
    read_flag,
    read_options,
    read_required,
)
from marketplace.kinds.ranges import Range, overlapping, with_label

MOST_LABELS, MOST_RANGES = 200, 1_000
KEYS = ("column", "labels", "overlap", "required_labels", "min", "max", "gold_score")


@dataclass(frozen=True)
class RangeSettings:
    """What is marked, with which labels, and how many ranges there may be."""

    #: of the row; holds the text, or the address of the recording
    column: str
    #: 1 to 200, in the order shown
    labels: tuple[Option, ...]
    #: whether ranges of different labels may overlap; those of one label never do
    overlap: bool = False
    #: values of the labels of which every answer must have at least one range
    required: tuple[str, ...] = ()
    min: int = 0
    max: int = 500
    #: the least agreement with a known answer, 0..1, that passes
    gold_score: float = 0.7


def read_settings(config: Mapping[str, object], problems: list[Problem]) -> RangeSettings:
    """The shared settings; what is wrong goes to `problems`. Keys of others are left alone."""
    labels = read_options(config.get("labels"), problems, "labels", (1, MOST_LABELS))
    least = read_count(config, "min", RangeSettings.min, (0, MOST_RANGES), problems)
    most = read_count(config, "max", max(RangeSettings.max, least), (1, MOST_RANGES), problems)
    if least > most:
        problems.append(Problem("min", "min_above_max", "“min” must not be above “max”."))
    required = read_required(config, [label.value for label in labels], problems)
    if len(required) > most:
        message = "More labels are required than “max”."
        problems.append(Problem("required_labels", "required_above_max", message))
    return RangeSettings(
        column=read_column(config, "column", problems),
        labels=labels,
        overlap=read_flag(config, "overlap", RangeSettings.overlap, problems),
        required=required,
        min=least,
        max=most,
        gold_score=read_number(config, "gold_score", RangeSettings.gold_score, (0.0, 1.0), problems),
    )


def describe_settings(settings: RangeSettings) -> dict[str, Json]:
    """The shared settings as full JSON."""
    return {
        "column": settings.column,
        "labels": describe_options(settings.labels),
        "overlap": settings.overlap,
        "required_labels": list(settings.required),
        "min": settings.min,
        "max": settings.max,
        "gold_score": settings.gold_score,
    }


def read_ranges(
    settings: RangeSettings, answer: object, as_end: Callable[[object], float | None]
) -> list[Range]:
    """The ranges of an answer, sorted; AnswerInvalid lists all that is wrong.

    `as_end` reads a start or an end and gives None where it is none. With a single label in the settings the
    label may be left out.
    """
    if not is_list(answer):
        raise AnswerInvalid(Problem("", "not_a_list", "Give a list of objects with “start” and “end”."))
    if len(answer) > settings.max:
        raise AnswerInvalid(Problem("", "too_many", f"Mark at most {settings.max}."))
    if len(answer) < settings.min:
        raise AnswerInvalid(Problem("", "too_few", f"Mark at least {settings.min}."))
    problems: list[Problem] = []
    read = [_read_range(settings, item, str(i), as_end, problems) for i, item in enumerate(answer)]
    ranges = [(each, i) for i, each in enumerate(read) if each is not None]
    ranges.sort(key=lambda pair: pair[0])
    if not problems:
        _refuse_overlaps(settings, ranges, problems)
        problems.extend(
            Problem("", "label_missing", f"Mark at least one “{value}”.")
            for value in settings.required
            if not any(each.label == value for each, _ in ranges)
        )
    if problems:
        raise AnswerInvalid(*problems)
    return [each for each, _ in ranges]


def write_ranges(ranges: list[Range]) -> list[Json]:
    """Ranges as JSON, in their order."""
    return [
        {"start": plain(float(each.start)), "end": plain(float(each.end)), "label": each.label}
        for each in ranges
    ]


def ranges_of(value: Json) -> list[Range]:
    """The ranges of a canonical answer; ValueError when it is none."""
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a canonical answer")
    ranges = []
    for item in value:
        match item:
            case {"start": int() | float() as start, "end": int() | float() as end, "label": str() as label}:
                ranges.append(Range(start, end, label))
            case _:
                raise ValueError(f"{item!r} is not a range of a canonical answer")
    return ranges


def _read_range(
    settings: RangeSettings,
    item: object,
    where: str,
    as_end: Callable[[object], float | None],
    problems: list[Problem],
) -> Range | None:
    if not isinstance(item, Mapping):
        problems.append(Problem(where, "not_an_object", "Give an object with “start”, “end” and “label”."))
        return None
    before = len(problems)
    if any(key not in ("start", "end", "label") for key in item):
        message = "A range has “start”, “end” and “label”, and nothing else."
        problems.append(Problem(where, "key_unknown", message))
    start, end = as_end(item.get("start")), as_end(item.get("end"))
    for key, number in (("start", start), ("end", end)):
        if number is None or number < 0:
            message = "Give a place from 0 on, where counting begins."
            problems.append(Problem(f"{where}.{key}", "place_invalid", message))
    only = settings.labels[0].value if len(settings.labels) == 1 else None
    label = as_value(item.get("label", only))
    if label is None or all(label != known.value for known in settings.labels):
        problems.append(Problem(f"{where}.label", "label_unknown", "Choose one of the labels."))
    if len(problems) > before or start is None or end is None or label is None:
        return None
    if start >= end:
        problems.append(Problem(f"{where}.end", "range_empty", "A range must end after its start."))
        return None
    return Range(start, end, label)


def _refuse_overlaps(
    settings: RangeSettings, ranges: list[tuple[Range, int]], problems: list[Problem]
) -> None:
    """Refuse the first overlap of each label; of all labels together where labels must not overlap."""
    groups = [[each for each, _ in ranges]]
    if settings.overlap:
        groups = [with_label(groups[0], label.value) for label in settings.labels]
    for group in groups:
        place = overlapping(group)
        if place is not None:
            which = next(i for each, i in reversed(ranges) if each == group[place])
            problems.append(Problem(str(which), "range_overlaps", "This overlaps another range."))
