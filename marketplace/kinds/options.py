"""The list of options shared by the kinds that choose from one, and how settings are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from marketplace.kinds.characters import storable
from marketplace.kinds.kind import Json, Problem

LEAST, MOST = 2, 200
LONGEST_VALUE, LONGEST_LABEL = 100, 500
LONGEST_COLUMN = 200
#: so many mistyped settings are named, not more
MOST_UNKNOWN = 20


@dataclass(frozen=True)
class Option:
    """One thing to choose: `value` is stored and exported, `label` is shown."""

    value: str
    label: str


def read_options(
    raw: object, problems: list[Problem], key: str = "options", bounds: tuple[int, int] = (LEAST, MOST)
) -> tuple[Option, ...]:
    """Options from JSON: strings, whole numbers or {"value", "label"}; what is wrong goes to `problems`.

    `key` is the setting they were read from, `bounds` how few and how many there may be.
    """
    if not is_list(raw):
        problems.append(Problem(key, "options_missing", "Give a list of options."))
        return ()
    least, most = bounds
    if not least <= len(raw) <= most:
        problems.append(Problem(key, "options_count", f"Give {least} to {most} options, not {len(raw)}."))
        if len(raw) > most:
            return ()
    options: list[Option] = []
    for i, item in enumerate(raw):
        option = _read_option(item, f"{key}.{i}", problems)
        if option is None:
            continue
        if any(option.value == other.value for other in options):
            message = f"The value “{option.value}” appears twice."
            problems.append(Problem(f"{key}.{i}", "option_twice", message))
        options.append(option)
    return tuple(options)


def as_value(raw: object) -> str | None:
    """An option's value from JSON: a string or a whole number, which is read as its digits; else None."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        # A huge number has too many digits to be written out, let alone to be an option.
        return str(raw) if abs(raw) < 10**LONGEST_VALUE else None
    return raw.strip() if isinstance(raw, str) else None


def describe_options(options: Sequence[Option]) -> list[Json]:
    """Options as full JSON."""
    return [{"value": option.value, "label": option.label} for option in options]


def refuse_unknown(config: Mapping[str, object], known: Sequence[str], problems: list[Problem]) -> None:
    """Add a problem for each setting that is not among `known`: a mistyped key must not pass unseen."""
    unknown = [str(key)[:LONGEST_VALUE] for key in config if key not in known]
    problems.extend(
        Problem(key, "setting_unknown", f"“{key}” is not a setting of this kind.")
        for key in unknown[:MOST_UNKNOWN]
    )


def read_count(
    config: Mapping[str, object], key: str, default: int, bounds: tuple[int, int], problems: list[Problem]
) -> int:
    """A whole number between the bounds (both allowed), or `default` when it is not given."""
    raw = config.get(key, default)
    if isinstance(raw, bool) or not isinstance(raw, int) or not bounds[0] <= raw <= bounds[1]:
        message = f"Give a whole number from {bounds[0]} to {bounds[1]}."
        problems.append(Problem(key, "number_out_of_range", message))
        return default
    return raw


def read_flag(config: Mapping[str, object], key: str, default: bool, problems: list[Problem]) -> bool:
    """True or false, or `default` when it is not given."""
    raw = config.get(key, default)
    if not isinstance(raw, bool):
        problems.append(Problem(key, "not_true_or_false", "Give true or false."))
        return default
    return raw


def read_one_of(
    config: Mapping[str, object], key: str, allowed: Sequence[str], problems: list[Problem]
) -> str:
    """One of a few words; the first of them when it is not given."""
    raw = config.get(key, allowed[0])
    if not isinstance(raw, str) or raw not in allowed:
        problems.append(Problem(key, "word_unknown", f"Give one of: {', '.join(allowed)}."))
        return allowed[0]
    return raw


def read_column(
    config: Mapping[str, object], key: str, problems: list[Problem], *, default: str | None = None
) -> str:
    """The name of a column of the row; a problem when it is not given and there is no `default`."""
    raw = config.get(key, default)
    if default is not None and raw == default:
        return default
    if not isinstance(raw, str) or not raw.strip() or len(raw) > LONGEST_COLUMN or not storable(raw):
        problems.append(Problem(key, "column_invalid", "Name a column of the data."))
        return ""
    return raw.strip()


def read_required(
    config: Mapping[str, object], values: Sequence[str], problems: list[Problem]
) -> tuple[str, ...]:
    """The labels every answer must have, in the order of `values`; none when the setting is not given."""
    raw = config.get("required_labels", ())
    if not is_list(raw) or len(raw) > MOST:
        problems.append(Problem("required_labels", "not_a_list", "Give a list of labels."))
        return ()
    wanted = [as_value(item) for item in raw]
    for i, value in enumerate(wanted):
        if value not in values:
            where = f"required_labels.{i}"
            problems.append(Problem(where, "label_unknown", "This is not one of the labels."))
    return tuple(value for value in values if value in wanted)


def is_list(raw: object) -> TypeGuard[Sequence[object]]:
    """Whether JSON holds a list here."""
    return isinstance(raw, Sequence) and not isinstance(raw, str | bytes)


def _read_option(item: object, where: str, problems: list[Problem]) -> Option | None:
    raw_label: object = None
    if isinstance(item, Mapping):
        value, raw_label = as_value(item.get("value")), item.get("label")
    else:
        value = as_value(item)
    if not value:
        problems.append(
            Problem(where, "option_invalid", "An option needs a value: a text or a whole number.")
        )
        return None
    label = value if raw_label is None else raw_label
    if not storable(value) or (isinstance(label, str) and not storable(label)):
        message = "An option holds characters that cannot be stored."
        problems.append(Problem(where, "characters_not_allowed", message))
        return None
    if not isinstance(label, str) or not label.strip():
        problems.append(Problem(where, "option_label_invalid", "An option's label must be a text."))
        return None
    if len(value) > LONGEST_VALUE or len(label) > LONGEST_LABEL:
        message = f"A value may have {LONGEST_VALUE} characters, a label {LONGEST_LABEL}."
        problems.append(Problem(where, "option_too_long", message))
        return None
    return Option(value, label.strip())
