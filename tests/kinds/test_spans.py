"""Marking stretches of a text."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.kinds import spans
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid

NAMES = spans.parse({"column": "text", "labels": ["who", "where"]})
EXACT = spans.parse({"column": "text", "labels": ["who", "where"], "match": "exact"})
LAYERS = spans.parse({"column": "text", "labels": ["who", "where"], "overlap": True})


def who(start: int, end: int) -> dict[str, Any]:
    return {"start": start, "end": end, "label": "who"}


def where(start: int, end: int) -> dict[str, Any]:
    return {"start": start, "end": end, "label": "where"}


@pytest.mark.parametrize(
    ("config", "place", "code"),
    [
        ({"labels": ["a"]}, "column", "column_invalid"),
        ({"column": "text", "labels": []}, "labels", "options_count"),
        ({"column": "text", "labels": ["a", "a"]}, "labels.1", "option_twice"),
        ({"column": "text", "labels": ["a"], "match": "near"}, "match", "word_unknown"),
        ({"column": "text", "labels": ["a"], "overlap": 1}, "overlap", "not_true_or_false"),
        ({"column": "text", "labels": ["a"], "min": 3, "max": 2}, "min", "min_above_max"),
        ({"column": "text", "labels": ["a"], "required_labels": ["b"]}, "required_labels.0", "label_unknown"),
        (
            {"column": "text", "labels": ["a", "b"], "required_labels": ["a", "b"], "max": 1},
            "required_labels",
            "required_above_max",
        ),
        ({"column": "text", "labels": ["a"], "gold_score": "0.5"}, "gold_score", "number_out_of_range"),
        ({"column": "text", "labels": ["a"], "granularity": "word"}, "granularity", "setting_unknown"),
    ],
)
def test_it_refuses_a_config_and_names_the_field(config: dict[str, object], place: str, code: str) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        spans.parse(config)
    assert [(problem.where, problem.code) for problem in refusal.value.problems] == [(place, code)]


def test_it_stores_spans_by_their_start() -> None:
    assert spans.canonical(NAMES, [{**where(9, 12), "end": 12.0}, who(0, 4)]) == [who(0, 4), where(9, 12)]


def test_a_single_label_need_not_be_repeated() -> None:
    one = spans.parse({"column": "text", "labels": ["who"]})
    assert spans.canonical(one, [{"start": 0, "end": 4}]) == [who(0, 4)]


@pytest.mark.parametrize(
    ("answer", "place", "code"),
    [
        ({"start": 0, "end": 1}, "", "not_a_list"),
        ([who(0, 1)] * 501, "", "too_many"),
        ([5], "0", "not_an_object"),
        ([who(0, 2), {**who(4, 6), "id": "x"}], "1", "key_unknown"),
        ([{"end": 4, "label": "who"}], "0.start", "place_invalid"),
        ([who(-1, 4)], "0.start", "place_invalid"),
        ([{**who(0, 4), "end": 4.5}], "0.end", "place_invalid"),
        ([{**who(0, 4), "start": False}], "0.start", "place_invalid"),
        ([{"start": 0, "end": 4}], "0.label", "label_unknown"),
        ([{**who(0, 4), "label": "when"}], "0.label", "label_unknown"),
        ([who(4, 4)], "0.end", "range_empty"),
        ([who(3, 6), who(0, 4)], "0", "range_overlaps"),
        ([who(0, 4), who(0, 4)], "1", "range_overlaps"),
        ([who(0, 4), where(3, 6)], "1", "range_overlaps"),
    ],
)
def test_it_refuses_an_answer_and_names_the_place(answer: object, place: str, code: str) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        spans.validate(NAMES, answer)
    assert [(problem.where, problem.code) for problem in refusal.value.problems] == [(place, code)]


def test_labels_may_overlap_where_they_may_but_never_one_with_itself() -> None:
    assert spans.canonical(LAYERS, [who(0, 9), where(4, 6)]) == [who(0, 9), where(4, 6)]
    with pytest.raises(AnswerInvalid) as refusal:
        spans.validate(LAYERS, [who(0, 9), where(4, 6), who(8, 10)])
    assert refusal.value.problems[0][:2] == ("2", "range_overlaps")


def test_a_label_can_be_required() -> None:
    strict = spans.parse({"column": "text", "labels": ["who", "where"], "required_labels": ["where"]})
    spans.validate(strict, [where(0, 4)])
    with pytest.raises(AnswerInvalid) as refusal:
        spans.validate(strict, [who(0, 4)])
    assert refusal.value.problems[0].code == "label_missing"


def test_spans_must_end_within_the_text_counted_in_code_points() -> None:
    text = "caf\u00e9 \U0001f600"
    spans.fits(NAMES, [who(0, 6)], {"text": text})
    with pytest.raises(AnswerInvalid) as refusal:
        spans.fits(NAMES, [who(0, 4), who(5, 7)], {"text": text})
    assert refusal.value.problems[0][:2] == ("1.end", "past_the_end")
    with pytest.raises(AnswerInvalid) as refusal:
        spans.fits(NAMES, [], {"title": text})
    assert refusal.value.problems[0].code == "column_missing"


def test_it_agrees_by_the_characters_both_marked() -> None:
    assert spans.agree(NAMES, [who(0, 10)], [who(5, 10)]) == pytest.approx(2 * 5 / 15)
    assert spans.agree(NAMES, [who(0, 10)], [who(10, 20)]) == 0
    assert spans.agree(NAMES, [], []) == 1
    assert spans.agree(NAMES, [], [who(0, 1)]) == 0


def test_the_right_place_under_the_wrong_label_counts_half() -> None:
    assert spans.agree(NAMES, [who(0, 10)], [where(0, 10)]) == 0.5
    # where both have a label right, what is left of the other is not matched with it
    assert spans.agree(LAYERS, [who(0, 10)], [who(0, 10), where(0, 10)]) == pytest.approx(2 / 3)


def test_it_agrees_by_whole_spans_where_asked() -> None:
    one: list[Any] = [who(0, 10), where(20, 25)]
    other: list[Any] = [who(0, 10), where(20, 24)]
    assert spans.agree(EXACT, one, other) == 0.5
    assert spans.agree(NAMES, one, other) > 0.9


def test_ends_go_to_where_enough_of_the_weight_has_reached() -> None:
    answers: list[Any] = [[who(0, 10)], [who(2, 10)], [who(2, 14)]]
    assert spans.merge(NAMES, answers, [0.8, 0.8, 0.8]).value == [who(2, 10)]
    assert spans.merge(NAMES, answers, [0.6, 0.6, 0.95]).value == [who(2, 14)]


def test_two_of_five_are_enough_and_one_of_three_is_not() -> None:
    assert spans.merge(NAMES, [[who(0, 4)], [who(0, 4)], [], [], []], [0.8] * 5).value == [who(0, 4)]
    assert spans.merge(NAMES, [[who(0, 4)], [], []], [0.8] * 3).value == []


def test_a_stretch_gets_the_label_most_gave_it_unless_labels_may_overlap() -> None:
    answers: list[Any] = [[who(0, 4)], [where(0, 4)], [where(0, 4)], [who(0, 4)], [where(0, 4)]]
    assert spans.merge(NAMES, answers, [0.8] * 5).value == [where(0, 4)]
    assert spans.merge(LAYERS, answers, [0.8] * 5).value == [where(0, 4), who(0, 4)]


def test_neighbours_stay_apart_where_most_kept_them_apart() -> None:
    apart: list[Any] = [who(0, 4), who(4, 9)]
    assert spans.merge(NAMES, [apart, apart, [who(0, 9)]], [0.8] * 3).value == apart
    assert spans.merge(NAMES, [apart, [who(0, 9)], [who(0, 9)]], [0.8] * 3).value == [who(0, 9)]


def test_a_span_in_dispute_is_the_less_sure_one() -> None:
    answers: list[Any] = [[who(0, 4), who(8, 12)], [who(0, 4), who(8, 12)], [who(0, 4)]]
    merged = spans.merge(NAMES, answers, [0.8] * 3)
    assert merged.parts["0"] > merged.parts["1"]


def test_that_nothing_is_there_is_an_answer_too() -> None:
    nothing = spans.merge(NAMES, [[], [], []], [0.8] * 3)
    assert (nothing.value, nothing.confidence > 0.95) == ([], True)
    assert spans.merge(NAMES, [[]], [0.7]).confidence == pytest.approx(0.7)


def test_a_vote_with_too_many_spans_gives_way_to_the_answer_most_like_the_others() -> None:
    few = spans.parse({"column": "text", "labels": ["who"], "max": 1})
    answers: list[Any] = [[who(0, 4)], [who(0, 5)], [who(8, 12)], [who(8, 12)], [who(8, 12)]]
    assert spans.merge(few, answers, [0.8] * 5).value == [who(8, 12)]


def test_it_passes_gold_from_a_score_on() -> None:
    assert spans.grade(NAMES, [who(0, 9)], [who(0, 10)]).passed
    assert not spans.grade(NAMES, [who(0, 5)], [who(0, 10)]).passed


def test_it_has_no_class_codes() -> None:
    with pytest.raises(LookupError):
        spans.value_of(NAMES, 0)
