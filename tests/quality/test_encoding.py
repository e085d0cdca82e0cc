"""Ids become codes and can be read back."""

from __future__ import annotations

from collections.abc import Hashable
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quality import encoding
from tasks.quality.encoding import encode
from tasks.quality.votes import VoteTable

WORDS = st.text(st.characters(codec=None), max_size=12)


@given(st.one_of(st.lists(WORDS), st.lists(st.one_of(st.integers(), st.none(), WORDS))))
def test_distinct_ids_by_their_codes_are_the_ids(ids: list[Hashable]) -> None:
    code, distinct = encode(ids)
    assert [distinct[i] for i in code] == ids
    assert distinct.tolist() == list(dict.fromkeys(ids))


@given(st.lists(st.integers(-(2**63), 2**63 - 1)), st.sampled_from([np.int8, np.int32, np.int64, np.uint64]))
def test_integers_keep_their_order(ids: list[int], dtype: type[np.integer]) -> None:
    array = np.array(ids, dtype=np.int64).astype(dtype)
    code, distinct = encode(array)
    assert np.array_equal(distinct, np.unique(array))
    assert np.array_equal(distinct[code], array)


@pytest.mark.parametrize(
    "ids",
    [
        ["a\0b", "a", "b", "a\0b"],
        ["x" * 1000, "y", "x" * 1000],
        ["eight by", "eight bytes", "eight by", ""],
        ["", ""],
        [("a", 1), ("a", 2), ("a", 1)],
        ["\ud800", "é", "\ud800"],
    ],
)
def test_odd_ids_are_told_apart(ids: list[Hashable]) -> None:
    code, distinct = encode(ids)
    assert distinct[code].tolist() == ids


def test_it_reads_arrays_of_strings() -> None:
    code, distinct = encode(np.array(["worker b", "worker a", "worker b"]))
    assert code.tolist() == [0, 1, 0]
    assert distinct.tolist() == ["worker b", "worker a"]


def test_ids_that_fall_together_in_the_hash_are_told_apart() -> None:
    ids = [f"a rather long name {i}" for i in (1, 2, 1, 3)]
    with patch.object(encoding, "MIXERS", (np.uint64(0),) * 4):
        code, distinct = encode(ids)
    assert code.tolist() == [0, 1, 0, 2]
    assert distinct.tolist() == [ids[0], ids[1], ids[3]]


def test_many_scattered_integers_are_told_apart() -> None:
    ids = np.random.default_rng(0).integers(0, 2**62, 2000).repeat(3)
    code, distinct = encode(ids)
    assert np.array_equal(distinct, np.unique(ids))
    assert np.array_equal(distinct[code], ids)


def widths(votes: VoteTable) -> list[int]:
    return [column.itemsize for column in (votes.task, votes.worker, votes.label)]


def test_a_table_takes_codes_as_narrow_as_they_are_without_a_copy() -> None:
    task, _ = encode(np.arange(40_000))
    worker, _ = encode(np.arange(40_000) % 7)
    label, _ = encode(np.arange(40_000) % 2)
    votes = VoteTable(task, worker, label, 40_000, 7, 2)
    assert widths(votes) == [4, 1, 1]
    assert votes.task is task


def test_codes_are_widened_where_an_index_made_of_them_would_overflow() -> None:
    label = np.array([11], dtype=np.int8)
    votes = VoteTable(np.array([0]), np.array([20_000], dtype=np.int16), label, 1, 20_001, 12)
    assert widths(votes) == [8, 4, 2]
    assert int((votes.worker * 12 + votes.label)[0]) == 240_011


def test_a_table_does_not_trust_a_read_only_view_of_what_others_can_change() -> None:
    mine = np.zeros(2, dtype=np.int32)
    view = mine[:]
    view.flags.writeable = False
    votes = VoteTable(view, view, view, 2, 1, 2)
    mine[0] = 1
    assert votes.task.tolist() == [0, 0]


def test_large_unsigned_integers_keep_their_order() -> None:
    ids = np.array([2**64 - 1, 2**64 - 3, 2**64 - 1], dtype=np.uint64)
    code, distinct = encode(ids)
    assert code.tolist() == [1, 0, 1]
    assert distinct.tolist() == [2**64 - 3, 2**64 - 1]


def test_it_refuses_ids_in_two_dimensions() -> None:
    with pytest.raises(ValueError, match="one-dimensional"):
        encode(np.zeros((2, 2)))
