"""The kinds of question there are, by the name a schema gives them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from marketplace.kinds import choice, choices, text
from marketplace.kinds.kind import Kind

#: Name in a schema -> the module that knows the kind. A new kind is one file and one line here.
KINDS: Mapping[str, Kind[Any]] = MappingProxyType({"choice": choice, "choices": choices, "text": text})


def kind_of(name: str) -> Kind[Any]:
    """The kind with this name; LookupError when there is none."""
    try:
        return KINDS[name]
    except KeyError:
        raise LookupError(f"there is no kind of question called {name!r}") from None
