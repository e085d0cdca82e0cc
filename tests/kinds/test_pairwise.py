"""Saying which of two is better."""

from __future__ import annotations

import pytest

from marketplace.kinds import pairwise
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Grade

PAIR = pairwise.parse({"left": "answer_a", "right": "answer_b"})
NO_TIE = pairwise.parse({"left": "answer_a", "right": "answer_b", "tie": False})


@pytest.mark.parametrize(
    ("config", "where", "code"),
    [
        ({"left": "a"}, "right", "column_invalid"),
        ({"left": "a", "right": "a"}, "right", "column_twice"),
        ({"left": 5, "right": "a"}, "left", "column_invalid"),
        ({"left": "a", "right": "b", "tie": 1}, "tie", "not_true_or_false"),
        ({"left": "a", "right": "b", "middle": "c"}, "middle", "setting_unknown"),
    ],
)
def test_it_refuses_a_config_and_names_the_field(config: dict[str, object], where: str, code: str) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        pairwise.parse(config)
    assert [(problem.where, problem.code) for problem in refusal.value.problems] == [(where, code)]


@pytest.mark.parametrize("answer", ["tie", "answer_a", "Left", 0, None, ["left"]])
def test_it_refuses_what_is_not_a_side(answer: object) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        pairwise.validate(NO_TIE, answer)
    assert refusal.value.problems[0].code == "option_unknown"


def test_it_needs_both_columns_in_the_row() -> None:
    pairwise.fits(PAIR, "left", {"answer_a": "yes", "answer_b": "no"})
    with pytest.raises(AnswerInvalid) as refusal:
        pairwise.fits(PAIR, "left", {"answer_a": "", "answer_c": "no"})
    assert [problem.code for problem in refusal.value.problems] == ["column_missing"] * 2


def test_a_tie_agrees_half_with_either_side() -> None:
    assert pairwise.agree(PAIR, "left", "tie") == 0.5
    assert pairwise.agree(PAIR, "left", "right") == 0.0


def test_it_takes_the_more_probable_side() -> None:
    assert pairwise.merge(PAIR, ["left", "right", "right"], [0.95, 0.5, 0.5]).value == "left"


def test_sides_that_balance_make_a_tie_where_there_may_be_one() -> None:
    assert pairwise.merge(PAIR, ["left", "right"], [0.8, 0.8]).value == "tie"
    assert pairwise.merge(NO_TIE, ["left", "right"], [0.8, 0.8]).value == "left"


def test_it_passes_gold_only_when_it_is_the_same() -> None:
    assert pairwise.grade(PAIR, "tie", "left") == Grade(0.5, False)
    assert pairwise.grade(PAIR, "left", "left").passed


def test_its_classes_are_the_sides_and_the_tie() -> None:
    assert [pairwise.value_of(PAIR, code) for code in range(3)] == ["left", "right", "tie"]
    assert pairwise.n_labels(NO_TIE) == 2
    with pytest.raises(LookupError):
        pairwise.label(NO_TIE, "tie")
