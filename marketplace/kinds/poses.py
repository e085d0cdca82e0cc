"""Poses on an image: the same named points on each instance of a thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from marketplace.kinds.kind import AnswerInvalid, Json, Problem
from marketplace.kinds.regions import Frame, Likeness, Region, middle, pixels, point, steps

#: how a point was marked: not at all, covered by something, in sight (COCO's numbers)
ABSENT, HIDDEN, SEEN = VISIBILITIES = (0, 1, 2)
#: what a point is worth at the right place when one says hidden and the other in sight
OTHER_SIGHT = 0.9
#: of a slender pose, the short side counts as at least this share of the long one
SLENDER = 0.25
#: and a pose, even of a single point, as at least this share of the image
LEAST_SHARE = 0.001

Placed = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Poses:
    """`points`: [x, y, visibility] for each named point in order; [0, 0, 0] where it is absent."""

    #: per point, the deviation of careful people, as a share of the pose's size
    sigmas: tuple[float, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of a pose."""
        return ("points",)

    @property
    def one_per_label(self) -> bool:
        """Any number of things may have the same label."""
        return False

    def read(self, raw: Mapping[str, object], frame: Frame, where: str) -> Region:
        """A pose of which at least one point is placed."""
        listed = raw.get("points")
        where = f"{where}.points"
        if not isinstance(listed, list | tuple) or len(listed) != len(self.sigmas):
            message = f"Give a list of {len(self.sigmas)} points, one for each name."
            raise AnswerInvalid(Problem(where, "points_do_not_fit", message))
        points = [_read_point(each, frame, f"{where}.{i}") for i, each in enumerate(listed)]
        if all(visibility == ABSENT for _, _, visibility in points):
            raise AnswerInvalid(Problem(where, "points_missing", "Place at least one point."))
        return {"points": [[x, y, visibility] for x, y, visibility in points]}

    def likeness(self, left: Sequence[Region], right: Sequence[Region], frame: Frame) -> Likeness:
        """Object keypoint similarity (OKS), made symmetric.

        The mean, over the points either has placed, of exp(-d^2 / (2 s^2 (2 sigma)^2)); a point only one has
        placed counts 0, one in sight for one and hidden for the other a tenth less. s^2 is the mean area of
        the boxes around both. Source: the COCO dataset's keypoint evaluation, where s^2 is the known area.
        """
        one, other = _arrays(left)[:, None], _arrays(right)[None, :]
        either = (one[..., 2] > ABSENT) | (other[..., 2] > ABSENT)
        both = (one[..., 2] > ABSENT) & (other[..., 2] > ABSENT)
        distance = np.square(one[..., :2] - other[..., :2]).sum(axis=-1)
        area = (_areas(one, frame) + _areas(other, frame)) / 2
        spread = 2 * area[..., None] * np.square(2 * np.array(self.sigmas))
        near = both * np.exp(-distance / spread) * np.where(one[..., 2] == other[..., 2], 1.0, OTHER_SIGHT)
        return np.asarray(near.sum(axis=-1) / either.sum(axis=-1))

    def merged(self, members: Sequence[Region], weights: Sequence[float], frame: Frame) -> Region | None:
        """Per point: whether and how it is seen by weighted vote, then the weighted median of x and of y."""
        placed = _arrays(members)
        points: list[Json] = []
        for name in range(len(self.sigmas)):
            seen = [int(visibility) for visibility in placed[:, name, 2]]
            sight = max(VISIBILITIES, key=lambda code: (round(_backing(seen, weights, code), 9), code))
            if sight == ABSENT:
                points.append([0.0, 0.0, ABSENT])
                continue
            there = [i for i, visibility in enumerate(seen) if visibility != ABSENT]
            pulls = [weights[i] for i in there]
            x, y = (middle([steps(placed[i, name, axis]) for i in there], pulls) for axis in (0, 1))
            points.append([pixels(x), pixels(y), sight])
        return {"points": points}


def _backing(seen: Sequence[int], weights: Sequence[float], code: int) -> float:
    return sum(weight for visibility, weight in zip(seen, weights, strict=True) if visibility == code)


def _read_point(raw: object, frame: Frame, where: str) -> tuple[float, float, int]:
    if not isinstance(raw, list | tuple) or len(raw) != 3:
        raise AnswerInvalid(Problem(where, "point_invalid", "A point is a list of x, y and visibility."))
    visibility = raw[2]
    if type(visibility) is not int or visibility not in VISIBILITIES:
        message = "Visibility is 0 for absent, 1 for hidden, 2 for in sight."
        raise AnswerInvalid(Problem(f"{where}.2", "visibility_invalid", message))
    x, y = point(raw[:2], frame, where)
    if visibility == ABSENT and (x, y) != (0.0, 0.0):
        raise AnswerInvalid(Problem(where, "absent_point_placed", "An absent point is [0, 0, 0]."))
    return x, y, visibility


def _arrays(regions: Sequence[Region]) -> Placed:
    """[instance, point, (x, y, visibility)]."""
    return np.array([region["points"] for region in regions], dtype=np.float64)


def _areas(poses: Placed, frame: Frame) -> Likeness:
    """The area of the box around the placed points, in square pixels."""
    there = poses[..., 2:] > ABSENT
    low = np.where(there, poses[..., :2], np.inf).min(axis=-2)
    high = np.where(there, poses[..., :2], -np.inf).max(axis=-2)
    sides = high - low
    sides = np.maximum(sides, sides.max(axis=-1, keepdims=True) * SLENDER)
    return np.asarray(np.maximum(sides.prod(axis=-1), LEAST_SHARE * frame.width * frame.height))
