"""The plain and the weighted vote."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from tasks.quality.truth import majority
from tasks.quality.votes import VoteTable
from tests.quality.crowds import vote_tables


def two_against_one() -> VoteTable:
    return VoteTable(np.array([0, 0, 0]), np.array([0, 1, 2]), np.array([1, 1, 0]), 2, 3, 3)


def test_it_takes_the_label_with_most_votes() -> None:
    assert majority.winners(two_against_one()).tolist() == [1, -1]


def test_it_lets_weights_overrule_numbers() -> None:
    assert majority.winners(two_against_one(), [0.1, 0.1, 0.9])[0] == 0


def test_it_breaks_ties_by_the_lowest_class() -> None:
    tie = VoteTable(np.array([0, 0]), np.array([0, 1]), np.array([2, 1]), 1, 2, 3)
    assert majority.winners(tie).tolist() == [1]


def test_it_shares_out_evenly_where_nobody_voted() -> None:
    assert majority.shares(two_against_one())[1].tolist() == pytest.approx([1 / 3] * 3)


def test_it_counts_a_tie_as_half_right() -> None:
    tie = VoteTable(np.array([0, 0]), np.array([0, 1]), np.array([0, 1]), 1, 2, 2)
    assert majority.expected_accuracy(tie, [1]) == 0.5
    assert np.isnan(majority.expected_accuracy(tie, [-1]))


def test_it_refuses_weights_of_another_length() -> None:
    with pytest.raises(ValueError, match="shape"):
        majority.tally(two_against_one(), [1.0])


@given(vote_tables())
def test_shares_sum_to_one(votes: VoteTable) -> None:
    assert majority.shares(votes).sum(axis=1) == pytest.approx(1.0)
