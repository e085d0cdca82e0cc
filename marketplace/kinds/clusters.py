"""Which regions of several workers are one thing: groups with at most one region of each worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from marketplace.kinds.matching import LEAST_ALIKE, MISLABELLED, assign, compared
from marketplace.kinds.regions import Region, Shape, regions_of
from marketplace.kinds.voices import Voice

#: mean likeness a region needs to the regions of a group to join it (on recorded boxes .2 to .4 do as well)
NEAR = 0.25
#: times each worker's regions are placed anew after the first
ROUNDS = 4


class Member(NamedTuple):
    """One region: by which voice, and which of its regions."""

    voice: int
    region: int


class Bonds(NamedTuple):
    """Regions of all voices numbered one after the other, and which resemble each other."""

    #: number of each voice's first region, and one past the last of all
    starts: tuple[int, ...]
    #: per region: the numbers of the regions it resembles, how much, and what that is worth
    near: tuple[npt.NDArray[np.int64], ...]
    alike: tuple[npt.NDArray[np.float64], ...]
    worth: tuple[npt.NDArray[np.float64], ...]


def clusters(shape: Shape, voices: Sequence[Voice]) -> list[list[Member]]:
    """Groups of regions that are one thing, each region in exactly one, in the order of their first member.

    Where a label is given once only, the label says which. Otherwise each voice's regions are placed into the
    groups of those before it by the Hungarian method, where a region is as near to a group as it is, on
    average, to the members (a member of another label counts half); below `NEAR` it begins a group of its
    own. Then every voice is placed anew among all others until nothing changes. The order of `voices` must
    depend on nothing but what they say.
    """
    regions = [regions_of(voice.answer) for voice in voices]
    if shape.one_per_label:
        return _by_label(regions)
    bonds = _bonds(shape, voices, regions)
    groups = np.full(bonds.starts[-1], -1)
    for voice in range(len(voices)):
        _settle(bonds, groups, voice)
    for _ in range(ROUNDS):
        before = _members(bonds, groups)
        for voice in range(len(voices)):
            groups[bonds.starts[voice] : bonds.starts[voice + 1]] = -1
            _settle(bonds, groups, voice)
        if _members(bonds, groups) == before:
            break
    return _members(bonds, groups)


def _by_label(regions: Sequence[Sequence[Region]]) -> list[list[Member]]:
    found: dict[str, list[Member]] = {}
    for voice, theirs in enumerate(regions):
        for place, region in enumerate(theirs):
            found.setdefault(str(region["label"]), []).append(Member(voice, place))
    return list(found.values())


def _settle(bonds: Bonds, groups: npt.NDArray[np.int64], voice: int) -> None:
    """Put a voice's regions, which are in no group, into the groups of the others or new ones."""
    first, last = bonds.starts[voice], bonds.starts[voice + 1]
    if first == last:
        return
    count = int(groups.max(initial=-1)) + 1
    sizes = np.maximum(np.bincount(groups[groups >= 0], minlength=count), 1)
    alike, worth = np.zeros((2, last - first, count))
    for row, region in enumerate(range(first, last)):
        theirs = groups[bonds.near[region]]
        placed = theirs >= 0
        np.add.at(alike[row], theirs[placed], bonds.alike[region][placed])
        np.add.at(worth[row], theirs[placed], bonds.worth[region][placed])
    worth = np.where(alike / sizes >= NEAR - 1e-9, worth / sizes, 0.0)
    for row, group in assign(worth):
        groups[first + row] = group
    for region in range(first, last):
        if groups[region] < 0:
            groups[region] = count
            count += 1


def _members(bonds: Bonds, groups: npt.NDArray[np.int64]) -> list[list[Member]]:
    found: dict[int, list[Member]] = {}
    for voice, (first, last) in enumerate(zip(bonds.starts, bonds.starts[1:], strict=False)):
        for region in range(first, last):
            found.setdefault(int(groups[region]), []).append(Member(voice, region - first))
    return list(found.values())


def _bonds(shape: Shape, voices: Sequence[Voice], regions: Sequence[Sequence[Region]]) -> Bonds:
    starts = tuple(int(start) for start in np.cumsum([0, *map(len, regions)]))
    bonds: list[list[tuple[int, float, float]]] = [[] for _ in range(starts[-1])]
    for one, other, alike, worth in _resembling(shape, voices, regions):
        for i, j in zip(*np.nonzero(alike), strict=True):
            left, right = starts[one] + int(i), starts[other] + int(j)
            bonds[left].append((right, alike[i, j], worth[i, j]))
            bonds[right].append((left, alike[i, j], worth[i, j]))
    return Bonds(
        starts,
        tuple(np.array([number for number, _, _ in each], dtype=np.int64) for each in bonds),
        tuple(np.array([alike for _, alike, _ in each], dtype=np.float64) for each in bonds),
        tuple(np.array([worth for _, _, worth in each], dtype=np.float64) for each in bonds),
    )


def _resembling(
    shape: Shape, voices: Sequence[Voice], regions: Sequence[Sequence[Region]]
) -> Iterator[tuple[int, int, npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Each two voices with the likeness of their regions, and that halved where labels differ.

    Hardly any likeness is none, so that only neighbours are remembered.
    """
    for one in range(len(voices)):
        for other in range(one + 1, len(voices)):
            alike, same = compared(shape, regions[one], regions[other], voices[one].answer)
            alike = np.where(alike >= LEAST_ALIKE, alike, 0.0)
            yield one, other, alike, np.where(same, alike, alike * MISLABELLED)
