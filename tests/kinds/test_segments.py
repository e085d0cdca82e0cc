"""Marking stretches of a recording."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.kinds import segments
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid

SOUNDS = segments.parse({"column": "audio", "labels": ["dog", "bell"], "length_column": "seconds"})


def dog(start: float, end: float) -> dict[str, Any]:
    return {"start": start, "end": end, "label": "dog"}


def bell(start: float, end: float) -> dict[str, Any]:
    return {"start": start, "end": end, "label": "bell"}


@pytest.mark.parametrize(
    ("extra", "place", "code"),
    [
        ({"length_column": 5}, "length_column", "column_invalid"),
        ({"column": ""}, "column", "column_invalid"),
        ({"labels": "dog"}, "labels", "options_missing"),
        ({"match": "exact"}, "match", "setting_unknown"),
    ],
)
def test_it_refuses_a_config_and_names_the_field(extra: dict[str, object], place: str, code: str) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        segments.parse({"column": "audio", "labels": ["dog"], **extra})
    assert [(problem.where, problem.code) for problem in refusal.value.problems] == [(place, code)]


def test_it_stores_times_to_the_millisecond() -> None:
    assert segments.canonical(SOUNDS, [dog(1.00049, 2)]) == [dog(1, 2)]


@pytest.mark.parametrize(
    ("answer", "place", "code"),
    [
        ([dog(2, 1)], "0.end", "range_empty"),
        ([dog(1, 1.0002)], "0.end", "range_empty"),
        ([dog(-0.5, 1)], "0.start", "place_invalid"),
        ([dog(0, float("nan"))], "0.end", "place_invalid"),
        ([dog(0, 2), bell(1, 3)], "1", "range_overlaps"),
    ],
)
def test_it_refuses_an_answer_and_names_the_place(answer: object, place: str, code: str) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        segments.validate(SOUNDS, answer)
    assert [(problem.where, problem.code) for problem in refusal.value.problems] == [(place, code)]


@pytest.mark.parametrize("length", [10, 10.0, "10", " 10.0 "])
def test_segments_must_end_within_the_recording_where_its_length_is_known(length: object) -> None:
    row = {"audio": "a.wav", "seconds": length}
    segments.fits(SOUNDS, [dog(0, 10)], row)
    with pytest.raises(AnswerInvalid) as refusal:
        segments.fits(SOUNDS, [dog(0, 1), dog(9, 10.5)], row)
    assert refusal.value.problems[0][:2] == ("1.end", "past_the_end")


def test_any_end_fits_where_the_length_is_not_known() -> None:
    segments.fits(SOUNDS, [dog(0, 9999)], {"audio": "a.wav"})
    segments.fits(SOUNDS, [dog(0, 9999)], {"audio": "a.wav", "seconds": "long"})
    with pytest.raises(AnswerInvalid):
        segments.fits(SOUNDS, [dog(0, 1)], {"seconds": 10})


def test_it_agrees_by_time_marked_alike_over_time_marked_by_either() -> None:
    assert segments.agree(SOUNDS, [dog(0, 4)], [dog(2, 6)]) == pytest.approx(2 / 6)
    assert segments.agree(SOUNDS, [dog(0, 4)], [bell(0, 4)]) == 0.5
    assert segments.agree(SOUNDS, [], []) == 1


def test_ends_go_to_where_enough_of_the_weight_has_reached() -> None:
    answers: list[Any] = [[dog(1.0, 4.1)], [dog(1.1, 4.2)], [dog(0.2, 4.15)]]
    assert segments.merge(SOUNDS, answers, [0.8] * 3).value == [dog(1.0, 4.15)]


def test_turns_that_touch_stay_apart_though_nobody_ends_them_at_the_same_moment() -> None:
    answers: list[Any] = [
        [dog(0, 5.02), dog(5.02, 9)],
        [dog(0, 4.95), dog(4.95, 9)],
        [dog(0, 5), dog(5, 9)],
    ]
    assert segments.merge(SOUNDS, answers, [0.8] * 3).value == [dog(0, 5), dog(5, 9)]


def test_two_breaks_of_one_answer_are_two_however_near() -> None:
    short: list[Any] = [dog(0, 0.1), dog(0.1, 0.2), dog(0.2, 0.3)]
    assert segments.merge(SOUNDS, [short, short], [0.8] * 2).value == short


def test_the_confidence_is_less_where_there_is_dispute() -> None:
    alike = segments.merge(SOUNDS, [[dog(0, 4)]] * 3, [0.8] * 3)
    split = segments.merge(SOUNDS, [[dog(0, 4)], [dog(0, 4), bell(6, 9)], [dog(1, 4)]], [0.8] * 3)
    assert alike.confidence > split.confidence
    assert alike.confidence == pytest.approx(alike.parts["0"])


def test_it_passes_gold_from_a_score_on() -> None:
    assert segments.grade(SOUNDS, [dog(0, 8)], [dog(0, 10)]).passed
    assert not segments.grade(SOUNDS, [dog(0, 6)], [dog(0, 10)]).passed


def test_it_has_no_class_codes() -> None:
    with pytest.raises(LookupError):
        segments.value_of(SOUNDS, 0)
