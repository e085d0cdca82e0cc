"""Regions of an image: what they are made of, and what a shape must know.

Coordinates are floats in pixels of the image, x to the right and y down, (0, 0) the top left corner of the
top left pixel; they are kept to a hundredth of a pixel.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from marketplace.kinds.kind import AnswerInvalid, Json, Problem
from marketplace.kinds.numbers import weighted_median

Region: TypeAlias = "dict[str, Json]"
Likeness: TypeAlias = npt.NDArray[np.float64]

#: steps of a stored coordinate in a pixel
PER_PIXEL = 100
#: a hand may slip this far past the edge, in pixels
SLIP = 0.5
#: far above any coordinate, and small enough that steps of it are exact
HUGE = 1e9


class Frame(NamedTuple):
    """The image's size in pixels."""

    width: int
    height: int


class Shape(Protocol):
    """What a kind must know about the geometry of its regions."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of a region beside `id` and `label`."""

    @property
    def one_per_label(self) -> bool:
        """Whether a label may be given to one region only."""

    def read(self, raw: Mapping[str, object], frame: Frame, where: str) -> Region:
        """The canonical geometry; AnswerInvalid, with places under `where`, when it does not fit."""

    def likeness(self, left: Sequence[Region], right: Sequence[Region], frame: Frame) -> Likeness:
        """How alike each of `left` (rows) is to each of `right` (columns), 0..1, whatever the labels."""

    def merged(self, members: Sequence[Region], weights: Sequence[float], frame: Frame) -> Region | None:
        """One geometry of several of one thing, not rounded; None when these make none."""


def fingerprint(value: Json) -> str:
    """A text equal for equal values, to bring things into an order that depends on what they are alone."""
    return json.dumps(value, sort_keys=True)


def frame_of(answer: Json) -> Frame:
    """The image's size in a canonical answer."""
    assert isinstance(answer, dict)  # noqa: S101  what a canonical answer is
    width, height = answer["width"], answer["height"]
    assert isinstance(width, int)  # noqa: S101
    assert isinstance(height, int)  # noqa: S101
    return Frame(width, height)


def regions_of(answer: Json) -> list[Region]:
    """The regions of a canonical answer."""
    listed = answer.get("regions") if isinstance(answer, dict) else None
    return [region for region in listed if isinstance(region, dict)] if isinstance(listed, list) else []


def steps(pixels: float) -> int:
    """Pixels in whole steps of storing."""
    return round(pixels * PER_PIXEL)


def pixels(stepped: float) -> float:
    """Steps in pixels."""
    return stepped / PER_PIXEL


def middle(stepped: Sequence[int], weights: Sequence[float]) -> int:
    """The weighted median of steps, rounded down: shifting all of them shifts it exactly."""
    return math.floor(weighted_median(stepped, weights))


def number(raw: object, where: str) -> float:
    """A finite number from JSON, rounded to the steps that are stored; AnswerInvalid when it is none."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not -HUGE < raw < HUGE:
        raise AnswerInvalid(Problem(where, "number_invalid", "Give a number of pixels."))
    return pixels(steps(raw))


def point(raw: object, frame: Frame, where: str) -> tuple[float, float]:
    """A point [x, y] on the image; AnswerInvalid when it is none."""
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise AnswerInvalid(Problem(where, "point_invalid", "A point is a list of x and y."))
    x, y = number(raw[0], f"{where}.0"), number(raw[1], f"{where}.1")
    inside(x, frame.width, f"{where}.0")
    inside(y, frame.height, f"{where}.1")
    return x, y


def inside(coordinate: float, side: int, where: str) -> None:
    """AnswerInvalid when a coordinate lies more than half a pixel outside the image; it is never moved."""
    if not -SLIP <= coordinate <= side + SLIP:
        message = f"This lies outside the image, which ends at {side}."
        raise AnswerInvalid(Problem(where, "outside_image", message))
