"""One set of labelled ranges made of several."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from marketplace.kinds.numbers import weighted_median
from marketplace.kinds.ranges import BoolArray, FloatArray, Pieces, Range, cut, labels_of, with_label
from marketplace.kinds.weights import alike_if_none, log_odds

#: a stretch belongs when so much of the weight marked it. Below a half, because people overlook more than
#: they make up: of 7 workers 3 are enough
ENOUGH = 0.4
#: rounding errors, in shares of the weight
SLACK = 1e-9


class Found(NamedTuple):
    """A range and the probability that what it covers belongs to its label, the mean over its length."""

    range: Range
    chance: float


class Voted(NamedTuple):
    """Per label and piece: the probability that it belongs. Shapes (label, piece)."""

    pieces: Pieces
    labels: list[str]
    chance_lp: FloatArray
    #: which pieces belong; of one label each where ranges must not overlap
    inside_lp: BoolArray

    def expected(self, found: Iterable[Range]) -> tuple[float, float, float]:
        """How long these ranges are, how much of that is right by expectation, and how long the truth is."""
        lengths = self.pieces.lengths
        ranges = list(found)
        long, right = 0.0, 0.0
        for i, label in enumerate(self.labels):
            inside = self.pieces.covered(with_label(ranges, label))
            long += float((inside * lengths).sum())
            right += float((inside * self.chance_lp[i] * lengths).sum())
        return long, right, float((self.chance_lp * lengths).sum())

    def mean(self, each: Range) -> float:
        """The mean probability over a range, by length."""
        cuts = self.pieces.cuts
        first = int(np.searchsorted(cuts, each.start, "right")) - 1
        last = int(np.searchsorted(cuts, each.end, "left"))
        inside = np.diff(np.clip(cuts[first : last + 1], each.start, each.end))
        chance_p = self.chance_lp[self.labels.index(each.label), first:last]
        return min(float((chance_p * inside).sum() / inside.sum()), 1.0)


def vote(answers: Sequence[Sequence[Range]], weights: Sequence[float], *, overlap: bool) -> Voted:
    """Which stretches belong to which label, each by weighted vote.

    A weight is a worker's accuracy on one stretch; it counts by its log odds, nothing at or below 0.5. Marks
    and gaps pull on the log odds of a stretch such that it is a toss-up where `ENOUGH` of the weight marked
    it: a mark counts more than a gap. Where labels must not `overlap`, a stretch has its most probable one.
    """
    pulls = [log_odds(weight) for weight in weights]
    pull_a = np.array(alike_if_none(pulls))
    pieces, labels = cut(answers), labels_of(answers)
    shape = (len(labels), len(pieces.lengths))
    share_lp = np.zeros(shape)
    for i, label in enumerate(labels):
        marks_ap = np.array([pieces.covered(with_label(ranges, label)) for ranges in answers])
        share_lp[i] = (pull_a[:, None] * marks_ap).sum(axis=0) / pull_a.sum()
    logs_lp = 2.0 * math.fsum(pulls) * (share_lp - ENOUGH)
    inside_lp = share_lp >= ENOUGH - SLACK
    if not overlap and labels:
        best_p = (share_lp.round(9)).argmax(axis=0)
        inside_lp &= np.arange(len(labels))[:, None] == best_p
    return Voted(pieces, labels, 1.0 / (1.0 + np.exp(-logs_lp.clip(-500, 500))), inside_lp)


def found_ranges(
    voted: Voted, answers: Sequence[Sequence[Range]], weights: Sequence[float], *, near: float
) -> list[Found]:
    """What was voted in, as ranges: neighbouring stretches of a label are one, unless most who marked that
    place ended one range there and began another. Such breaks are the same up to a distance of `near`.
    """
    pulls = alike_if_none([log_odds(weight) for weight in weights])
    found = []
    for i, label in enumerate(voted.labels):
        mine = [with_label(ranges, label) for ranges in answers]
        touching = _touching(mine)
        for first, last in _runs(voted.inside_lp[i]):
            start, end = float(voted.pieces.cuts[first]), float(voted.pieces.cuts[last])
            inner = touching[bisect_right(touching, (start, len(mine))) : bisect_left(touching, (end, -1))]
            stops = [start, *_breaks(mine, pulls, inner, near), end]
            for one, other in pairwise(stops):
                each = Range(one, other, label)
                found.append(Found(each, voted.mean(each)))
    return sorted(found)


def _runs(inside: BoolArray) -> list[tuple[int, int]]:
    """(first, one past the last) of each stretch of neighbouring True."""
    edges = np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def _touching(answers: Sequence[Sequence[Range]]) -> list[tuple[float, int]]:
    """Where an answer ended one range and began another, and which answer; from the left."""
    return sorted(
        (other.start, i)
        for i, ranges in enumerate(answers)
        for one, other in pairwise(ranges)
        if one.end == other.start
    )


def _breaks(
    answers: Sequence[Sequence[Range]],
    pulls: Sequence[float],
    places: Sequence[tuple[float, int]],
    near: float,
) -> list[float]:
    """At which of these places most of those who marked it ended one range and began another."""
    groups: list[list[tuple[float, int]]] = []
    for at, answer in places:
        mine = bool(groups) and any(answer == other for _, other in groups[-1])
        if groups and not mine and at - groups[-1][0][0] <= near:
            groups[-1].append((at, answer))
        else:  # two breaks of one answer are two breaks, however near
            groups.append([(at, answer)])
    breaks = []
    for group in groups:
        ours = {i for _, i in group}
        if not any(pulls[i] > 0 for i in ours):
            continue
        at = weighted_median([x for x, _ in group], [pulls[i] for _, i in group])
        others = {i for i, ranges in enumerate(answers) if i not in ours and _spans(ranges, at)}
        if math.fsum(pulls[i] for i in ours) > math.fsum(pulls[i] for i in others):
            breaks.append(at)
    return breaks


def _spans(ranges: Sequence[Range], at: float) -> bool:
    """Whether a place lies inside one of these, sorted and apart; not at its ends."""
    place = bisect_left(ranges, at, key=lambda each: each.start)
    return place > 0 and at < ranges[place - 1].end
