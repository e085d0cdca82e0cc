"""Giving a number."""

from __future__ import annotations

import math

import pytest
from scipy.integrate import quad

from marketplace.kinds import number
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid
from marketplace.kinds.weights import nearness

PRICE = number.parse({"min": 0, "max": 100, "step": 0.01, "unit": "EUR", "tolerance": 0.5})


@pytest.mark.parametrize(
    ("config", "where", "code"),
    [
        ({"min": 2, "max": 2}, "min", "min_above_max"),
        ({"min": math.nan}, "min", "number_out_of_range"),
        ({"max": math.inf}, "max", "number_out_of_range"),
        ({"max": 10**400}, "max", "number_out_of_range"),
        ({"step": 0}, "step", "number_out_of_range"),
        ({"unit": 5}, "unit", "text_invalid"),
        ({"tolerance": -1}, "tolerance", "number_out_of_range"),
        ({"tolerance": 1.5, "relative": True}, "tolerance", "number_out_of_range"),
        ({"relative": "yes"}, "relative", "not_true_or_false"),
        ({"minimum": 5}, "minimum", "setting_unknown"),
    ],
)
def test_it_refuses_a_config_and_names_the_field(config: dict[str, object], where: str, code: str) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        number.parse(config)
    assert [(problem.where, problem.code) for problem in refusal.value.problems] == [(where, code)]


def test_it_stores_one_form_of_a_number() -> None:
    stored = number.canonical(PRICE, 5.0)
    assert (stored, type(stored)) == (5, int)
    assert number.canonical(PRICE, 0.1 + 0.2) == 0.3
    assert str(number.canonical(number.parse({}), -0.0)) == "0"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("5", "not_a_number"),
        (True, "not_a_number"),
        (math.nan, "not_a_number"),
        (math.inf, "not_a_number"),
        (10**400, "not_a_number"),
        (-0.01, "too_small"),
        (100.01, "too_large"),
        (0.005, "off_step"),
    ],
)
def test_it_refuses_an_answer(answer: object, code: str) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        number.validate(PRICE, answer)
    assert [problem.code for problem in refusal.value.problems] == [code]


def test_steps_are_counted_from_the_least_number() -> None:
    odd = number.parse({"min": 1, "step": 2})
    assert number.canonical(odd, 7) == 7
    with pytest.raises(AnswerInvalid):
        number.validate(odd, 8)


def test_it_agrees_fully_within_the_tolerance_and_less_beyond() -> None:
    assert number.agree(PRICE, 10, 10.5) == 1
    assert number.agree(PRICE, 10, 11) == 0.5
    assert number.agree(number.parse({}), 10, 10.001) == 0


def test_a_relative_tolerance_is_a_share_of_the_larger_number() -> None:
    tenth = number.parse({"tolerance": 0.1, "relative": True})
    assert number.agree(tenth, 90, 100) == number.agree(tenth, 100, 90) == 1
    assert number.agree(tenth, 1, 2) == pytest.approx(0.2)
    assert number.grade(tenth, 109, 100).passed
    assert not number.grade(tenth, 111, 100).passed


def test_it_takes_the_weighted_median_whatever_one_wild_answer_says() -> None:
    assert number.merge(PRICE, [10, 10.2, 99], [0.8, 0.8, 0.8]).value == 10.2
    assert number.merge(PRICE, [10, 20, 30], [0.3, 0.3, 0.95]).value == 30


def test_one_answer_is_worth_its_workers_accuracy() -> None:
    assert number.merge(PRICE, [50], [0.7]).confidence == pytest.approx(0.7)


def test_the_confidence_is_the_chance_of_lying_within_the_tolerance() -> None:
    answers, weights = [10, 10.4, 12], [0.8, 0.7, 0.6]
    merged = number.merge(PRICE, answers, weights)
    middle = 10.4

    def density(x: float) -> float:
        return math.exp(-sum(nearness(w) * abs(x - a) / 0.5 for a, w in zip(answers, weights, strict=True)))

    kinks = [10, 10.4, 12]
    total = quad(density, 0, 30, points=kinks, limit=200)[0]
    within = quad(density, middle - 0.5, middle + 0.5, points=[10, 10.4], limit=200)[0]
    assert merged.value == middle
    assert merged.confidence == pytest.approx(within / total, rel=1e-6)


def test_numbers_that_differ_leave_more_doubt_than_numbers_that_agree() -> None:
    weights = [0.8, 0.8, 0.8]
    near = number.merge(PRICE, [10, 10.1, 10.2], weights).confidence
    far = number.merge(PRICE, [5, 10, 15], weights).confidence
    assert near > 0.95 > 0.9 > far


def test_without_a_tolerance_numbers_are_names() -> None:
    year = number.parse({"step": 1})
    merged = number.merge(year, [1987, 1987, 1991, 1993, 2001], [0.6] * 5)
    assert merged.value == 1987
    assert number.merge(year, [1987], [0.6]).confidence == pytest.approx(0.6)


def test_a_middle_between_two_answers_stays_on_a_step() -> None:
    count = number.parse({"step": 1, "tolerance": 2})
    assert number.merge(count, [3, 6], [0.8, 0.8]).value in (4, 5)


def test_it_has_no_class_codes() -> None:
    with pytest.raises(LookupError):
        number.value_of(PRICE, 0)
