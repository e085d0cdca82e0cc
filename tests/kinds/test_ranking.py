"""Putting items in order."""

from __future__ import annotations

import math
from itertools import combinations, pairwise, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from marketplace.kinds import orders, ranking
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid

FRUIT = ranking.parse({"options": ["apple", "pear", "plum"]})


@pytest.mark.parametrize(
    ("config", "where", "code"),
    [
        ({"options": ["a"]}, "options", "options_count"),
        ({"options": list(range(51))}, "options", "options_count"),
        ({"options": ["a", "b"], "gold_score": 2}, "gold_score", "number_out_of_range"),
        ({"options": ["a", "b"], "columns": "yes"}, "columns", "not_true_or_false"),
        ({"options": ["a", "b"], "ties": True}, "ties", "setting_unknown"),
    ],
)
def test_it_refuses_a_config_and_names_the_field(config: dict[str, object], where: str, code: str) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        ranking.parse(config)
    assert [(problem.where, problem.code) for problem in refusal.value.problems] == [(where, code)]


@pytest.mark.parametrize(
    ("answer", "where", "code"),
    [
        ("apple", "", "not_a_list"),
        (["apple", "pear"], "", "items_count"),
        (["apple", "pear", "fig"], "2", "option_unknown"),
        (["apple", "pear", "apple"], "2", "item_twice"),
        (["apple", "pear", ["plum"]], "2", "option_unknown"),
    ],
)
def test_it_refuses_an_answer_and_names_the_place(answer: object, where: str, code: str) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        ranking.validate(FRUIT, answer)
    assert [(problem.where, problem.code) for problem in refusal.value.problems] == [(where, code)]


def test_items_that_are_columns_must_be_in_the_row() -> None:
    columns = ranking.parse({"options": ["a", "b"], "columns": True})
    ranking.fits(columns, ["a", "b"], {"a": "x", "b": "y"})
    ranking.fits(FRUIT, ["apple", "pear", "plum"], {})
    with pytest.raises(AnswerInvalid) as refusal:
        ranking.fits(columns, ["a", "b"], {"a": "x"})
    assert refusal.value.problems[0].code == "column_missing"


@given(st.permutations(list("abcde")), st.permutations(list("abcde")))
def test_it_agrees_by_kendalls_tau(a: list[Any], b: list[Any]) -> None:
    five = ranking.parse({"options": list("abcde")})
    tau = kendalltau([a.index(item) for item in "abcde"], [b.index(item) for item in "abcde"]).statistic
    assert ranking.agree(five, a, b) == pytest.approx((tau + 1) / 2)


def test_the_order_that_contradicts_the_workers_least_wins() -> None:
    answers: list[Any] = [["apple", "pear", "plum"], ["apple", "plum", "pear"], ["plum", "apple", "pear"]]
    assert ranking.merge(FRUIT, answers, [0.8, 0.8, 0.8]).value == ["apple", "plum", "pear"]
    assert ranking.merge(FRUIT, answers, [0.95, 0.6, 0.6]).value == ["apple", "pear", "plum"]


def test_a_worker_no_better_than_chance_counts_for_nothing() -> None:
    answers: list[Any] = [["apple", "pear", "plum"], ["plum", "pear", "apple"], ["plum", "pear", "apple"]]
    assert ranking.merge(FRUIT, answers, [0.7, 0.5, 0.3]).value == answers[0]
    unknown = ranking.merge(FRUIT, answers, [0.5, 0.5, 0.5])
    assert unknown.value == answers[1]
    assert unknown.confidence == pytest.approx(0.5)


def test_one_answer_is_worth_its_workers_accuracy_on_a_pair() -> None:
    merged = ranking.merge(FRUIT, [["pear", "apple", "plum"]], [0.7])
    assert merged.confidence == pytest.approx(0.7)
    assert merged.parts == pytest.approx({"apple": 0.7, "pear": 0.7, "plum": 0.7})


def test_an_item_in_dispute_is_the_less_sure_one() -> None:
    answers: list[Any] = [["apple", "pear", "plum"], ["apple", "plum", "pear"], ["apple", "pear", "plum"]]
    parts = ranking.merge(FRUIT, answers, [0.8] * 3).parts
    assert parts["apple"] > parts["pear"]


def cost(order: tuple[int, ...], for_first: orders.FloatArray) -> float:
    return math.fsum(for_first[other, one] for one, other in combinations(order, 2))


@given(st.integers(0, 10_000), st.integers(2, 6))
def test_few_items_are_ordered_exactly(seed: int, n: int) -> None:
    for_first = np.random.default_rng(seed).random((n, n))
    found = orders.kemeny(for_first)
    cheapest = min(cost(order, for_first) for order in permutations(range(n)))
    assert cost(tuple(found), for_first) == pytest.approx(cheapest)


@given(st.integers(0, 10_000))
def test_many_items_are_ordered_no_worse_than_by_borda(seed: int) -> None:
    for_first = np.random.default_rng(seed).random((14, 14))
    found = orders.kemeny(for_first)
    assert sorted(found) == list(range(14))
    assert cost(tuple(found), for_first) <= cost(tuple(orders.borda(for_first)), for_first) + 1e-9
    # no two neighbours would rather stand the other way round
    assert all(for_first[a, b] >= for_first[b, a] - 1e-9 for a, b in pairwise(found))


def test_it_passes_gold_when_enough_pairs_are_right() -> None:
    four = ranking.parse({"options": list("abcd")})
    assert ranking.grade(four, list("abdc"), list("abcd")).passed
    assert not ranking.grade(four, list("badc"), list("abcd")).passed


def test_it_has_no_class_codes() -> None:
    with pytest.raises(LookupError):
        ranking.value_of(FRUIT, 0)
