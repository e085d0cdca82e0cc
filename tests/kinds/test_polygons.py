"""Drawing polygons."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import pytest

from marketplace.kinds import boxes, polygons
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Json
from marketplace.kinds.outlines import geometry
from marketplace.kinds.regions import Frame, regions_of

FIELDS = polygons.parse({"labels": ["field", "lake"]})
SIZE = {"width": 200, "height": 100}


def outline(*points: tuple[float, float], label: str = "field") -> dict[str, Any]:
    return {"label": label, "points": [list(point) for point in points]}


def square(x: float, y: float, side: float, label: str = "field") -> dict[str, Any]:
    return outline((x, y), (x + side, y), (x + side, y + side), (x, y + side), label=label)


def drawn(*regions: dict[str, Any]) -> Json:
    return polygons.canonical(FIELDS, {**SIZE, "regions": list(regions)})


def area_of(answer: Json) -> float:
    return sum(float(geometry().area(geometry().polygons(each["points"]))) for each in regions_of(answer))


def test_it_refuses_a_setting_of_another_kind() -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        polygons.parse({"labels": ["field"], "rotated": True})
    assert refusal.value.problems[0].code == "setting_unknown"


def test_it_stores_the_ring_clockwise_from_the_topmost_point_and_open() -> None:
    clockwise = [[20.0, 10.0], [30.0, 30.0], [10.0, 30.0]]
    for points in (
        [(20, 10), (30, 30), (10, 30)],
        [(10, 30), (30, 30), (20, 10)],
        [(30, 30), (10, 30), (20, 10), (30, 30)],
        [(20.001, 10), (20.002, 10), (30, 30), (10, 30)],
    ):
        assert regions_of(drawn(outline(*points))) == [{"label": "field", "points": clockwise}]


@pytest.mark.parametrize(
    ("points", "code", "where"),
    [
        ([(0, 0), (10, 10), (10, 0), (0, 10)], "polygon_crosses_itself", "regions.0.points"),
        # two triangles that meet in one point
        ([(0, 0), (10, 0), (5, 5), (10, 10), (0, 10), (5, 5)], "polygon_crosses_itself", "regions.0.points"),
        ([(0, 0), (10, 0)], "too_few_points", "regions.0.points"),
        ([(0, 0), (10, 0), (0, 0), (10, 0)], "too_few_points", "regions.0.points"),
        ([(0, 0), (10, 0), (10, 0.1)], "polygon_empty", "regions.0.points"),
        ([(0, 0), (10, 0), (10, 100.51)], "outside_image", "regions.0.points.2.1"),
        ([(0, 0), (10, 0), (10,)], "point_invalid", "regions.0.points.2"),
        ([(0, 0), (10, 0), (10, "5")], "number_invalid", "regions.0.points.2.1"),
    ],
)
def test_it_refuses_a_polygon_and_says_where(points: list[Any], code: str, where: str) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        drawn(outline(*points))
    assert (refusal.value.problems[0].code, refusal.value.problems[0].where) == (code, where)


def test_points_in_a_row_hold_nothing() -> None:
    with pytest.raises(AnswerInvalid):
        drawn(outline((0, 0), (10, 10), (20, 20)))


def test_it_agrees_by_intersection_over_union() -> None:
    triangle = drawn(outline((0, 0), (20, 0), (0, 20)))
    assert polygons.agree(FIELDS, triangle, drawn(square(0, 0, 20))) == pytest.approx(0.5)


def test_it_measures_as_boxes_do() -> None:
    fields = boxes.parse({"labels": ["field"]})

    def box(x: float) -> Json:
        side = {"label": "field", "x": x, "y": 5, "width": 20, "height": 20}
        return boxes.canonical(fields, {**SIZE, "regions": [side]})

    expected = boxes.agree(fields, box(5), box(11))
    assert polygons.agree(FIELDS, drawn(square(5, 5, 20)), drawn(square(11, 5, 20))) == pytest.approx(
        expected
    )


def test_it_merges_to_what_half_of_the_weight_covers() -> None:
    answers = [drawn(square(10, 10, 40)), drawn(square(20, 10, 40)), drawn(square(24, 10, 40))]
    # every two of three: from the second's left edge to the second's right edge
    assert polygons.merge(FIELDS, answers, [0.8, 0.8, 0.8]).value == drawn(square(20, 10, 40))
    # who is surely right outweighs two who hardly know
    assert polygons.merge(FIELDS, answers, [0.95, 0.6, 0.6]).value == answers[0]


def test_it_merges_many_hands_to_nearly_the_circle_they_followed() -> None:
    def circle(step: float, reach: float) -> Json:
        return drawn(
            outline(
                *[
                    (100 + reach * math.cos(a + step), 50 + reach * math.sin(a + step))
                    for a in (2 * math.pi * i / 30 for i in range(30))
                ]
            )
        )

    merged = polygons.merge(FIELDS, [circle(0.1 * i, 38 + i) for i in range(5)], [0.8] * 5).value
    assert area_of(merged) == pytest.approx(math.pi * 40**2, rel=0.02)
    (region,) = regions_of(merged)
    points = region["points"]
    # no more points than a hand would set
    assert isinstance(points, list)
    assert len(points) < 80


def test_it_takes_the_largest_piece_where_the_crowd_covers_two() -> None:
    dumbbell = outline(
        (0, 0),
        (40, 0),
        (40, 18),
        (60, 18),
        (60, 10),
        (80, 10),
        (80, 30),
        (60, 30),
        (60, 22),
        (40, 22),
        (40, 40),
        (0, 40),
    )
    answers = [drawn(dumbbell), drawn(square(0, 0, 40)), drawn(outline((0, 0), (40, 0), (40, 40), (0, 40)))]
    assert area_of(polygons.merge(FIELDS, answers, [0.8] * 3).value) == pytest.approx(1600)


def test_outlines_of_which_no_two_meet_have_no_middle() -> None:
    apart = regions_of(drawn(*[square(30 * i, 0, 20) for i in range(3)]))
    assert FIELDS.shape.merged(apart, [1.0, 1.0, 1.0], Frame(200, 100)) is None


def test_it_brings_in_the_plane_geometry_at_its_first_use_only() -> None:
    seen = "import sys; from marketplace.kinds import boxes, keypoints, mask, polygons; print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True).stdout
    assert "marketplace.kinds.outlines" in names.split()
    assert not {"shapely", "scipy"} & set(names.split())


def test_it_passes_when_the_known_field_is_found_under_its_name() -> None:
    gold = drawn(square(10, 10, 40))
    assert polygons.grade(FIELDS, drawn(square(15, 10, 40)), gold).passed
    assert not polygons.grade(FIELDS, drawn(square(40, 10, 40)), gold).passed
    assert not polygons.grade(FIELDS, drawn(square(10, 10, 40, "lake")), gold).passed
