"""Names for the outside: random, opaque, the same length for everything."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    _TextColumn = models.CharField[str, str]
else:
    _TextColumn = models.CharField

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
LENGTH = 16


def public_id() -> str:
    """A random identifier of 16 upper-case base32 characters (80 bits).

    Nothing in it tells an order, a time or a kind, so gold cannot be told from work by its id.
    """
    number = secrets.randbits(5 * LENGTH)
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(LENGTH))


class PublicIdField(_TextColumn):
    """The column that holds a row's public id."""

    def __init__(self, **kwargs: object) -> None:
        options = {"max_length": LENGTH, "unique": True, "editable": False, "default": public_id}
        super().__init__(**(options | kwargs))  # type: ignore[arg-type]
