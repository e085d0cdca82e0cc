"""Labelled stretches of a line, such as a text or a recording: how much two sets of them share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Range(NamedTuple):
    """From `start` (in it) to `end` (no longer in it). Those of one label and one answer never overlap."""

    start: float
    end: float
    label: str


class Shared(NamedTuple):
    """How much of two sets of ranges says the same, in lengths; a stretch counts once per label it has."""

    #: in both under the same label
    same: float
    #: of what is left, in both under different labels
    crossed: float
    one: float
    other: float


class Pieces(NamedTuple):
    """A line cut wherever a range begins or ends: piece `i` lies between `cuts[i]` and `cuts[i + 1]`."""

    cuts: FloatArray

    @property
    def lengths(self) -> FloatArray:
        """How long the pieces are."""
        return np.diff(self.cuts)

    def covered(self, ranges: Sequence[Range]) -> BoolArray:
        """Which pieces these ranges cover; shape (piece,)."""
        n_pieces = max(len(self.cuts) - 1, 0)
        first = np.searchsorted(self.cuts, [each.start for each in ranges])
        last = np.searchsorted(self.cuts, [each.end for each in ranges])
        opened = np.bincount(first, minlength=n_pieces + 1) - np.bincount(last, minlength=n_pieces + 1)
        return np.asarray(np.cumsum(opened)[:n_pieces] > 0)


def cut(answers: Sequence[Sequence[Range]]) -> Pieces:
    """The pieces into which all ranges of some answers cut the line."""
    ends = {end for ranges in answers for each in ranges for end in (each.start, each.end)}
    return Pieces(np.array(sorted(ends), dtype=np.float64))


def labels_of(answers: Sequence[Sequence[Range]]) -> list[str]:
    """The labels that occur, in alphabetical order."""
    return sorted({each.label for ranges in answers for each in ranges})


def with_label(ranges: Iterable[Range], label: str) -> list[Range]:
    """The ranges of one label."""
    return [each for each in ranges if each.label == label]


def share(a: Sequence[Range], b: Sequence[Range]) -> Shared:
    """Hold two sets of ranges against each other, the same label first, then any."""
    pieces = cut([a, b])
    left_a = np.zeros(len(pieces.lengths))
    left_b = left_a.copy()
    same = left_a.copy()
    for label in labels_of([a, b]):
        in_a, in_b = (pieces.covered(with_label(ranges, label)) for ranges in (a, b))
        same += in_a & in_b
        left_a += in_a & ~in_b
        left_b += in_b & ~in_a
    lengths = pieces.lengths
    crossed = np.minimum(left_a, left_b)
    return Shared(*(float((many * lengths).sum()) for many in (same, crossed, same + left_a, same + left_b)))


def overlapping(ranges: Sequence[Range]) -> int | None:
    """The place of a range that begins before an earlier one of the list has ended; None without any.

    `ranges` are sorted by their start.
    """
    reached = -float("inf")
    for i, each in enumerate(ranges):
        if each.start < reached:
            return i
        reached = max(reached, each.end)
    return None
