"""Boxes on an image, upright or turned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from marketplace.kinds import outlines
from marketplace.kinds.kind import AnswerInvalid, Problem
from marketplace.kinds.regions import Frame, Likeness, Region, inside, middle, number, pixels, steps

SIDES = ("x", "y", "width", "height")
#: a box must be this wide and high, in pixels: what is smaller is a slip of the hand
LEAST_SIDE = 1.0
FULL_TURN = 360.0


@dataclass(frozen=True)
class Rectangles:
    """`x`, `y` (top left), `width`, `height`; `rotation` in degrees clockwise about the centre."""

    rotated: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of a box."""
        return (*SIDES, "rotation")

    @property
    def one_per_label(self) -> bool:
        """Any number of things may have the same label."""
        return False

    def read(self, raw: Mapping[str, object], frame: Frame, where: str) -> Region:
        """A box inside the image; a turned one has all its corners inside."""
        x, y, width, height = (number(raw.get(key), f"{where}.{key}") for key in SIDES)
        rotation = number(raw.get("rotation", 0), f"{where}.rotation")
        for key, side in (("width", width), ("height", height)):
            if side < LEAST_SIDE:
                message = f"A box is at least {LEAST_SIDE:g} pixel wide and high."
                raise AnswerInvalid(Problem(f"{where}.{key}", "box_empty", message))
        box: Region = {"x": x, "y": y, "width": width, "height": height}
        if self.rotated:
            box["rotation"] = pixels(steps(rotation) % steps(FULL_TURN))
        elif rotation:
            message = "Boxes are not turned in this question."
            raise AnswerInvalid(Problem(f"{where}.rotation", "rotation_not_allowed", message))
        if box.get("rotation"):
            for corner_x, corner_y in corners(box):
                inside(pixels(steps(corner_x)), frame.width, f"{where}.x")
                inside(pixels(steps(corner_y)), frame.height, f"{where}.y")
        else:
            inside(x, frame.width, f"{where}.x")
            inside(y, frame.height, f"{where}.y")
            inside(pixels(steps(x) + steps(width)), frame.width, f"{where}.width")
            inside(pixels(steps(y) + steps(height)), frame.height, f"{where}.height")
        return box

    def likeness(self, left: Sequence[Region], right: Sequence[Region], frame: Frame) -> Likeness:
        """Intersection over union."""
        if any(box.get("rotation") for box in (*left, *right)):
            return outlines.overlap([corners(box) for box in left], [corners(box) for box in right])
        a, b = _edges(left)[:, None, :], _edges(right)[None, :, :]
        common = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
        shared = np.prod(np.clip(common, 0.0, None), axis=-1)
        union = np.prod(a[..., 2:] - a[..., :2], axis=-1) + np.prod(b[..., 2:] - b[..., :2], axis=-1) - shared
        return np.asarray(shared / union)

    def merged(self, members: Sequence[Region], weights: Sequence[float], frame: Frame) -> Region | None:
        """Upright: the weighted median of each edge. Turned: of centre, sides and angle."""
        if self.rotated:
            return _merged_turned(members, weights)
        stepped = [[steps(_side(box, key)) for key in SIDES] for box in members]
        x0, y0, x1, y1 = (
            middle([box[low] + box[high] if high else box[low] for box in stepped], weights)
            for low, high in ((0, 0), (1, 0), (0, 2), (1, 3))
        )
        return {"x": pixels(x0), "y": pixels(y0), "width": pixels(x1 - x0), "height": pixels(y1 - y0)}


def corners(box: Region) -> list[tuple[float, float]]:
    """The four corners, clockwise; the first is the one that is top left before the box is turned.

    Label Studio's x and y are the first corner; CVAT turns about the centre as is done here.
    """
    x, y, width, height = (_side(box, key) for key in SIDES)
    if not box.get("rotation"):
        return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    angle = math.radians(_side(box, "rotation"))
    cos, sin = math.cos(angle), math.sin(angle)
    centre_x, centre_y = x + width / 2, y + height / 2
    return [
        (centre_x + right * cos - down * sin, centre_y + right * sin + down * cos)
        for right, down in (
            (-width / 2, -height / 2),
            (width / 2, -height / 2),
            (width / 2, height / 2),
            (-width / 2, height / 2),
        )
    ]


def _merged_turned(members: Sequence[Region], weights: Sequence[float]) -> Region:
    # The first member is the heaviest, and says which side is the width.
    first = members[0]
    turned = [_like(first, box) for box in members]
    reference = steps(_side(first, "rotation"))
    angle = middle([steps(turn) for _, _, turn in turned], weights)
    width = middle([steps(width) for width, _, _ in turned], weights)
    height = middle([steps(height) for _, height, _ in turned], weights)
    # twice the centre is a whole number of steps
    across, down = (
        middle([2 * steps(_side(box, low)) + steps(_side(box, side)) for box in members], weights)
        for low, side in (("x", "width"), ("y", "height"))
    )
    return {
        "x": pixels((across - width) // 2),
        "y": pixels((down - height) // 2),
        "width": pixels(width),
        "height": pixels(height),
        "rotation": pixels(reference + angle),
    }


def _like(first: Region, box: Region) -> tuple[float, float, float]:
    """Width, height and turn against `first`, in degrees, of the reading of `box` nearest to it.

    A box turned by a quarter with its sides exchanged covers the same pixels.
    """
    width, height = _side(box, "width"), _side(box, "height")
    turn = _side(box, "rotation") - _side(first, "rotation")

    def readings() -> list[tuple[float, float, float]]:
        quarters = ((width, height), (height, width)) * 2
        return [(w, h, (turn + 90.0 * i + 180.0) % FULL_TURN - 180.0) for i, (w, h) in enumerate(quarters)]

    def distance(reading: tuple[float, float, float]) -> float:
        shape = math.log(reading[0] / _side(first, "width")), math.log(reading[1] / _side(first, "height"))
        return abs(shape[0]) + abs(shape[1]) + abs(math.radians(reading[2]))

    return min(readings(), key=distance)


def _side(box: Region, key: str) -> float:
    value = box[key]
    assert isinstance(value, int | float)  # noqa: S101  what a canonical box is
    return float(value)


def _edges(boxes: Sequence[Region]) -> Likeness:
    """Left, top, right, bottom of each."""
    sides = np.array([[_side(box, key) for key in SIDES] for box in boxes])
    return np.concatenate([sides[:, :2], sides[:, :2] + sides[:, 2:]], axis=1)
