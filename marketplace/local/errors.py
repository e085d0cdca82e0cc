"""The one error of this slice: its text is the single line a person reads instead of a traceback."""

from __future__ import annotations


class LocalError(Exception):
    """Something on this machine stands in the way; the message says what, and what to do."""
