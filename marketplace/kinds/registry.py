"""The kinds of question there are, by the name a schema gives them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from marketplace.kinds import (
    boxes,
    choice,
    choices,
    number,
    pairwise,
    ranking,
    rating,
    spans,
    taxonomy,
    text,
)
from marketplace.kinds.kind import Kind, RowKind

#: Name in a schema -> the module that knows the kind. A new kind is one file and one line here.
KINDS: Mapping[str, Kind[Any]] = MappingProxyType(
    {
        "choice": choice,
        "choices": choices,
        "rating": rating,
        "number": number,
        "text": text,
        "pairwise": pairwise,
        "ranking": ranking,
        "taxonomy": taxonomy,
        "spans": spans,
        "boxes": boxes,
    }
)

#: Those of them whose answers must also fit the row: a text's length, a column that has to be there.
ROW_KINDS: Mapping[str, RowKind[Any]] = MappingProxyType(
    {"pairwise": pairwise, "ranking": ranking, "spans": spans}
)


def kind_of(name: str) -> Kind[Any]:
    """The kind with this name; LookupError when there is none."""
    try:
        return KINDS[name]
    except KeyError:
        raise LookupError(f"there is no kind of question called {name!r}") from None
