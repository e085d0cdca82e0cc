"""Choosing one option."""

from __future__ import annotations

import pytest

from marketplace.kinds import choice
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid

COLOURS = choice.parse({"options": ["red", {"value": "blue", "label": "Dark blue"}, 3]})


def test_it_reads_options_as_words_numbers_or_pairs() -> None:
    assert COLOURS.values == ("red", "blue", "3")
    assert [option.label for option in COLOURS.options] == ["red", "Dark blue", "3"]


@pytest.mark.parametrize(
    ("config", "codes"),
    [
        ({}, ["options_missing"]),
        ({"options": "ab"}, ["options_missing"]),
        ({"options": ["a"]}, ["options_count"]),
        ({"options": [str(n) for n in range(201)]}, ["options_count"]),
        ({"options": ["a", "a", ""]}, ["option_twice", "option_invalid"]),
        ({"options": ["a", {"value": "b", "label": 5}]}, ["option_label_invalid"]),
        ({"options": ["a", "b" * 101]}, ["option_too_long"]),
        ({"options": ["a", "b"], "optoins": 1}, ["setting_unknown"]),
    ],
)
def test_it_refuses_a_config_and_says_all_that_is_wrong(config: dict[str, object], codes: list[str]) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        choice.parse(config)
    assert [problem.code for problem in refusal.value.problems] == codes


def test_it_takes_a_number_for_its_digits() -> None:
    assert choice.canonical(COLOURS, 3) == "3"


@pytest.mark.parametrize("answer", ["green", "", None, True, ["red"], 3.0])
def test_it_refuses_what_is_not_an_option(answer: object) -> None:
    with pytest.raises(AnswerInvalid):
        choice.validate(COLOURS, answer)


def test_it_weighs_a_good_worker_above_two_poor_ones() -> None:
    merged = choice.merge(COLOURS, ["red", "blue", "blue"], [0.95, 0.5, 0.5])
    assert merged.value == "red"
    assert merged.parts["red"] == merged.confidence


def test_weights_of_one_half_add_nothing_to_a_yes_or_no() -> None:
    yes_no = choice.parse({"options": ["yes", "no"]})
    alone = choice.merge(yes_no, ["yes"], [0.8])
    crowded = choice.merge(yes_no, ["yes", "no", "no"], [0.8, 0.5, 0.5])
    assert crowded.confidence == pytest.approx(alone.confidence) == pytest.approx(0.8)


def test_it_ignores_a_worker_below_chance_instead_of_believing_the_opposite() -> None:
    assert choice.merge(COLOURS, ["red"], [0.01]).value == "red"


def test_it_codes_values_by_their_place() -> None:
    assert [choice.label(COLOURS, value) for value in COLOURS.values] == [0, 1, 2]
    assert choice.value_of(COLOURS, 2) == "3"
    with pytest.raises(LookupError):
        choice.value_of(COLOURS, 3)
    with pytest.raises(LookupError):
        choice.label(COLOURS, "green")


def test_it_has_no_classes_when_the_list_is_long() -> None:
    long = choice.parse({"options": list(range(51))})
    assert choice.n_labels(long) is None
    assert choice.label(long, "7") is None
    assert choice.merge(long, ["7", "7", "8"], [0.8] * 3).value == "7"


def test_it_refuses_to_merge_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        choice.merge(COLOURS, [], [])
