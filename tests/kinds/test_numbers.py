"""Numbers in settings and answers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kinds.numbers import as_number, as_whole, plain, weighted_median


@pytest.mark.parametrize("raw", [True, "1", None, math.nan, math.inf, 10**400, 2e12, [1]])
def test_it_takes_finite_numbers_of_a_sensible_size_only(raw: object) -> None:
    assert as_number(raw) is None


def test_whole_numbers_have_one_form() -> None:
    assert (as_whole(3.0), as_whole(3.5)) == (3, None)
    assert str(plain(3.0)) == "3"
    assert plain(3.5) == 3.5


def test_the_median_lies_where_half_of_the_weight_does() -> None:
    assert weighted_median([1, 2, 9], [1, 1, 1]) == 2
    assert weighted_median([1, 2, 9], [1, 1, 3]) == 9
    assert weighted_median([1, 2], [1, 1]) == 1.5
    assert weighted_median([5, 1, 9], [1, 0, 0]) == 5
    with pytest.raises(ValueError, match="weight"):
        weighted_median([1], [0])


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 5)), min_size=1, max_size=8))
def test_no_number_is_nearer_to_all_than_the_median(pairs: list[tuple[int, int]]) -> None:
    def distance(x: float) -> float:
        return sum(weight * abs(x - value) for value, weight in pairs)

    values, weights = zip(*pairs, strict=True)
    median = weighted_median(values, weights)
    assert distance(median) <= min(distance(value) for value in values) + 1e-9
