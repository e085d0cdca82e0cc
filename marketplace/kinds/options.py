"""The list of options shared by the kinds that choose from one, and how settings are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.kinds.kind import Json, Problem

LEAST, MOST = 2, 200
LONGEST_VALUE, LONGEST_LABEL = 100, 500


@dataclass(frozen=True)
class Option:
    """One thing to choose: `value` is stored and exported, `label` is shown."""

    value: str
    label: str


def read_options(raw: object, problems: list[Problem]) -> tuple[Option, ...]:
    """Options from JSON: strings, whole numbers or {"value", "label"}; what is wrong goes to `problems`."""
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes):
        problems.append(Problem("options", "options_missing", "Give a list of options."))
        return ()
    if not LEAST <= len(raw) <= MOST:
        problems.append(
            Problem("options", "options_count", f"Give {LEAST} to {MOST} options, not {len(raw)}.")
        )
    options: list[Option] = []
    for i, item in enumerate(raw):
        option = _read_option(item, f"options.{i}", problems)
        if option is None:
            continue
        if any(option.value == other.value for other in options):
            message = f"The value “{option.value}” appears twice."
            problems.append(Problem(f"options.{i}", "option_twice", message))
        options.append(option)
    return tuple(options)


def as_value(raw: object) -> str | None:
    """An option's value from JSON: a string or a whole number, which is read as its digits; else None."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)
    return raw.strip() if isinstance(raw, str) else None


def describe_options(options: Sequence[Option]) -> list[Json]:
    """Options as full JSON."""
    return [{"value": option.value, "label": option.label} for option in options]


def refuse_unknown(config: Mapping[str, object], known: Sequence[str], problems: list[Problem]) -> None:
    """Add a problem for each setting that is not among `known`: a mistyped key must not pass unseen."""
    problems.extend(
        Problem(str(key), "setting_unknown", f"“{key}” is not a setting of this kind.")
        for key in config
        if key not in known
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
    if not isinstance(label, str) or not label.strip():
        problems.append(Problem(where, "option_label_invalid", "An option's label must be a text."))
        return None
    if len(value) > LONGEST_VALUE or len(label) > LONGEST_LABEL:
        message = f"A value may have {LONGEST_VALUE} characters, a label {LONGEST_LABEL}."
        problems.append(Problem(where, "option_too_long", message))
        return None
    return Option(value, label.strip())
