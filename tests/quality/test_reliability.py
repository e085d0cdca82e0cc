"""Intervals for shares, against published and closed-form values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quality.trust import reliability
from tasks.quality.trust.reliability import Counts


def test_it_knows_nothing_before_the_first_gold_answer() -> None:
    nothing = reliability.of_gold(0, 0)
    assert nothing.mean == 0.5
    assert (nothing.low, nothing.high) == pytest.approx((0.025, 0.975))


def test_47_of_50_right_is_about_84_to_98_percent() -> None:
    found = reliability.of_gold(47, 50)
    assert found.mean == pytest.approx(48 / 52)
    assert (found.low, found.high) == pytest.approx((0.838, 0.978), abs=0.001)


def test_its_interval_matches_the_closed_form() -> None:
    # One right answer after a uniform prior: the density is 2x, the distribution x squared.
    found = reliability.of_gold(1, 1, level=0.5)
    assert (found.low, found.high) == pytest.approx((0.5, 0.75**0.5))


def test_it_gives_wilsons_published_interval() -> None:
    # Newcombe 1998, table I: 81 of 263
    assert reliability.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert reliability.wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("right", "total", "low"), [(58, 58, 0.95), (28, 28, 0.9), (45, 46, 0.9), (0, 9, 0.0)]
)
def test_the_exact_bound_certifies_what_the_tables_say(right: int, total: int, low: float) -> None:
    assert reliability.clopper_pearson_low(right, total) == pytest.approx(low, abs=0.002)


@given(st.integers(0, 200), st.integers(0, 200))
def test_every_interval_holds_its_mean(right: int, wrong: int) -> None:
    found = reliability.of_gold(right, right + wrong)
    assert 0 <= found.low < found.mean < found.high <= 1


@pytest.mark.parametrize(("right", "total"), [(-1, 2), (3, 2)])
def test_it_refuses_more_right_than_answered(right: int, total: int) -> None:
    with pytest.raises(ValueError, match="right <= total"):
        reliability.of_gold(right, total)


def test_it_refuses_a_prior_without_weight() -> None:
    with pytest.raises(ValueError, match="prior"):
        reliability.of_gold(1, 2, prior=(0.0, 1.0))


def test_half_of_the_old_answers_is_left_after_a_half_life() -> None:
    old = Counts(8, 10)
    assert old.faded(50, 50) == Counts(4, 5)
    assert old.faded(0, 50) == old


@given(st.floats(0, 50), st.floats(0, 50), st.floats(0, 500), st.floats(0, 500))
def test_it_forgets_in_two_steps_what_it_forgets_in_one(
    right: float, wrong: float, first: float, second: float
) -> None:
    counts = Counts(right, right + wrong)
    twice, once = counts.faded(first, 70).faded(second, 70), counts.faded(first + second, 70)
    assert (twice.right, twice.total) == pytest.approx((once.right, once.total))


def test_what_has_faded_leaves_a_wider_interval_around_the_same_share() -> None:
    fresh, old = Counts(90, 100), Counts(90, 100).faded(100, 50)
    sure, unsure = (reliability.of_gold(each.right, each.total) for each in (fresh, old))
    assert unsure.high - unsure.low > 1.5 * (sure.high - sure.low)
    assert unsure.mean == pytest.approx(sure.mean, abs=0.03)


def test_evidence_of_less_worth_counts_less() -> None:
    assert Counts(3, 4).plus(Counts(2, 4), worth=0.5) == Counts(4, 6)


def test_a_row_tells_where_a_worker_mixes_up_two_classes() -> None:
    row = reliability.of_row([2, 30, 8], [1, 1, 1])
    assert row.mean_l.sum() == pytest.approx(1.0)
    assert row.low_l[2] > row.high_l[0] - 0.1
    assert ((row.low_l < row.mean_l) & (row.mean_l < row.high_l)).all()


def test_a_row_of_two_classes_is_the_share_of_one() -> None:
    row, share = reliability.of_row([7, 3], [1, 1]), reliability.of_gold(7, 10)
    assert (row.mean_l[0], row.low_l[0], row.high_l[0]) == pytest.approx((share.mean, share.low, share.high))


@pytest.mark.parametrize(
    ("counts", "prior"), [([1.0], [1.0, 1.0]), ([-1.0, 0.0], [1.0, 1.0]), ([1.0], [0.0])]
)
def test_it_refuses_rows_that_do_not_fit(counts: list[float], prior: list[float]) -> None:
    with pytest.raises(ValueError, match=r"shape|counts >= 0"):
        reliability.of_row(counts, prior)
