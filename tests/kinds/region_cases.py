"""Regions of images, tried by the laws."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from marketplace.kinds import boxes, keypoints, mask, polygons, rle
from tests.kinds.cases import Case, case

WIDTH, HEIGHT = 40, 30
LABELS = ["cat", "dog"]
POINTS = ["nose", "tail", "paw"]

Drawn = dict[str, Any]


def answers(region: st.SearchStrategy[Drawn], most: int = 4) -> st.SearchStrategy[Drawn]:
    """Answers of at most so many regions, none twice, with one that is required."""
    return st.lists(region, min_size=1, max_size=most, unique_by=repr).map(framed)


def framed(regions: list[Drawn]) -> Drawn:
    return {"width": WIDTH, "height": HEIGHT, "regions": regions}


def coordinate(most: int, least: int = 0) -> st.SearchStrategy[float]:
    # quarters of a pixel, so that ties and equal edges come up often
    return st.integers(least * 4, most * 4).map(lambda quarters: quarters / 4)


@st.composite
def upright(draw: st.DrawFn) -> Drawn:
    x, y = draw(coordinate(WIDTH - 2)), draw(coordinate(HEIGHT - 2))
    return {
        "label": draw(st.sampled_from(LABELS)),
        "x": x,
        "y": y,
        "width": draw(coordinate(int(WIDTH - x), 1)),
        "height": draw(coordinate(int(HEIGHT - y), 1)),
    }


@st.composite
def turned(draw: st.DrawFn) -> Drawn:
    width, height = draw(coordinate(12, 1)), draw(coordinate(12, 1))
    return {
        "label": draw(st.sampled_from(LABELS)),
        "x": draw(coordinate(WIDTH - 22, 10)),
        "y": draw(coordinate(HEIGHT - 21, 9)) - height / 4,
        "width": width,
        "height": height,
        "rotation": draw(st.integers(-720, 720)) / 2,
    }


@st.composite
def outline(draw: st.DrawFn) -> Drawn:
    """A star around a middle, which never crosses itself."""
    x, y = draw(coordinate(WIDTH - 10, 10)), draw(coordinate(HEIGHT - 10, 10))
    count = draw(st.integers(3, 7))
    reach = draw(st.lists(st.integers(3, 10), min_size=count, max_size=count))
    turn = draw(st.floats(0, 6))
    angles = [turn + 2 * np.pi * i / count for i in range(count)]
    points = [
        [round(x + r * float(np.cos(a)), 2), round(y + r * float(np.sin(a)), 2)]
        for r, a in zip(reach, angles, strict=True)
    ]
    return {"label": draw(st.sampled_from(LABELS)), "points": points}


@st.composite
def painted(draw: st.DrawFn) -> Drawn:
    """Masks of one or both labels, each a rectangle and a few loose pixels."""
    regions = []
    for label in draw(st.lists(st.sampled_from(LABELS), min_size=1, unique=True)):
        pixels = np.zeros((HEIGHT, WIDTH), dtype=bool)
        top, left = draw(st.integers(0, HEIGHT - 1)), draw(st.integers(0, WIDTH - 1))
        pixels[top : top + draw(st.integers(1, 9)), left : left + draw(st.integers(1, 9))] = True
        for row, column in draw(
            st.lists(st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1)), max_size=3)
        ):
            pixels[row, column] = not pixels[row, column]
        pixels[top, left] = True
        flat = pixels.ravel(order="F").astype(int)
        counts = rle.compressed(np.flatnonzero(np.diff(flat, prepend=0, append=0)), flat.size)
        regions.append({"label": label, "rle": {"size": [HEIGHT, WIDTH], "counts": counts}})
    return framed(regions)


@st.composite
def pose(draw: st.DrawFn) -> Drawn:
    points = []
    for name in POINTS:
        sight = draw(st.integers(1 if name == "nose" else 0, 2))
        x, y = draw(coordinate(WIDTH)), draw(coordinate(HEIGHT))
        points.append([x, y, sight] if sight else [0, 0, 0])
    return {"label": draw(st.sampled_from(LABELS)), "points": points}


NARROW = {"labels": LABELS, "min": 1, "max": 4}
CASES: dict[str, Case] = {
    "boxes": case(boxes, NARROW, answers(upright())),
    "turned boxes": case(boxes, {**NARROW, "rotated": True}, answers(turned())),
    "boxes without bounds": case(
        boxes,
        {"labels": ["cat"]},
        st.lists(upright().map(lambda box: {**box, "label": "cat"}), max_size=3, unique_by=repr).map(framed),
    ),
    "polygons": case(polygons, NARROW, answers(outline())),
    "mask": case(mask, {"labels": LABELS, "min": 1}, painted()),
    "keypoints": case(
        keypoints, {**NARROW, "points": POINTS, "skeleton": [["nose", "tail"]]}, answers(pose())
    ),
}
