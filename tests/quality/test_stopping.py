"""Enough, one more, or an expert."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quality.promise import stopping
from tasks.quality.promise.stopping import Decision, Rule, of_all


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
    assert Rule(0.8, min_overlap=2, max_overlap=5).decide(confidence, n_answers) is decision


@pytest.mark.parametrize(("target", "expected"), [(1.0, 1.0), (0.95, 0.9), (0.9, 0.8), (0.4, 0.0)])
def test_a_single_task_may_be_twice_as_doubtful_as_the_batch(target: float, expected: float) -> None:
    assert stopping.threshold(target) == pytest.approx(expected)


@pytest.mark.parametrize("target", [0.0, 1.1])
def test_it_refuses_targets_that_make_no_sense(target: float) -> None:
    with pytest.raises(ValueError, match="target"):
        stopping.threshold(target)


@given(st.floats(0, 1), st.integers(0, 30), st.integers(1, 10), st.integers(0, 10), st.floats(0, 1))
def test_it_never_asks_beyond_the_maximum_nor_settles_below_the_minimum(
    confidence: float, n_answers: int, least: int, more: int, threshold: float
) -> None:
    decision = Rule(threshold, least, least + more).decide(confidence, n_answers)
    if n_answers >= least + more:
        assert decision is not Decision.EXTEND
    if n_answers < least:
        assert decision is Decision.EXTEND


@pytest.mark.parametrize(("least", "most"), [(0, 1), (3, 2)])
def test_it_refuses_an_overlap_out_of_order(least: int, most: int) -> None:
    with pytest.raises(ValueError, match="overlap"):
        Rule(0.8, least, most)


@pytest.mark.parametrize(("fixed", "most"), [(1, 3), (4.8, 3), (7, 4), (10, 5), (20, 7)])
def test_it_halves_a_fixed_overlap_within_bounds(fixed: float, most: int) -> None:
    assert stopping.max_overlap_instead_of(fixed) == most


def test_it_asks_the_expert_at_once_where_no_answer_to_come_could_settle_it() -> None:
    rule = Rule(0.8, min_overlap=2, max_overlap=5)
    assert rule.decide(0.5, 2, reachable=0.79) is Decision.DISPUTE
    assert rule.decide(0.5, 2, reachable=0.81) is Decision.EXTEND
    assert rule.decide(0.5, 1, reachable=0.1) is Decision.EXTEND


def test_a_rule_above_one_settles_nothing() -> None:
    assert Rule(2.0, 1, 2).decide(1.0, 2) is Decision.DISPUTE


@pytest.mark.parametrize(
    ("decisions", "what"),
    [
        ([Decision.RESOLVE, Decision.RESOLVE], Decision.RESOLVE),
        ([Decision.RESOLVE, Decision.EXTEND], Decision.EXTEND),
        ([Decision.EXTEND, Decision.DISPUTE, Decision.RESOLVE], Decision.DISPUTE),
    ],
)
def test_a_task_is_settled_when_each_of_its_questions_is(decisions: list[Decision], what: Decision) -> None:
    assert of_all(decisions) is what


def test_a_task_without_questions_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="question"):
        of_all([])
