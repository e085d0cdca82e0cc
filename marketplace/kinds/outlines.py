"""Outlines on an image: polygons without holes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from marketplace.kinds.kind import AnswerInvalid, Problem
from marketplace.kinds.regions import Frame, Likeness, Region, pixels, point, steps

Outline: TypeAlias = Sequence[tuple[float, float]]

LEAST_POINTS, MOST_POINTS = 3, 2_000
#: an outline must hold this many square pixels: what is smaller is a slip of the hand
LEAST_AREA = 1.0
#: how far a merged outline may be from the exact one, in pixels, so that it has as few points as a drawn one
SIMPLER = 0.5


@dataclass(frozen=True)
class Outlines:
    """`points`: a list of [x, y], clockwise from the topmost, of them the leftmost; not closed."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of a polygon."""
        return ("points",)

    @property
    def one_per_label(self) -> bool:
        """Any number of things may have the same label."""
        return False

    def read(self, raw: Mapping[str, object], frame: Frame, where: str) -> Region:
        """A polygon inside the image that holds something and does not cross or touch itself."""
        listed = raw.get("points")
        where = f"{where}.points"
        if not isinstance(listed, list | tuple):
            raise AnswerInvalid(Problem(where, "not_a_list", "Give a list of points."))
        if len(listed) > MOST_POINTS:
            raise AnswerInvalid(Problem(where, "too_many_points", f"Give at most {MOST_POINTS} points."))
        points = [point(each, frame, f"{where}.{i}") for i, each in enumerate(listed)]
        points = [each for i, each in enumerate(points) if each != points[i - 1]]
        if len(set(points)) < LEAST_POINTS:
            message = f"A polygon needs {LEAST_POINTS} different points."
            raise AnswerInvalid(Problem(where, "too_few_points", message))
        drawn = geometry().polygons(points)
        if not geometry().is_valid(drawn):
            message = "The polygon crosses or touches itself."
            raise AnswerInvalid(Problem(where, "polygon_crosses_itself", message))
        if geometry().area(drawn) < LEAST_AREA:
            message = f"A polygon holds at least {LEAST_AREA:g} square pixel."
            raise AnswerInvalid(Problem(where, "polygon_empty", message))
        return {"points": [[x, y] for x, y in _in_order(points)]}

    def likeness(self, left: Sequence[Region], right: Sequence[Region], frame: Frame) -> Likeness:
        """Intersection over union."""
        return overlap([_points(region) for region in left], [_points(region) for region in right])

    def merged(self, members: Sequence[Region], weights: Sequence[float], frame: Frame) -> Region | None:
        """The outline of the largest piece that at least half of the weight covers, without its holes."""
        shapely = geometry()
        drawn = np.array([shapely.polygons(_points(region)) for region in members])
        # the pieces into which all outlines together cut the plane
        lines = shapely.unary_union(shapely.boundary(drawn))
        pieces = shapely.get_parts(shapely.polygonize([lines]))
        if not len(pieces):
            return None
        middles = shapely.point_on_surface(pieces)
        shapely.prepare(drawn)
        covered = shapely.covers(drawn[:, None], middles[None, :])
        weight = np.asarray(weights) @ covered
        agreed = shapely.unary_union(pieces[weight >= sum(weights) / 2 * (1 - 1e-9)])
        largest = _largest(agreed)
        return None if largest is None else _simplified(largest)


@cache
def geometry() -> Any:
    """Shapely, which is imported at its first use only: most processes never see a polygon."""
    import shapely  # noqa: PLC0415

    return shapely


def overlap(left: Sequence[Outline], right: Sequence[Outline]) -> Likeness:
    """Intersection over union of each of `left` (rows) with each of `right` (columns)."""
    shapely = geometry()
    one, other = (np.array([shapely.polygons(outline) for outline in side]) for side in (left, right))
    areas, others = shapely.area(one), shapely.area(other)
    alike = np.zeros((len(one), len(other)))
    rows, columns = shapely.STRtree(other).query(one)
    common = shapely.area(shapely.intersection(one[rows], other[columns]))
    alike[rows, columns] = common / (areas[rows] + others[columns] - common)
    return np.clip(alike, 0.0, 1.0)


def _in_order(points: Outline) -> Outline:
    """The same ring, clockwise as seen on the screen, from the topmost point, of them the leftmost."""
    area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True))
    ring = list(points) if area > 0 else list(reversed(points))
    first = min(range(len(ring)), key=lambda i: (ring[i][1], ring[i][0]))
    return ring[first:] + ring[:first]


def _simplified(polygon: Any) -> Region | None:
    """The polygon's outer ring on the grid that is stored, with few points and never crossing itself."""
    shapely = geometry()
    tolerance = SIMPLER
    outer = shapely.polygons(shapely.get_exterior_ring(polygon))
    while True:
        simpler = shapely.simplify(outer, tolerance, preserve_topology=True)
        rounded = _largest(shapely.set_precision(simpler, pixels(1)))
        if rounded is None:
            return None
        ring = shapely.get_coordinates(shapely.get_exterior_ring(rounded))[:-1]
        if len(ring) <= MOST_POINTS:
            return {"points": [[pixels(steps(x)), pixels(steps(y))] for x, y in ring.tolist()]}
        tolerance *= 2


def _largest(shape: Any) -> Any:
    """The largest polygon of a geometry; None when it has none."""
    shapely = geometry()
    parts = [part for part in shapely.get_parts(shape) if shapely.area(part) > 0]
    # equal areas by place, so that the order of workers does not matter
    return max(
        parts, key=lambda part: (round(part.area, 6), [-edge for edge in shapely.bounds(part)]), default=None
    )


def _points(region: Region) -> Outline:
    listed = region["points"]
    assert isinstance(listed, list)  # noqa: S101  what a canonical polygon is
    return [(each[0], each[1]) for each in listed]  # type: ignore[index, misc]
