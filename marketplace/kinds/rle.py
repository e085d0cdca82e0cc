"""Binary masks as runs of equal pixels, column by column from the top left: COCO's run-length encoding.

`counts` begins with how many pixels are 0, then how many are 1, and so on. Compressed, each count (from the
fourth on its difference from the count two before) is written in groups of 5 bits, lowest first, each as the
character of 48 plus the group, plus 32 when another group follows; the last group's highest bit is the sign.
Format: the COCO dataset's API. Nothing here ever unfolds a mask into pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Runs: TypeAlias = npt.NDArray[np.int64]

#: in one mask; a scribble over 10 megapixels has some 100,000
MOST_RUNS = 250_000
#: characters of a compressed mask
LONGEST = 1_000_000
#: groups of 5 bits in one number: enough for any image, and for the steps between two counts
MOST_GROUPS = 7


class RunsInvalid(ValueError):
    """These are no runs of a mask; the first argument is a stable code, the second a sentence."""


class Coverage(NamedTuple):
    """How much weight lies on stretches of pixels; before `starts[0]` and from the last of `ends` it is 0."""

    starts: Runs
    ends: Runs
    weight: npt.NDArray[np.float64]

    def over(self, least: float) -> Runs:
        """The pixels on which at least this weight lies, as edges."""
        here = self.weight >= least
        edges = np.stack([self.starts[here], self.ends[here]], axis=1).ravel()
        return _without_seams(edges)


def read_counts(raw: object, n_pixels: int) -> Runs:
    """The edges of a mask of `n_pixels` from counts: a list of whole numbers, or a compressed text.

    Edges are the places at which 0 turns to 1 and back, an even number, growing. RunsInvalid when the counts
    are none or do not add up.
    """
    counts = _unpacked(raw) if isinstance(raw, str | bytes) else _listed(raw, n_pixels)
    if len(counts) > MOST_RUNS:
        raise RunsInvalid("mask_too_fine", f"A mask may have {MOST_RUNS} runs.")
    # A single run may be no longer than the image, so that the sum cannot run over.
    if len(counts) and (counts.min() < 0 or counts.max() > n_pixels):
        raise RunsInvalid("runs_invalid", "A run's length lies between 0 and the image's pixels.")
    ends = np.cumsum(counts)
    if not len(ends) or int(ends[-1]) != n_pixels:
        raise RunsInvalid("runs_do_not_fit", f"The runs must add up to the image's {n_pixels} pixels.")
    return _without_seams(ends if len(ends) % 2 == 0 else ends[:-1])


def compressed(edges: Runs, n_pixels: int) -> str:
    """The counts of a mask as COCO's compressed text."""
    counts = np.diff(edges, prepend=0)
    if not len(edges) or edges[-1] < n_pixels:
        counts = np.append(counts, n_pixels - (edges[-1] if len(edges) else 0))
    steps = counts.copy()
    steps[3:] -= counts[1:-2]
    groups = np.zeros((len(steps), MOST_GROUPS), dtype=np.uint8)
    used = np.zeros(groups.shape, dtype=bool)
    rest, going = steps, np.ones(len(steps), dtype=bool)
    for place in range(MOST_GROUPS):
        group = rest & 31
        rest = rest >> 5
        used[:, place] = going
        # done when what is left is only the sign, and the sign is this group's highest bit
        going = going & (rest != np.where(group & 16, -1, 0))
        groups[:, place] = group + 32 * going + 48
    return groups[used].tobytes().decode("ascii")


def area(edges: Runs) -> int:
    """How many pixels are 1."""
    return int((edges[1::2] - edges[::2]).sum())


def coverage(masks: Sequence[Runs], weights: Sequence[float]) -> Coverage:
    """The weight of the masks over each pixel, by stretches."""
    places = np.concatenate(masks)
    signs = [np.tile([weight, -weight], len(mask) // 2) for mask, weight in zip(masks, weights, strict=True)]
    at, where = np.unique(places, return_inverse=True)
    turns = np.bincount(where, weights=np.concatenate(signs), minlength=len(at))
    return Coverage(at[:-1], at[1:], np.cumsum(turns)[:-1].astype(np.float64))


def likeness(one: Runs, other: Runs) -> float:
    """Intersection over union of two masks with pixels."""
    shared = area(coverage([one, other], [1.0, 1.0]).over(1.5))
    return shared / (area(one) + area(other) - shared)


def of_outline(points: Sequence[tuple[float, float]], width: int, height: int) -> Runs:
    """The edges of the mask of a polygon: the pixels whose middle lies inside it."""
    ring = np.asarray(points, dtype=np.float64)
    x0, y0 = ring.T
    x1, y1 = np.roll(ring, -1, axis=0).T
    edges: list[npt.NDArray[np.int64]] = []
    first, last = max(int(np.floor(x0.min())), 0), min(int(np.ceil(x0.max())), width)
    for column in range(first, last):
        middle = column + 0.5
        crossed = (x0 <= middle) != (x1 <= middle)
        share = (middle - x0[crossed]) / (x1[crossed] - x0[crossed])
        heights = np.sort(y0[crossed] + share * (y1[crossed] - y0[crossed]))
        # the first pixel whose middle lies at or below the crossing
        rows = np.clip(np.ceil(heights - 0.5), 0, height).astype(np.int64)
        edges.append(rows + column * height)
    return _without_seams(np.concatenate(edges)) if edges else np.zeros(0, dtype=np.int64)


def _without_seams(edges: Runs) -> Runs:
    """Edges at which nothing turns dropped: empty runs, and where one stretch ends as the next begins."""
    places, times = np.unique(edges, return_counts=True)
    return np.asarray(places[times % 2 == 1])


def _listed(raw: object, n_pixels: int) -> Runs:
    if not isinstance(raw, list | tuple):
        raise RunsInvalid("runs_invalid", "Counts are a list of whole numbers or a compressed text.")
    if len(raw) > MOST_RUNS:
        raise RunsInvalid("mask_too_fine", f"A mask may have {MOST_RUNS} runs.")
    if not all(type(count) is int and 0 <= count <= n_pixels for count in raw):
        raise RunsInvalid("runs_invalid", "A run's length lies between 0 and the image's pixels.")
    return np.array(raw, dtype=np.int64)


def _unpacked(text: str | bytes) -> Runs:
    if len(text) > LONGEST:
        raise RunsInvalid("mask_too_fine", f"A compressed mask may have {LONGEST} characters.")
    raw = text.encode("utf-8", "replace") if isinstance(text, str) else text
    codes = np.frombuffer(raw, dtype=np.uint8).astype(np.int64) - 48
    if not len(codes) or codes.min() < 0 or codes.max() > 63 or codes[-1] & 32:
        raise RunsInvalid("runs_invalid", "This is no compressed mask.")
    lasts = np.flatnonzero((codes & 32) == 0)
    firsts = np.concatenate([[0], lasts[:-1] + 1])
    lengths = lasts - firsts + 1
    if lengths.max() > MOST_GROUPS:
        raise RunsInvalid("runs_invalid", "This is no compressed mask.")
    places = np.arange(len(codes)) - np.repeat(firsts, lengths)
    numbers = np.add.reduceat((codes & 31) << 5 * places, firsts)
    numbers -= np.where(codes[lasts] & 16, np.int64(1) << 5 * lengths, 0)
    # from the fourth on each count is written as its difference from the one two before
    counts = numbers.copy()
    counts[1::2] = np.cumsum(numbers[1::2])
    counts[2::2] = np.cumsum(numbers[2::2])
    return counts
