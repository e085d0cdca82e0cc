"""What a kind brings along to be held against the laws of all kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st

from marketplace.kinds.kind import Kind


class Case(NamedTuple):
    """A kind with settings and answers that fit them."""

    kind: Kind[Any]
    config: Any
    #: raw answers, as a worker sends them; each must be accepted by `canonical`
    answers: st.SearchStrategy[Any]


def case(kind: Kind[Any], settings: Mapping[str, object], answers: st.SearchStrategy[Any]) -> Case:
    """A case from settings as JSON."""
    return Case(kind, kind.parse(settings), answers)
