"""Drawing boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco

from marketplace.kinds import boxes
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Json
from marketplace.kinds.rectangles import corners
from marketplace.kinds.regions import Frame, regions_of

ANIMALS = boxes.parse({"labels": ["cat", "dog"]})
TURNED = boxes.parse({"labels": ["cat", "dog"], "rotated": True})
SIZE = {"width": 100, "height": 80}


def box(
    x: float, y: float, width: float, height: float, label: str = "cat", **more: object
) -> dict[str, Any]:
    return {"label": label, "x": x, "y": y, "width": width, "height": height, **more}


def drawn(*regions: dict[str, Any], config: boxes.Config = ANIMALS) -> Json:
    return boxes.canonical(config, {**SIZE, "regions": list(regions)})


def code_and_place(config: boxes.Config, *regions: object) -> tuple[str, str]:
    with pytest.raises(AnswerInvalid) as refusal:
        boxes.validate(config, {**SIZE, "regions": list(regions)})
    return refusal.value.problems[0].code, refusal.value.problems[0].where


def test_it_needs_labels_alone() -> None:
    assert boxes.describe(ANIMALS) == {
        "labels": [{"value": "cat", "label": "cat"}, {"value": "dog", "label": "dog"}],
        "required_labels": [],
        "min": 0,
        "max": 100,
        "gold_match": 0.5,
        "gold_f1": 0.7,
        "column": "",
        "rotated": False,
    }


@pytest.mark.parametrize(
    ("raw", "where", "code"),
    [
        ({}, "labels", "options_missing"),
        ({"labels": []}, "labels", "options_count"),
        ({"labels": ["a", "a"]}, "labels.1", "option_twice"),
        ({"labels": ["a"], "required_labels": ["b"]}, "required_labels.0", "label_unknown"),
        ({"labels": ["a"], "required_labels": "a"}, "required_labels", "not_a_list"),
        (
            {"labels": ["a", "b"], "required_labels": ["a", "b"], "max": 1},
            "required_labels",
            "required_above_max",
        ),
        ({"labels": ["a"], "min": 3, "max": 2}, "min", "min_above_max"),
        ({"labels": ["a"], "max": 501}, "max", "number_out_of_range"),
        ({"labels": ["a"], "gold_match": 0}, "gold_match", "number_out_of_range"),
        ({"labels": ["a"], "gold_f1": float("nan")}, "gold_f1", "number_out_of_range"),
        ({"labels": ["a"], "rotated": 1}, "rotated", "not_true_or_false"),
        ({"labels": ["a"], "colour": "red"}, "colour", "setting_unknown"),
    ],
)
def test_it_names_the_setting_that_is_wrong(raw: dict[str, object], where: str, code: str) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        boxes.parse(raw)
    assert [(problem.where, problem.code) for problem in refusal.value.problems] == [(where, code)]


def test_it_stores_boxes_without_ids_to_a_hundredth_of_a_pixel_by_label_and_place() -> None:
    answer = drawn(
        box(9, 9, 5, 5, "dog", id=7), box(30.12345, 4, 10, 10.006, id="x"), box(2, 4, 10, 10, id=1)
    )
    assert answer == {
        "width": 100,
        "height": 80,
        "regions": [
            {"label": "cat", "x": 2.0, "y": 4.0, "width": 10.0, "height": 10.0},
            {"label": "cat", "x": 30.12, "y": 4.0, "width": 10.0, "height": 10.01},
            {"label": "dog", "x": 9.0, "y": 9.0, "width": 5.0, "height": 5.0},
        ],
    }


def test_it_lets_a_hand_slip_half_a_pixel_and_moves_nothing() -> None:
    (stored,) = regions_of(drawn(box(-0.5, 0, 101, 80.5)))
    assert (stored["x"], stored["width"]) == (-0.5, 101.0)


@pytest.mark.parametrize(
    ("region", "code", "where"),
    [
        (box(-0.51, 0, 9, 9), "outside_image", "regions.0.x"),
        (box(95, 0, 5.51, 9), "outside_image", "regions.0.width"),
        (box(0, 75, 9, 5.51), "outside_image", "regions.0.height"),
        (box(0, 0, 0, 9), "box_empty", "regions.0.width"),
        (box(9, 9, 9, -4), "box_empty", "regions.0.height"),
        (box(9, 9, 9, 9, "cow"), "label_unknown", "regions.0.label"),
        (box(9, 9, 9, 9, rotation=5), "rotation_not_allowed", "regions.0.rotation"),
        (box(9, 9, 9, 9, depth=5), "key_unknown", "regions.0"),
        ({"label": "cat", "x": 1, "y": 1, "width": 5}, "number_invalid", "regions.0.height"),
    ],
)
def test_it_refuses_a_box_and_says_where(region: dict[str, Any], code: str, where: str) -> None:
    assert code_and_place(ANIMALS, region) == (code, where)


def test_it_refuses_the_same_box_twice_whatever_its_id() -> None:
    assert code_and_place(ANIMALS, box(1, 1, 5, 5, id=1), box(1, 1, 5, 5, id=2)) == (
        "region_twice",
        "regions.1",
    )


def test_it_asks_for_enough_boxes_and_for_every_required_label() -> None:
    config = boxes.parse({"labels": ["cat", "dog"], "min": 1, "max": 2, "required_labels": ["dog"]})
    assert code_and_place(config) == ("too_few", "regions")
    assert code_and_place(config, *[box(i, 1, 5, 5) for i in range(3)]) == ("too_many", "regions")
    assert code_and_place(config, box(1, 1, 5, 5)) == ("label_missing", "regions")


def test_it_turns_boxes_clockwise_about_their_centre() -> None:
    (stored,) = regions_of(drawn(box(40, 30, 20, 10, rotation=-270), config=TURNED))
    assert stored["rotation"] == 90.0
    # what was top left is top right after a quarter turn clockwise
    assert np.allclose(corners(stored), [(55, 25), (55, 45), (45, 45), (45, 25)])


def test_it_wants_every_corner_of_a_turned_box_on_the_image() -> None:
    boxes.validate(TURNED, {**SIZE, "regions": [box(0, 0, 20, 20)]})
    assert code_and_place(TURNED, box(0, 0, 20, 20, rotation=45)) == ("outside_image", "regions.0.y")


def test_it_agrees_by_intersection_over_union() -> None:
    assert boxes.agree(ANIMALS, drawn(box(0, 0, 10, 10)), drawn(box(5, 0, 10, 10))) == pytest.approx(1 / 3)


def test_it_agrees_less_for_every_box_only_one_has_drawn() -> None:
    one = drawn(box(0, 0, 10, 10))
    assert boxes.agree(ANIMALS, one, drawn(box(0, 0, 10, 10), box(50, 50, 10, 10))) == pytest.approx(1 / 2)
    assert boxes.agree(ANIMALS, one, drawn()) == 0
    assert boxes.agree(ANIMALS, drawn(), drawn()) == 1


def test_it_counts_half_for_the_right_place_under_the_wrong_label() -> None:
    assert boxes.agree(ANIMALS, drawn(box(0, 0, 10, 10)), drawn(box(0, 0, 10, 10, "dog"))) == 0.5


def test_it_matches_equal_labels_first() -> None:
    # the dog fits the cat's place better than the other cat does, and still is not taken for it
    one = drawn(box(0, 0, 10, 10))
    other = drawn(box(4, 0, 10, 10), box(0, 0, 10, 10, "dog"))
    assert boxes.agree(ANIMALS, one, other) == pytest.approx(60 / 140 / 2)


def test_it_matches_for_the_largest_sum_not_the_best_pair_first() -> None:
    # taking the best pair, 4 with 3, first would leave 0 and 7 to each other
    one, other = drawn(box(0, 0, 10, 10), box(4, 0, 10, 10)), drawn(box(3, 0, 10, 10), box(7, 0, 10, 10))
    assert boxes.agree(ANIMALS, one, other) == pytest.approx(7 / 13)


def test_it_does_not_agree_about_images_of_different_sizes() -> None:
    other = boxes.canonical(ANIMALS, {"width": 200, "height": 80, "regions": [box(0, 0, 10, 10)]})
    assert boxes.agree(ANIMALS, drawn(box(0, 0, 10, 10)), other) == 0


def test_it_measures_turned_boxes_where_they_are() -> None:
    square = box(40, 30, 20, 20)
    straight, diagonal = (drawn({**square, "rotation": turn}, config=TURNED) for turn in (0, 45))
    # a square and its diagonal have a regular octagon in common
    assert boxes.agree(TURNED, straight, diagonal) == pytest.approx(2**-0.5)


side = st.integers(1, 40).map(lambda halves: halves / 2)
some_box = st.builds(box, x=side, y=side, width=side.map(lambda s: s + 1), height=side.map(lambda s: s + 1))


@given(one=st.lists(some_box, min_size=1, max_size=4), other=st.lists(some_box, min_size=1, max_size=4))
def test_its_overlap_is_that_of_pycocotools(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    def edges(regions: list[dict[str, Any]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array([[each[key] for key in ("x", "y", "width", "height")] for each in regions])

    expected = coco.iou(edges(one), edges(other), [False] * len(other))
    found = ANIMALS.shape.likeness(one, other, Frame(100, 80))
    assert np.allclose(found, np.asarray(expected))


def test_it_merges_edge_by_edge_to_the_weighted_median() -> None:
    answers = [drawn(box(10, 10, 20, 20)), drawn(box(12, 9, 20, 20)), drawn(box(11, 14, 30, 20))]
    merged = boxes.merge(ANIMALS, answers, [0.8, 0.8, 0.8])
    assert merged.value == drawn(box(11, 10, 21, 20))


def test_it_meets_in_the_middle_of_two() -> None:
    merged = boxes.merge(ANIMALS, [drawn(box(10, 10, 20, 20)), drawn(box(12, 10, 22, 20))], [0.8, 0.8])
    assert merged.value == drawn(box(11, 10, 21, 20))


def test_it_keeps_what_is_there_more_likely_than_not() -> None:
    seen, other = box(10, 10, 20, 20), box(60, 40, 20, 20)
    answers = [drawn(seen, other), drawn(seen), drawn(seen)]
    merged = boxes.merge(ANIMALS, answers, [0.8, 0.8, 0.8])
    assert merged.value == drawn(seen)
    assert merged.parts == {"regions.0": pytest.approx(0.8**3 / (0.8**3 + 0.2**3))}
    # the one box more is not there with 4:1, and that is the least sure of all decisions
    assert merged.confidence == pytest.approx(0.8)
    # two to one, but who saw it is far better than the others
    assert boxes.merge(ANIMALS, answers, [0.97, 0.6, 0.6]).value == drawn(seen, other)


def test_it_keeps_what_half_of_equal_workers_saw() -> None:
    merged = boxes.merge(ANIMALS, [drawn(box(10, 10, 20, 20)), drawn()], [0.8, 0.8])
    assert merged.value == drawn(box(10, 10, 20, 20))
    assert merged.confidence == pytest.approx(0.5)


def test_one_answer_alone_is_as_sure_as_its_worker() -> None:
    for answer in (drawn(), drawn(box(10, 10, 20, 20), box(60, 40, 20, 20, "dog"))):
        assert boxes.merge(ANIMALS, [answer], [0.8]).confidence == pytest.approx(0.8)


def test_it_names_a_box_by_weighted_vote() -> None:
    cat, dog = drawn(box(10, 10, 20, 20)), drawn(box(10, 10, 20, 20, "dog"))
    assert boxes.merge(ANIMALS, [cat, dog, dog], [0.7, 0.7, 0.7]).value == dog
    merged = boxes.merge(ANIMALS, [cat, dog, dog], [0.95, 0.6, 0.6])
    assert merged.value == cat
    assert merged.parts["regions.0"] == pytest.approx(0.95 * 0.16 / (0.95 * 0.16 + 0.05 * 0.36))


def test_it_does_not_melt_two_boxes_of_one_worker_into_one() -> None:
    # two people side by side, and a third worker who drew one box around both
    left, right = box(10, 10, 10, 30), box(16, 10, 10, 30)
    merged = boxes.merge(
        ANIMALS, [drawn(left, right), drawn(left, right), drawn(box(10, 10, 16, 30))], [0.8] * 3
    )
    assert len(regions_of(merged.value)) == 2


def test_it_does_not_listen_to_who_is_right_half_of_the_time() -> None:
    answers = [drawn(box(10, 10, 20, 20)), drawn(box(14, 10, 20, 20)), drawn(box(14, 10, 20, 20))]
    assert boxes.merge(ANIMALS, answers, [0.8, 0.5, 0.3]) == boxes.merge(ANIMALS, answers[:1], [0.8])


def test_it_merges_within_the_bounds_of_its_settings() -> None:
    a, b, c = box(0, 0, 20, 20), box(40, 0, 20, 20), box(70, 40, 20, 20, "dog")
    few = boxes.parse({"labels": ["cat", "dog"], "max": 1})
    answers = [drawn(a, config=few), drawn(a, config=few), drawn(b, config=few), drawn(b, config=few)]
    assert boxes.merge(few, answers, [0.8, 0.8, 0.9, 0.9]).value == drawn(b)
    many = boxes.parse({"labels": ["cat", "dog"], "min": 1, "required_labels": ["dog"]})
    spread = [drawn(a, c), drawn(a, box(2, 42, 20, 20, "dog")), drawn(a, box(40, 42, 20, 20, "dog"))]
    assert len(regions_of(boxes.merge(many, spread, [0.9, 0.8, 0.8]).value)) == 2
    assert boxes.merge(many, spread, [0.9, 0.8, 0.8]).value == drawn(a, c)


def test_it_merges_answers_about_the_image_most_are_about() -> None:
    odd = boxes.canonical(ANIMALS, {"width": 50, "height": 40, "regions": [box(5, 5, 10, 10)]})
    answers = [odd, drawn(box(10, 10, 20, 20)), drawn(box(10, 10, 20, 20))]
    assert boxes.merge(ANIMALS, answers, [0.8] * 3).value == answers[1]


def test_it_merges_turned_boxes_whichever_side_is_called_the_width() -> None:
    answers = [
        drawn(box(40, 30, 20, 10, rotation=10), config=TURNED),
        drawn(box(45, 25, 10, 20, rotation=102), config=TURNED),
        drawn(box(40, 30, 20, 10, rotation=194), config=TURNED),
    ]
    (merged,) = regions_of(boxes.merge(TURNED, answers, [0.9, 0.8, 0.8]).value)
    assert merged == box(40, 30, 20, 10, rotation=12)


def test_a_box_turned_past_north_is_merged_the_short_way() -> None:
    answers = [drawn(box(40, 30, 20, 10, rotation=turn), config=TURNED) for turn in (358, 2, 4)]
    (merged,) = regions_of(boxes.merge(TURNED, answers, [0.8] * 3).value)
    assert merged["rotation"] == 2.0


def test_it_takes_the_most_central_box_where_the_middle_would_leave_the_image() -> None:
    # the medians of place, sides and turn are those of no box anybody drew, and a corner would be outside
    answers = [
        drawn(box(0, 30, 40, 9, rotation=17), config=TURNED),
        drawn(box(5, 30, 22, 14, rotation=0), config=TURNED),
        drawn(box(5, 32, 40, 13, rotation=9), config=TURNED),
    ]
    assert boxes.merge(TURNED, answers, [0.8] * 3).value == answers[2]


def test_it_passes_when_enough_of_the_known_boxes_are_found() -> None:
    gold = drawn(*[box(20 * i, 10, 10, 20) for i in range(3)])
    two = boxes.grade(ANIMALS, drawn(*[box(20 * i, 11, 10, 20) for i in range(2)]), gold)
    # F1 is 2 * 2 / 5
    assert two.passed
    assert two.score == pytest.approx(2 * (190 / 210) / 3)
    assert not boxes.grade(ANIMALS, drawn(box(0, 10, 10, 20)), gold).passed
    # an IoU of a third is not found
    assert not boxes.grade(ANIMALS, drawn(box(5, 10, 10, 20)), drawn(box(0, 10, 10, 20))).passed
    assert boxes.grade(ANIMALS, drawn(), drawn()).passed
