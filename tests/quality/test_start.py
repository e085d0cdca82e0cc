"""What is believed of a worker before the first answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quality.trust import start
from tasks.quality.trust.reliability import Counts
from tasks.quality.trust.start import Elsewhere, Start


@pytest.mark.parametrize("strength", [4.0, 12.0])
def test_it_finds_mean_and_spread_of_a_crowd(strength: float) -> None:
    rng = np.random.default_rng(3)
    accuracy = rng.beta(0.8 * strength, 0.2 * strength, 3000)
    total = rng.integers(3, 30, size=3000)
    found = start.of_crowd(rng.binomial(total, accuracy), total)
    assert found.mean == pytest.approx(0.8, abs=0.01)
    assert found.answers == pytest.approx(strength, rel=0.2)


def test_a_crowd_without_gold_starts_at_a_half_and_knows_little() -> None:
    found = start.of_crowd([], [])
    assert (found.mean, found.answers) == (0.5, start.LEAST)


def test_one_answer_each_does_not_prove_all_alike() -> None:
    assert start.of_crowd([1, 1, 0, 1], [1, 1, 1, 1]).answers == start.LEAST


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=20))
def test_its_strength_stays_within_bounds(rows: list[tuple[int, int]]) -> None:
    right = np.array([row[0] for row in rows], dtype=float)
    found = start.of_crowd(right, right + np.array([row[1] for row in rows], dtype=float))
    assert start.LEAST - 1e-9 <= found.answers <= start.MOST + 1e-9
    assert 0 < found.mean < 1


def test_a_stranger_starts_as_the_crowd() -> None:
    crowd = Start(8, 2)
    assert start.of_worker(crowd, []) == crowd


def test_a_good_record_elsewhere_helps_and_a_bad_one_hurts() -> None:
    crowd = Start(7, 3)
    good = start.of_worker(crowd, [Elsewhere(Counts(95, 100), 0.7)])
    bad = start.of_worker(crowd, [Elsewhere(Counts(50, 100), 0.7)])
    assert bad.mean < crowd.mean < good.mean


def test_the_same_share_is_worth_more_where_others_do_worse() -> None:
    crowd = Start(7, 3)
    where_hard = start.of_worker(crowd, [Elsewhere(Counts(80, 100), 0.6)])
    where_easy = start.of_worker(crowd, [Elsewhere(Counts(80, 100), 0.95)])
    assert where_easy.mean < crowd.mean < where_hard.mean


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_no_record_elsewhere_counts_more_than_its_cap(answers: int, alike: float) -> None:
    crowd = Start(7, 3)
    found = start.of_worker(crowd, [Elsewhere(Counts(answers, answers), 0.7, alike)] * 3, at_most=10.0)
    assert crowd.answers <= found.answers <= crowd.answers + 10.0 + 1e-9


def test_unlike_work_teaches_nothing() -> None:
    crowd = Start(7, 3)
    assert start.of_worker(crowd, [Elsewhere(Counts(5, 50), 0.7, alike=0.0)]) == crowd


def test_it_refuses_what_is_out_of_range() -> None:
    with pytest.raises(ValueError, match="right"):
        start.of_crowd([2], [1])
    with pytest.raises(ValueError, match="crowd_mean"):
        start.of_worker(Start(1, 1), [Elsewhere(Counts(1, 1), 1.0)])
