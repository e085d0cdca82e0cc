"""Enough, one more, or an expert."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quality.promise import stopping
from tasks.quality.promise.stopping import Decision, decide
from tasks.quality.truth.posterior import of_task, reachable


@pytest.mark.parametrize(
    ("confidence", "n_answers", "decision"),
    [
        (0.99, 1, Decision.EXTEND),
        (0.79, 2, Decision.EXTEND),
        (0.81, 2, Decision.RESOLVE),
        (0.79, 5, Decision.DISPUTE),
        (0.81, 5, Decision.RESOLVE),
        (0.10, 9, Decision.DISPUTE),
    ],
)
def test_it_decides(confidence: float, n_answers: int, decision: Decision) -> None:
    assert decide(confidence, n_answers, min_overlap=2, max_overlap=5, target=0.9) is decision


@pytest.mark.parametrize(("target", "expected"), [(1.0, 1.0), (0.95, 0.9), (0.9, 0.8), (0.4, 0.0)])
def test_a_single_task_may_be_twice_as_doubtful_as_the_batch(target: float, expected: float) -> None:
    assert stopping.threshold(target) == pytest.approx(expected)


@given(st.floats(0, 1), st.integers(0, 30), st.integers(1, 10), st.integers(0, 10), st.floats(0.5, 1))
def test_it_never_asks_beyond_the_maximum_nor_settles_below_the_minimum(
    confidence: float, n_answers: int, least: int, more: int, target: float
) -> None:
    decision = decide(confidence, n_answers, min_overlap=least, max_overlap=least + more, target=target)
    if n_answers >= least + more:
        assert decision is not Decision.EXTEND
    if n_answers < least:
        assert decision is Decision.EXTEND


@pytest.mark.parametrize(("least", "most", "target"), [(0, 5, 0.9), (3, 2, 0.9), (2, 5, 0.0), (2, 5, 1.1)])
def test_it_refuses_rules_that_make_no_sense(least: int, most: int, target: float) -> None:
    with pytest.raises(ValueError, match=r"overlap|target"):
        decide(0.5, 2, min_overlap=least, max_overlap=most, target=target)


@pytest.mark.parametrize(("fixed", "most"), [(1, 3), (4.8, 3), (7, 4), (10, 5), (20, 7)])
def test_it_halves_a_fixed_overlap_within_bounds(fixed: float, most: int) -> None:
    assert stopping.max_overlap_instead_of(fixed) == most


def test_it_asks_the_expert_at_once_where_no_answer_to_come_could_settle_it() -> None:
    rules = {"min_overlap": 2, "max_overlap": 5, "target": 0.9}
    assert decide(0.5, 2, **rules, reachable=0.79) is Decision.DISPUTE  # type: ignore[arg-type]
    assert decide(0.5, 2, **rules, reachable=0.81) is Decision.EXTEND  # type: ignore[arg-type]
    assert decide(0.5, 1, **rules, reachable=0.1) is Decision.EXTEND  # type: ignore[arg-type]


def test_it_hopes_for_answers_as_good_as_the_best_so_far() -> None:
    good = np.array([[9.0, 1.0], [1.0, 9.0]])
    counts = np.stack([good, good / 10])
    even = [0.5, 0.5]
    assert reachable([0, 1], counts, even, 0) == of_task([0, 1], counts, even).max()
    one, two = (reachable([0, 1], counts, even, more) for more in (1, 2))
    assert of_task([0, 1], counts, even).max() < one < two < 1
