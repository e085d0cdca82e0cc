"""Which region of one answer is which of another, and how much the two answers then agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from marketplace.kinds.kind import Grade, Json
from marketplace.kinds.region_settings import RegionSettings
from marketplace.kinds.regions import Likeness, Region, Shape, fingerprint, frame_of, regions_of

#: regions less alike are never the same thing
LEAST_ALIKE = 0.1
#: what the right place under the wrong label is worth
MISLABELLED = 0.5

Same = npt.NDArray[np.bool_]


def agree(shape: Shape, a: Json, b: Json) -> float:
    """Mean likeness of the regions, 0..1: the sum over matched pairs over the larger number of regions.

    A region without a partner adds nothing, a pair under different labels half of its likeness. Two empty
    answers agree fully; answers about images of different sizes do not agree at all.
    """
    if a == b:
        return 1.0
    # In one order, so that rounding and ties do not depend on who is asked first.
    a, b = sorted((a, b), key=fingerprint)
    left, right = regions_of(a), regions_of(b)
    if frame_of(a) != frame_of(b):
        return float(not left and not right)
    alike, same = compared(shape, left, right, a)
    total = sum(alike[i, j] * (1.0 if same[i, j] else MISLABELLED) for i, j in pair_up(alike, same))
    return min(float(total) / max(len(left), len(right)), 1.0)


def grade(settings: RegionSettings, shape: Shape, answer: Json, gold: Json) -> Grade:
    """The score is the agreement; passed when regions and known ones match to an F1 of `gold_f1`."""
    return Grade(agree(shape, answer, gold), f1(settings, shape, answer, gold) >= settings.gold_f1 - 1e-9)


def f1(settings: RegionSettings, shape: Shape, answer: Json, gold: Json) -> float:
    """Twice the regions found over all regions of both, 0..1; 1 when neither has any.

    Found is what has the same label and a likeness of at least `gold_match`.
    """
    left, right = regions_of(answer), regions_of(gold)
    if not left and not right:
        return 1.0
    if frame_of(answer) != frame_of(gold):
        return 0.0
    alike, same = compared(shape, left, right, gold)
    near = same & (alike >= settings.gold_match - 1e-9)
    return 2.0 * len(assign(np.where(near, alike, 0.0))) / (len(left) + len(right))


def compared(
    shape: Shape, left: Sequence[Region], right: Sequence[Region], answer: Json
) -> tuple[Likeness, Same]:
    """How alike each of `left` is to each of `right`, and whether their labels are the same."""
    same = np.array([[one["label"] == other["label"] for other in right] for one in left], dtype=bool)
    same = same.reshape(len(left), len(right))
    if not left or not right:
        return np.zeros(same.shape), same
    return shape.likeness(left, right, frame_of(answer)), same


def pair_up(alike: Likeness, same: Same, least: float = LEAST_ALIKE) -> list[tuple[int, int]]:
    """Pairs (row, column) of at least `least`: first among equal labels, then among what is left over."""
    near = np.where(alike >= least, alike, 0.0)
    pairs = assign(np.where(same, near, 0.0))
    near[[i for i, _ in pairs], :] = 0.0
    near[:, [j for _, j in pairs]] = 0.0
    return pairs + assign(near)


def assign(worth: Likeness) -> list[tuple[int, int]]:
    """Pairs (row, column) of the largest sum, each row and column at most once, none worth nothing.

    The Hungarian method; source: D. F. Crouse, "On implementing 2D rectangular assignment algorithms", 2016.
    """
    if not worth.any():
        return []
    # scipy.optimize takes longer to import than all kinds together, and most processes never come here
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if worth[i, j] > 0.0]
