"""Masks on an image: one for each label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np

from marketplace.kinds import rle
from marketplace.kinds.kind import AnswerInvalid, Problem
from marketplace.kinds.regions import Frame, Likeness, Region


@dataclass(frozen=True)
class Brushes:
    """`rle`: {"size": [height, width], "counts"}, COCO's own; stored compressed."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of a mask."""
        return ("rle",)

    @property
    def one_per_label(self) -> bool:
        """A label has one mask."""
        return True

    def read(self, raw: Mapping[str, object], frame: Frame, where: str) -> Region:
        """A mask of the image's size with at least one pixel."""
        coded = raw.get("rle")
        where = f"{where}.rle"
        if not isinstance(coded, Mapping) or set(coded) != {"size", "counts"}:
            raise AnswerInvalid(Problem(where, "rle_invalid", "A mask has size and counts."))
        size = coded["size"]
        whole = isinstance(size, list | tuple) and all(type(side) is int for side in size)
        if not whole or list(size) != [frame.height, frame.width]:
            message = f"The size must be the image's height and width: [{frame.height}, {frame.width}]."
            raise AnswerInvalid(Problem(f"{where}.size", "rle_size_invalid", message))
        try:
            edges = rle.read_counts(coded["counts"], prod(frame))
        except rle.RunsInvalid as refusal:
            code, message = refusal.args
            raise AnswerInvalid(Problem(f"{where}.counts", code, message)) from None
        if not len(edges):
            raise AnswerInvalid(Problem(f"{where}.counts", "mask_empty", "The mask has no pixel."))
        counts = rle.compressed(edges, prod(frame))
        return {"rle": {"size": [frame.height, frame.width], "counts": counts}}

    def likeness(self, left: Sequence[Region], right: Sequence[Region], frame: Frame) -> Likeness:
        """Intersection over union, pixel by pixel."""
        n_pixels = prod(frame)
        one, other = ([_edges(region, n_pixels) for region in side] for side in (left, right))
        return np.array([[rle.likeness(a, b) for b in other] for a in one])

    def merged(self, members: Sequence[Region], weights: Sequence[float], frame: Frame) -> Region | None:
        """The pixels that at least half of the weight of those who drew the mask covers."""
        n_pixels = prod(frame)
        half = sum(weights) / 2 * (1 - 1e-9)
        covered = rle.coverage([_edges(region, n_pixels) for region in members], weights)
        counts = rle.compressed(covered.over(half), n_pixels)
        return {"rle": {"size": [frame.height, frame.width], "counts": counts}}


def _edges(region: Region, n_pixels: int) -> rle.Runs:
    coded = region["rle"]
    assert isinstance(coded, dict)  # noqa: S101  what a canonical mask is
    return _unfolded(str(coded["counts"]), n_pixels)


# Each mask is held against every other when answers are merged.
@lru_cache(maxsize=32)
def _unfolded(counts: str, n_pixels: int) -> rle.Runs:
    return rle.read_counts(counts, n_pixels)
