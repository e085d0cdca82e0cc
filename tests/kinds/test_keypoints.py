"""Placing named points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycocotools.cocoeval import COCOeval, Params

from marketplace.kinds import keypoints
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Json
from marketplace.kinds.regions import Frame, regions_of

NAMES = ["nose", "tail", "paw"]
HENS = keypoints.parse({"labels": ["hen"], "points": NAMES, "skeleton": [["nose", "tail"]]})
SIZE = {"width": 200, "height": 100}


def pose(*points: tuple[float, float, int]) -> dict[str, Any]:
    return {"label": "hen", "points": [list(point) for point in points]}


def drawn(*regions: dict[str, Any]) -> Json:
    return keypoints.canonical(HENS, {**SIZE, "regions": list(regions)})


HEN = pose((20, 20, 2), (60, 40, 2), (40, 60, 1))


def moved(hen: dict[str, Any], dx: float, dy: float = 0) -> dict[str, Any]:
    return {**hen, "points": [[x + dx, y + dy, v] if v else [0, 0, 0] for x, y, v in hen["points"]]}


def test_it_gives_every_point_the_same_deviation_unless_told() -> None:
    assert keypoints.describe(HENS)["sigmas"] == {"nose": 0.09, "tail": 0.09, "paw": 0.09}
    some = keypoints.parse({"labels": ["hen"], "points": NAMES, "sigmas": {"nose": 0.02}})
    assert some.sigmas == (0.02, 0.09, 0.09)
    assert keypoints.parse({"labels": ["hen"], "points": NAMES, "sigmas": 0.05}).sigmas == (0.05,) * 3


@pytest.mark.parametrize(
    ("raw", "where", "code"),
    [
        ({"points": []}, "points", "options_count"),
        ({"points": ["a", "a"]}, "points.1", "option_twice"),
        ({"skeleton": [["nose", "beak"]]}, "skeleton.0", "edge_invalid"),
        ({"skeleton": [["nose", "nose"]]}, "skeleton.0", "edge_invalid"),
        ({"skeleton": "nose"}, "skeleton", "skeleton_invalid"),
        ({"sigmas": {"beak": 0.1}}, "sigmas", "point_unknown"),
        ({"sigmas": {"nose": 0}}, "sigmas", "number_out_of_range"),
        ({"sigmas": True}, "sigmas", "number_out_of_range"),
    ],
)
def test_it_names_the_setting_that_is_wrong(raw: dict[str, object], where: str, code: str) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        keypoints.parse({"labels": ["hen"], "points": NAMES, **raw})
    assert [(problem.where, problem.code) for problem in refusal.value.problems] == [(where, code)]


def test_it_stores_points_in_the_order_of_their_names() -> None:
    assert regions_of(drawn(pose((1.234567, 2, 2), (0, 0, 0), (3, 4, 1)))) == [
        {"label": "hen", "points": [[1.23, 2.0, 2], [0.0, 0.0, 0], [3.0, 4.0, 1]]}
    ]


@pytest.mark.parametrize(
    ("points", "code", "where"),
    [
        ([(1, 1, 2), (2, 2, 2)], "points_do_not_fit", "regions.0.points"),
        ([(0, 0, 0)] * 3, "points_missing", "regions.0.points"),
        ([(1, 1, 3), (0, 0, 0), (0, 0, 0)], "visibility_invalid", "regions.0.points.0.2"),
        ([(1, 1, True), (0, 0, 0), (0, 0, 0)], "visibility_invalid", "regions.0.points.0.2"),
        ([(1, 1, 2), (5, 5, 0), (0, 0, 0)], "absent_point_placed", "regions.0.points.1"),
        ([(1, 1, 2), (200.51, 5, 1), (0, 0, 0)], "outside_image", "regions.0.points.1.0"),
        ([(1, 1, 2), (5, 5), (0, 0, 0)], "point_invalid", "regions.0.points.1"),
    ],
)
def test_it_refuses_points_and_says_where(points: list[Any], code: str, where: str) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        drawn(pose(*points))
    assert (refusal.value.problems[0].code, refusal.value.problems[0].where) == (code, where)


def test_its_likeness_is_the_keypoint_similarity_of_pycocotools() -> None:
    # both boxes are 40 by 40, so that the mean of their areas is the known one's
    known, found = pose((20, 20, 2), (60, 40, 2), (40, 60, 2)), pose((21, 22, 2), (61, 40, 2), (45, 62, 2))
    judge = COCOeval(iouType="keypoints")
    judge.params = Params(iouType="keypoints")
    judge.params.kpt_oks_sigmas = np.array(HENS.sigmas)
    flat = {name: np.ravel(each["points"]).tolist() for name, each in (("known", known), ("found", found))}
    judge._gts = {(1, 1): [{"keypoints": flat["known"], "bbox": [20, 20, 40, 40], "area": 1600}]}
    judge._dts = {(1, 1): [{"keypoints": flat["found"], "score": 1}]}
    (ours,) = HENS.shape.likeness([known], [found], Frame(200, 100)).ravel()
    assert ours == pytest.approx(float(judge.computeOks(1, 1)[0, 0]))


def test_it_agrees_the_more_the_nearer_the_points_are() -> None:
    agreed = [keypoints.agree(HENS, drawn(HEN), drawn(moved(HEN, by))) for by in (0, 2, 5, 12)]
    assert agreed[0] == 1
    assert agreed == sorted(agreed, reverse=True)
    assert agreed[-1] < 0.3


def test_a_point_only_one_has_placed_counts_nothing_and_one_hidden_for_one_a_tenth_less() -> None:
    without = pose((20, 20, 2), (60, 40, 2), (0, 0, 0))
    assert keypoints.agree(HENS, drawn(HEN), drawn(without)) == pytest.approx(2 / 3)
    in_sight = pose((20, 20, 2), (60, 40, 2), (40, 60, 2))
    assert keypoints.agree(HENS, drawn(HEN), drawn(in_sight)) == pytest.approx(2.9 / 3)


def test_a_single_point_has_a_size_to_be_measured_by() -> None:
    one, other = pose((50, 50, 2), (0, 0, 0), (0, 0, 0)), pose((50.5, 50, 2), (0, 0, 0), (0, 0, 0))
    assert 0.5 < keypoints.agree(HENS, drawn(one), drawn(other)) < 1


def test_it_merges_each_point_to_its_weighted_median() -> None:
    answers = [drawn(HEN), drawn(moved(HEN, 2, 1)), drawn(moved(HEN, 3, -1))]
    assert keypoints.merge(HENS, answers, [0.8] * 3).value == drawn(moved(HEN, 2))


def test_it_votes_on_how_each_point_is_seen() -> None:
    seen, hidden, absent = ((40, 60, 2), (42, 60, 1), (0, 0, 0))
    answers = [drawn(pose((20, 20, 2), (60, 40, 2), paw)) for paw in (seen, hidden, absent)]
    assert keypoints.merge(HENS, answers, [0.6, 0.9, 0.6]).value == drawn(
        pose((20, 20, 2), (60, 40, 2), (42, 60, 1))
    )
    assert keypoints.merge(HENS, [*answers, answers[2]], [0.7] * 4).value == answers[2]


def test_it_tells_instances_apart() -> None:
    answers = [drawn(moved(HEN, dx), moved(HEN, 100 + dx)) for dx in (0, 1, 2)]
    merged = keypoints.merge(HENS, answers, [0.8] * 3)
    assert merged.value == drawn(moved(HEN, 1), moved(HEN, 101))
    assert set(merged.parts) == {"regions.0", "regions.1"}


def test_it_passes_when_the_known_points_are_met() -> None:
    assert keypoints.grade(HENS, drawn(moved(HEN, 3)), drawn(HEN)).passed
    assert not keypoints.grade(HENS, drawn(moved(HEN, 30)), drawn(HEN)).passed
