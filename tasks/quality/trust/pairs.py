"""Which two workers say the same where others say something else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from tasks.quality.trust.scene import sorted_votes
from tasks.quality.votes import FloatArray, IntArray, VoteTable

#: pairs of votes weighed at once
BLOCK = 1 << 20
#: pairs of workers, of all there could be, up to which each has a number of its own
MOST_CELLS = 1 << 21


@dataclass(frozen=True, eq=False)
class Pairs:
    """One entry per pair of workers with a task in common."""

    #: codes of the workers, first < second
    first_p: IntArray
    second_p: IntArray
    #: the tasks answered alike and differently, each counted with its contest, see `contest`
    same_contest_p: FloatArray
    differ_contest_p: FloatArray

    @property
    def n_pairs(self) -> int:
        """How many pairs there are."""
        return len(self.first_p)


def compare(votes: VoteTable, *, weight_v: FloatArray, gold_t: IntArray) -> Pairs:
    """Compare every two workers who share a task.

    Agreement by itself says nothing: who is often right agrees often. So every shared task counts as much as
    the others contest what the two said there. Honest workers who contradict the rest do so for reasons of
    their own and seldom all agree with each other; who copies does.

    `weight_v` >= 0 says what each vote counts as a voice of the others (0 hides it; it is compared all the
    same); `gold_t` the known truth per task, -1 where unknown. A worker answers a task at most once. Costs as
    many steps as there are pairs of votes on the same task; memory for the votes, for the pairs of workers
    that occur and for `BLOCK` pairs of votes.
    """
    votes, order = sorted_votes(votes)
    weight_v = weight_v[order]
    alike_v = np.sqrt(contest(votes, weight_v, gold_t, partner_agrees=True))
    apart_v = contest(votes, weight_v, gold_t, partner_agrees=False) / 2
    sums = _Few(votes.n_workers) if votes.n_workers**2 <= MOST_CELLS else _Many(votes.n_workers)
    for one, other in _met(votes):
        same = votes.label[one] == votes.label[other]
        sums.add(
            votes.worker[one].astype(np.int64),
            votes.worker[other].astype(np.int64),
            np.where(same, alike_v[one] * alike_v[other], 0.0),
            np.where(same, 0.0, apart_v[one] + apart_v[other]),
        )
    return sums.pairs()


def contest(votes: VoteTable, weight_v: FloatArray, gold_t: IntArray, *, partner_agrees: bool) -> FloatArray:
    """How strange a vote looks, per vote, in 0..1: the share of others who gave another label.

    The others are all votes at the task but this one and one more, the partner's, of the same weight, which
    gave the same label if `partner_agrees` and another one if not. One more voice is added on the vote's
    side, so that a single contradiction does not yet make a vote strange. Where the truth is known the
    contest is 1 for a wrong label and 0 for the right one.
    """
    cell_v = votes.task * votes.n_labels + votes.label
    n_cells = votes.n_tasks * votes.n_labels
    label_v = np.bincount(cell_v, weights=weight_v, minlength=n_cells)[cell_v]
    total_v = np.bincount(votes.task, weights=weight_v, minlength=votes.n_tasks)[votes.task]
    partner_v = np.zeros(votes.n_votes) if partner_agrees else weight_v
    against_v = np.maximum(total_v - label_v - partner_v, 0.0)
    others_v = np.maximum(total_v - 2 * weight_v, against_v)
    known_v = gold_t[votes.task]
    wrong_v = (known_v != votes.label).astype(np.float64)
    return np.asarray(np.where(known_v >= 0, wrong_v, against_v / (others_v + 1.0)))


def _met(votes: VoteTable) -> Iterator[tuple[IntArray, IntArray]]:
    """Every two votes of different workers on a task, `BLOCK` at a time, of votes in the order of tasks.

    First every vote with the one behind it, then with the second behind it, and so on as long as any task
    goes on for so long.
    """
    last_v = np.cumsum(votes.per_task())[votes.task] - 1
    waiting: list[tuple[IntArray, IntArray]] = []
    n_waiting, one, distance = 0, np.arange(votes.n_votes), 0
    while len(one):
        distance += 1
        one = one[one + distance <= last_v[one]]
        for start in range(0, len(one), BLOCK):
            block = one[start : start + BLOCK]
            different = block[votes.worker[block] != votes.worker[block + distance]]
            waiting.append((different, different + distance))
            n_waiting += len(different)
            if n_waiting >= BLOCK:
                yield _joined(waiting)
                waiting, n_waiting = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(parts: list[tuple[IntArray, IntArray]]) -> tuple[IntArray, IntArray]:
    one, other = (np.concatenate(side) for side in zip(*parts, strict=True))
    return one, other


class _Few:
    """Sums for every pair there could be."""

    def __init__(self, n_workers: int) -> None:
        self._n = n_workers
        self._met, self._same, self._differ = (np.zeros(n_workers**2) for _ in range(3))

    def add(self, first: IntArray, second: IntArray, same: FloatArray, differ: FloatArray) -> None:
        cell = first * self._n + second
        for sums, weights in ((self._met, None), (self._same, same), (self._differ, differ)):
            sums += np.bincount(cell, weights=weights, minlength=self._n**2)

    def pairs(self) -> Pairs:
        met = np.flatnonzero(self._met)
        return Pairs(met // max(self._n, 1), met % max(self._n, 1), self._same[met], self._differ[met])


class _Many:
    """Sums for the pairs that occur."""

    def __init__(self, n_workers: int) -> None:
        self._sums = sp.csr_array((n_workers, n_workers), dtype=np.complex128)

    def add(self, first: IntArray, second: IntArray, same: FloatArray, differ: FloatArray) -> None:
        # Put together before they are summed: matrices that are added up forget pairs whose sums are 0.
        before = self._sums.tocoo()
        data = np.concatenate([before.data, same + 1j * differ])
        rows, columns = (np.concatenate(both) for both in zip(before.coords, (first, second), strict=True))
        self._sums = sp.coo_array((data, (rows, columns)), shape=before.shape).tocsr()

    def pairs(self) -> Pairs:
        found = self._sums.tocoo()
        first_p, second_p = (codes.astype(np.int64) for codes in found.coords)
        return Pairs(first_p, second_p, found.data.real.copy(), found.data.imag.copy())
