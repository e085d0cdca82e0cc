"""Choosing any number of options."""

from __future__ import annotations

import pytest

from marketplace.kinds import choices
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid

ANIMALS = choices.parse({"options": ["cat", "dog", "hen"]})


def test_it_lets_any_number_be_picked_unless_told() -> None:
    assert (ANIMALS.min, ANIMALS.max) == (0, 3)


@pytest.mark.parametrize(
    ("extra", "codes"),
    [
        ({"min": 3, "max": 2}, ["min_above_max"]),
        ({"min": -1}, ["number_out_of_range"]),
        ({"max": 4}, ["number_out_of_range"]),
        ({"min": True}, ["number_out_of_range"]),
    ],
)
def test_it_refuses_bounds_that_cannot_be_met(extra: dict[str, object], codes: list[str]) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        choices.parse({"options": ["a", "b", "c"], **extra})
    assert [problem.code for problem in refusal.value.problems] == codes


def test_it_stores_each_pick_once_in_the_order_of_the_options() -> None:
    assert choices.canonical(ANIMALS, ["hen", "cat", "hen"]) == ["cat", "hen"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("cat", "not_a_list"),
        (["cow"], "option_unknown"),
        ([], "too_few"),
        (["cat", "dog", "hen"], "too_many"),
    ],
)
def test_it_refuses_an_answer(answer: object, code: str) -> None:
    config = choices.parse({"options": ["cat", "dog", "hen"], "min": 1, "max": 2})
    with pytest.raises(AnswerInvalid) as refusal:
        choices.validate(config, answer)
    assert refusal.value.problems[0].code == code


def test_it_agrees_by_the_share_picked_by_both() -> None:
    assert choices.agree(ANIMALS, ["cat", "dog"], ["dog", "hen"]) == pytest.approx(1 / 3)
    assert choices.agree(ANIMALS, [], []) == 1.0


def test_it_decides_each_option_by_itself() -> None:
    merged = choices.merge(ANIMALS, [["cat"], ["cat", "dog"], ["hen"]], [0.8, 0.8, 0.8])
    assert merged.value == ["cat"]
    assert merged.confidence == pytest.approx(0.8**3)
    assert set(merged.parts) == {"cat", "dog", "hen"}


def test_it_keeps_to_the_bounds_when_it_merges() -> None:
    least = choices.parse({"options": ["cat", "dog", "hen"], "min": 2})
    assert choices.merge(least, [["cat", "dog"], ["cat", "hen"], ["cat", "hen"]], [0.9, 0.6, 0.6]).value == [
        "cat",
        "dog",
    ]
    most = choices.parse({"options": ["cat", "dog", "hen"], "max": 1})
    assert choices.merge(most, [["cat"], ["dog"], ["dog"]], [0.9, 0.8, 0.8]).value == ["dog"]


def test_it_passes_gold_only_when_the_sets_are_the_same() -> None:
    near = choices.grade(ANIMALS, ["cat", "dog"], ["cat"])
    assert (near.score, near.passed) == (0.5, False)
    assert choices.grade(ANIMALS, ["cat"], ["cat"]).passed


def test_it_has_no_class_codes() -> None:
    with pytest.raises(LookupError):
        choices.value_of(ANIMALS, 0)
