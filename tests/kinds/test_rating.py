"""Rating on a scale."""

from __future__ import annotations

import math

import pytest

from marketplace.kinds import rating
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Grade

STARS = rating.parse({"labels": {"1": "poor", "5": "great"}})


def test_it_has_five_points_unless_told() -> None:
    assert list(STARS.points) == [1, 2, 3, 4, 5]
    assert STARS.labels == ((1, "poor"), (5, "great"))


@pytest.mark.parametrize(
    ("config", "where", "code"),
    [
        ({"min": 5, "max": 5}, "max", "points_count"),
        ({"min": 0, "max": 101}, "max", "points_count"),
        ({"min": 1.5}, "min", "number_out_of_range"),
        ({"max": True}, "max", "number_out_of_range"),
        ({"labels": ["poor"]}, "labels", "labels_not_an_object"),
        ({"labels": {"6": "superb"}}, "labels.6", "label_off_scale"),
        ({"labels": {"5": " "}}, "labels.5", "label_invalid"),
        ({"gold_distance": -1}, "gold_distance", "number_out_of_range"),
        ({"stars": 5}, "stars", "setting_unknown"),
    ],
)
def test_it_refuses_a_config_and_names_the_field(config: dict[str, object], where: str, code: str) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        rating.parse(config)
    assert [(problem.where, problem.code) for problem in refusal.value.problems] == [(where, code)]


def test_it_stores_a_whole_number() -> None:
    assert rating.canonical(STARS, 3.0) == 3
    assert isinstance(rating.canonical(STARS, 3.0), int)


@pytest.mark.parametrize("answer", [0, 6, 2.5, "3", True, None, [3]])
def test_it_refuses_what_is_not_on_the_scale(answer: object) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        rating.validate(STARS, answer)
    assert refusal.value.problems[0].code == "not_on_scale"


def test_it_agrees_by_the_distance_on_the_scale() -> None:
    assert [rating.agree(STARS, 1, other) for other in STARS.points] == [1, 0.75, 0.5, 0.25, 0]


def test_it_takes_the_weighted_median() -> None:
    assert rating.merge(STARS, [1, 4, 5], [0.7, 0.7, 0.7]).value == 4
    assert rating.merge(STARS, [1, 4, 5], [0.95, 0.5, 0.5]).value == 1


def test_it_meets_in_the_middle_when_two_equals_are_two_apart() -> None:
    assert rating.merge(STARS, [2, 4], [0.8, 0.8]).value == 3


def test_one_answer_is_about_as_likely_right_as_its_worker() -> None:
    assert rating.merge(STARS, [3], [0.7]).confidence == pytest.approx(0.7, abs=0.06)
    on_average = sum(rating.merge(STARS, [point], [0.7]).confidence for point in STARS.points) / 5
    assert on_average == pytest.approx(0.7, abs=1e-6)


def test_neighbours_are_likelier_than_far_points() -> None:
    parts = rating.merge(STARS, [4], [0.7]).parts
    assert parts["4"] > parts["5"] > parts["2"] > parts["1"]
    assert parts["5"] == pytest.approx(parts["3"])
    assert math.fsum(parts.values()) == pytest.approx(1)


def test_a_worker_at_chance_tells_nothing() -> None:
    assert rating.merge(STARS, [5, 1, 1, 1], [0.8, 0.2, 0.2, 0.1]).value == 5
    assert rating.merge(STARS, [2, 4, 5], [0.1, 0.1, 0.1]).confidence == pytest.approx(0.2)


def test_it_passes_gold_by_the_points_between() -> None:
    assert not rating.grade(STARS, 4, 5).passed
    lenient = rating.parse({"gold_distance": 1})
    assert rating.grade(lenient, 4, 5) == Grade(0.75, True)
    assert not rating.grade(lenient, 3, 5).passed


def test_it_codes_points_from_below() -> None:
    assert [rating.label(STARS, point) for point in STARS.points] == [0, 1, 2, 3, 4]
    assert rating.value_of(STARS, 4) == 5
    with pytest.raises(LookupError):
        rating.value_of(STARS, 5)
    with pytest.raises(LookupError):
        rating.label(STARS, 6)


def test_it_has_no_classes_on_a_fine_scale() -> None:
    percent = rating.parse({"min": 0, "max": 100})
    assert rating.n_labels(percent) is None
    assert rating.label(percent, 7) is None
