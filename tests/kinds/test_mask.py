"""Painting masks."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco

from marketplace.kinds import mask, rle
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Json
from marketplace.kinds.regions import regions_of

Pixels = npt.NDArray[np.uint8]
WIDTH, HEIGHT = 6, 4
GROUND = mask.parse({"labels": ["road", "grass"]})
every_mask = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 1))


def encoded(pixels: Pixels) -> str:
    return str(coco.encode(np.asfortranarray(pixels))["counts"].decode())


def painted(rows: str, label: str = "road") -> dict[str, Any]:
    pixels = np.array([[int(each == "#") for each in row] for row in rows.split()], dtype=np.uint8)
    return {"label": label, "rle": {"size": [HEIGHT, WIDTH], "counts": encoded(pixels)}}


def drawn(*regions: dict[str, Any]) -> Json:
    return mask.canonical(GROUND, {"width": WIDTH, "height": HEIGHT, "regions": list(regions)})


def counted(counts: object, size: object = (HEIGHT, WIDTH)) -> dict[str, Any]:
    return {"label": "road", "rle": {"size": size, "counts": counts}}


LEFT = "###... ###... ###... ###..."
MIDDLE = "..##.. ..##.. ..##.. ..##.."
ALL = "###### ###### ###### ######"


def test_it_takes_at_most_50_labels() -> None:
    with pytest.raises(ConfigInvalid):
        mask.parse({"labels": [str(i) for i in range(51)]})


def test_it_stores_lists_of_counts_compressed() -> None:
    # 4 columns of 4: the first two and a half of the third
    assert drawn(counted([0, 10, 14])) == drawn(painted("###... ###... ##.... ##...."))
    # empty runs in between are the same mask
    assert drawn(counted([0, 4, 0, 6, 14, 0])) == drawn(counted([0, 10, 14]))


@pytest.mark.parametrize(
    ("region", "code", "where"),
    [
        (counted([0, 10, 13]), "runs_do_not_fit", "regions.0.rle.counts"),
        (counted([0, 10, 15]), "runs_do_not_fit", "regions.0.rle.counts"),
        (counted([]), "runs_do_not_fit", "regions.0.rle.counts"),
        (counted([24]), "mask_empty", "regions.0.rle.counts"),
        (counted([0, -1, 25]), "runs_invalid", "regions.0.rle.counts"),
        (counted([0, True, 23]), "runs_invalid", "regions.0.rle.counts"),
        (counted([0, 1.0, 23]), "runs_invalid", "regions.0.rle.counts"),
        (counted("not a mask!"), "runs_invalid", "regions.0.rle.counts"),
        (counted(""), "runs_invalid", "regions.0.rle.counts"),
        (counted([0, 24], [WIDTH, HEIGHT]), "rle_size_invalid", "regions.0.rle.size"),
        (counted([0, 24], [4.0, 6.0]), "rle_size_invalid", "regions.0.rle.size"),
        (counted([0, 24], "46"), "rle_size_invalid", "regions.0.rle.size"),
        ({"label": "road", "rle": {"counts": [0, 24]}}, "rle_invalid", "regions.0.rle"),
        ({"label": "road"}, "rle_invalid", "regions.0.rle"),
    ],
)
def test_it_refuses_a_mask_and_says_where(region: dict[str, Any], code: str, where: str) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        drawn(region)
    assert (refusal.value.problems[0].code, refusal.value.problems[0].where) == (code, where)


def test_it_takes_one_mask_for_a_label() -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        drawn(painted(LEFT), painted(MIDDLE))
    assert refusal.value.problems[0][:2] == ("regions.1.label", "label_twice")


@given(pixels=every_mask)
def test_it_compresses_as_pycocotools_does(pixels: Pixels) -> None:
    counts = encoded(pixels)
    edges = rle.read_counts(counts, pixels.size)
    assert rle.compressed(edges, pixels.size) == counts
    assert rle.area(edges) == pixels.sum()
    flat = pixels.ravel(order="F")
    runs = np.diff([0, *np.flatnonzero(np.diff(flat.astype(int), prepend=0)), flat.size]).tolist()
    assert np.array_equal(rle.read_counts(runs, pixels.size), edges)


def test_it_compresses_runs_of_millions_as_pycocotools_does() -> None:
    pixels = np.zeros((5_000, 3_000), dtype=np.uint8)
    pixels[7, 3:2_990] = pixels[4_000:, 100:900] = 1
    counts = encoded(pixels)
    assert rle.compressed(rle.read_counts(counts, pixels.size), pixels.size) == counts


@given(data=st.data(), pixels=every_mask)
def test_its_overlap_is_that_of_pycocotools(data: st.DataObject, pixels: Pixels) -> None:
    other = data.draw(arrays(np.uint8, pixels.shape, elements=st.integers(0, 1)))
    pixels[0, 0] = other[-1, -1] = 1
    one, two = (rle.read_counts(encoded(each), each.size) for each in (pixels, other))
    expected = coco.iou(
        [coco.encode(np.asfortranarray(pixels))], [coco.encode(np.asfortranarray(other))], [False]
    )
    assert rle.likeness(one, two) == pytest.approx(float(np.asarray(expected)[0, 0]))


def test_it_knows_the_mask_of_a_polygon() -> None:
    star = [
        (50 + r * np.cos(a), 40 + r * np.sin(a))
        for a, r in ((i * np.pi / 5, 15 + 20 * (i % 2)) for i in range(10))
    ]
    ours = rle.of_outline([(float(x), float(y)) for x, y in star], 100, 80)
    theirs = coco.frPyObjects([np.array(star).ravel().tolist()], 80, 100)[0]
    # pycocotools counts pixels on the border by a rule of its own
    assert rle.likeness(ours, rle.read_counts(theirs["counts"].decode(), 8_000)) > 0.97


def test_a_polygon_on_whole_pixels_is_exactly_those_pixels() -> None:
    edges = rle.of_outline([(2, 1), (5, 1), (5, 3), (2, 3)], WIDTH, HEIGHT)
    (stored,) = regions_of(drawn(painted("...... ..###. ..###. ......")))
    assert stored["rle"] == {"size": [HEIGHT, WIDTH], "counts": rle.compressed(edges, WIDTH * HEIGHT)}


def test_it_agrees_label_by_label() -> None:
    one, other = drawn(painted(LEFT), painted(MIDDLE, "grass")), drawn(painted(ALL))
    assert mask.agree(GROUND, one, other) == pytest.approx(0.5 / 2)
    assert mask.agree(GROUND, drawn(painted(LEFT)), drawn(painted(LEFT, "grass"))) == 0.5


def test_it_merges_pixel_by_pixel_among_those_who_painted_the_label() -> None:
    answers = [
        drawn(painted(LEFT)),
        drawn(painted(MIDDLE)),
        drawn(painted(ALL)),
        drawn(painted(ALL, "grass")),
    ]
    merged = mask.merge(GROUND, answers, [0.8] * 4)
    assert merged.value == drawn(painted("####.. ####.. ####.. ####.."))
    assert mask.merge(GROUND, answers, [0.97, 0.6, 0.6, 0.6]).value == answers[0]


def test_it_keeps_a_label_that_is_painted_in_two_places_as_one_mask() -> None:
    # the two do not touch at all, and still are the same label
    answers = [drawn(painted("###... ...... ...... ......")), drawn(painted("...... ...... ...... ...###"))]
    (region,) = regions_of(mask.merge(GROUND, answers, [0.8, 0.8]).value)
    assert region == regions_of(drawn(painted("###... ...... ...... ...###")))[0]


def test_its_counts_are_plain_json() -> None:
    answer = drawn(painted(LEFT))
    assert json.loads(json.dumps(answer)) == answer


def test_it_passes_when_every_known_mask_is_found() -> None:
    gold = drawn(painted(LEFT))
    assert mask.grade(GROUND, drawn(painted("####.. ###... ###... ##....")), gold).passed
    assert not mask.grade(GROUND, drawn(painted(ALL), painted(MIDDLE, "grass")), gold).passed
