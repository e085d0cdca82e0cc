"""Which characters a text may hold."""

from __future__ import annotations


def storable(text: str) -> bool:
    """Whether the database can keep a text: no NUL, no half of a surrogate pair."""
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
