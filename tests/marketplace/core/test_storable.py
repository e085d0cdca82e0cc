"""What cannot be stored is known before it is tried."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import DataError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.core.storable import MAX_DEPTH, has_surrogates, unstorable

whole = st.none() | st.booleans() | st.integers() | st.floats()
text = st.text(st.characters(), max_size=4) | st.sampled_from(["\x00", "\ud800", "\udc00\ud800", "a"])
values = st.recursive(
    whole | text, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3)
)


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("a\x00", "characters_not_allowed"),
        ({"a\x00": 1}, "characters_not_allowed"),
        ([{"a": ["\ud800"]}], "characters_not_allowed"),
        (float("inf"), "number_too_large"),
        ([float("nan")], "number_too_large"),
        (nested(MAX_DEPTH + 1), "nested_too_deep"),
    ],
)
def test_it_names_what_stands_in_the_way(value: Any, code: str) -> None:
    found = unstorable(value)
    assert found is not None
    assert found[0] == code


@pytest.mark.parametrize("value", [None, True, 0, 10**400, 0.5, "", "\U0001f600", nested(MAX_DEPTH)])
def test_it_lets_everything_else_pass(value: Any) -> None:
    assert unstorable(value) is None


@pytest.mark.django_db
@settings(max_examples=60)
@given(value=values)
def test_it_agrees_with_the_database(value: Any) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::jsonb", [json.dumps(value)])
        taken = True
    except DataError:
        taken = False
    assert taken == (unstorable(value) is None)


def test_it_knows_half_a_pair_from_a_whole_one() -> None:
    assert has_surrogates("\ud83d")
    assert not has_surrogates("\U0001f600")
