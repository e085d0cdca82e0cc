"""Ids shown outside."""

from __future__ import annotations

from collections import Counter

from marketplace.core.ids import ALPHABET, LENGTH, public_id


def test_an_id_is_sixteen_characters_of_upper_case_base32() -> None:
    assert all(
        len(each) == LENGTH and set(each) <= set(ALPHABET) for each in (public_id() for _ in range(200))
    )


def test_no_two_ids_are_alike_and_every_place_varies() -> None:
    ids = [public_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    for place in range(LENGTH):
        seen = Counter(each[place] for each in ids)
        assert len(seen) == len(ALPHABET)
