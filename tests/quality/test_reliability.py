"""Intervals for shares, against published and closed-form values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quality.trust import beta, reliability


@pytest.mark.parametrize(
    ("x", "a", "b", "expected"),
    [
        (0.3, 1, 1, 0.3),
        (0.5, 7, 7, 0.5),
        (0.2, 2, 1, 0.04),
        (0.2, 1, 3, 1 - 0.8**3),
        (0.5, 2, 3, 11 / 16),  # P(at least 2 of 4 heads)
    ],
)
def test_the_beta_distribution_matches_its_closed_forms(
    x: float, a: float, b: float, expected: float
) -> None:
    assert beta.cdf(x, a, b) == pytest.approx(expected, abs=1e-13)


@given(st.floats(0.001, 0.999), st.floats(0.2, 500), st.floats(0.2, 500))
def test_the_quantile_undoes_the_distribution(p: float, a: float, b: float) -> None:
    x = beta.quantile(p, a, b)
    # Where the distribution is so steep that one float further jumps, both neighbours must enclose p.
    assert beta.cdf(x - 1e-9, a, b) - 1e-9 <= p <= beta.cdf(x + 1e-9, a, b) + 1e-9


@given(st.floats(0.001, 0.999), st.floats(0.2, 500), st.floats(0.2, 500))
def test_the_beta_distribution_mirrors(x: float, a: float, b: float) -> None:
    assert beta.cdf(x, a, b) == pytest.approx(1 - beta.cdf(1 - x, b, a), abs=1e-9)


def test_it_knows_nothing_before_the_first_gold_answer() -> None:
    nothing = reliability.of_gold(0, 0)
    assert nothing.mean == 0.5
    assert (nothing.low, nothing.high) == pytest.approx((0.025, 0.975))


def test_47_of_50_right_is_about_84_to_98_percent() -> None:
    found = reliability.of_gold(47, 50)
    assert found.mean == pytest.approx(48 / 52)
    assert (found.low, found.high) == pytest.approx((0.838, 0.978), abs=0.001)


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
