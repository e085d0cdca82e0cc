"""What the database can keep of JSON, and what programs on the way can read again. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 50  # of objects and lists in one another: they are stored, sent and shown by code that recurses


def unstorable(value: Any, *, depth: int = 0) -> tuple[str, str] | None:
    """A stable code and a sentence for what stands in the way of storing a JSON value; None if nothing does.

    PostgreSQL refuses NUL and lone surrogates in text; JSON knows no endless numbers.
    """
    if isinstance(value, str):
        unfit = "\x00" in value or has_surrogates(value)
        return ("characters_not_allowed", "Holds NUL or broken Unicode characters.") if unfit else None
    if isinstance(value, float):
        return None if math.isfinite(value) else ("number_too_large", "Holds a number that is too large.")
    if not isinstance(value, Mapping | list | tuple):
        return None
    if depth >= MAX_DEPTH:
        return "nested_too_deep", f"Objects and lists lie more than {MAX_DEPTH} deep in one another."
    inner = [*value, *value.values()] if isinstance(value, Mapping) else value
    return next(filter(None, (unstorable(each, depth=depth + 1) for each in inner)), None)


def has_surrogates(text: str) -> bool:
    """Whether a text holds halves of surrogate pairs, which no encoding can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
