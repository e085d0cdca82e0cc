"""The votes laid out so that a group of workers costs no more to look at than the tasks it answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from tasks.quality.votes import FloatArray, IntArray, VoteTable

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scene:
    """All votes, what each counts as a voice, and where those of a task and of a worker are."""

    #: in the order of `sorted_votes`
    votes: VoteTable
    #: the known truth, -1 where unknown
    gold_t: IntArray
    weight_v: FloatArray
    #: sum of the weights, shape (task, label)
    voices_tl: FloatArray
    #: workers with a vote
    active: int
    #: the first vote of each task, one more than there are tasks
    start_t: IntArray
    #: votes by worker, then by task, and the first of each worker in it
    by_worker: IntArray
    start_w: IntArray

    @classmethod
    def of(cls, votes: VoteTable, gold_t: IntArray, weight_v: FloatArray) -> Self:
        """Lay out `votes`, which are in the order of `sorted_votes`; `weight_v` >= 0 per vote."""
        n_w = np.bincount(votes.worker, minlength=votes.n_workers)
        return cls(
            votes,
            gold_t,
            weight_v,
            _voices(votes, weight_v),
            int((n_w > 0).sum()),
            _starts(np.bincount(votes.task, minlength=votes.n_tasks)),
            np.argsort(votes.worker, kind="stable"),
            _starts(n_w),
        )

    def weighed(self, weight_v: FloatArray) -> Self:
        """The same votes with other weights."""
        return replace(self, weight_v=weight_v, voices_tl=_voices(self.votes, weight_v))

    def at(self, member_w: BoolArray) -> View:
        """What there is to see at the tasks that a group answered."""
        votes, members = self.votes, np.flatnonzero(member_w)
        mine = self.by_worker[_runs(self.start_w[members], self.start_w[members + 1])]
        answered_t = np.zeros(votes.n_tasks, dtype=bool)
        answered_t[votes.task[mine]] = True
        task_a = np.flatnonzero(answered_t)
        place_t = np.empty(votes.n_tasks, dtype=np.int64)
        place_t[task_a] = np.arange(len(task_a))
        here = _runs(self.start_t[task_a], self.start_t[task_a + 1])
        shape = (len(task_a), votes.n_labels)
        cell_m = place_t[votes.task[mine]] * votes.n_labels + votes.label[mine]
        group_al = np.bincount(cell_m, minlength=shape[0] * shape[1]).reshape(shape)
        own_al = np.bincount(cell_m, weights=self.weight_v[mine], minlength=shape[0] * shape[1])
        outside_al = np.maximum(self.voices_tl[task_a] - own_al.reshape(shape), 0.0)
        return View(self, member_w, task_a, mine, here, place_t, group_al.astype(np.float64), outside_al)


@dataclass(frozen=True, eq=False)
class View:
    """A group at the tasks it answered: a place is the index of a task in `task_a`."""

    scene: Scene
    member_w: BoolArray
    #: the tasks, ascending
    task_a: IntArray
    #: the group's votes by worker, then by task; and everybody's at these tasks, by task
    mine: IntArray
    here: IntArray
    #: the place of each task, of meaning for `task_a` only
    place_t: IntArray
    #: members who gave each label, and the voices of others for it, shape (place, label)
    group_al: FloatArray
    outside_al: FloatArray

    @property
    def gold_a(self) -> IntArray:
        """The known truth, -1 where unknown."""
        return self.scene.gold_t[self.task_a]

    def contest(self) -> tuple[FloatArray, IntArray]:
        """What those outside the group say: the contest of each label, 0..1, and the leading label or -1.

        Shapes (place, label) and (place,). The known truth takes their place where there is one.
        """
        total_a = self.outside_al.sum(axis=1)
        contest_al = (total_a[:, None] - self.outside_al) / (total_a[:, None] + 1.0)
        leading_a = np.where(total_a > 0, self.outside_al.argmax(axis=1), -1)
        known = np.flatnonzero(self.gold_a >= 0)
        contest_al[known] = 1.0
        contest_al[known, self.gold_a[known]] = 0.0
        return contest_al, np.where(self.gold_a >= 0, self.gold_a, leading_a)


def sorted_votes(votes: VoteTable) -> tuple[VoteTable, IntArray]:
    """The votes by task and then by worker, and which vote of `votes` each was."""
    key_v = votes.task.astype(np.int64) * votes.n_workers + votes.worker
    if (key_v[1:] >= key_v[:-1]).all():
        return votes, np.arange(votes.n_votes)
    order = np.argsort(key_v, kind="stable")
    sizes = (votes.n_tasks, votes.n_workers, votes.n_labels)
    return VoteTable(votes.task[order], votes.worker[order], votes.label[order], *sizes), order


def _voices(votes: VoteTable, weight_v: FloatArray) -> FloatArray:
    cell_v = votes.task.astype(np.int64) * votes.n_labels + votes.label
    voices = np.bincount(cell_v, weights=weight_v, minlength=votes.n_tasks * votes.n_labels)
    return voices.astype(np.float64).reshape(votes.n_tasks, votes.n_labels)


def _starts(n: IntArray) -> IntArray:
    return np.concatenate([[0], np.cumsum(n)]).astype(np.int64)


def _runs(first: IntArray, stop: IntArray) -> IntArray:
    """The whole numbers of each run from `first` up to `stop`, one run after the other."""
    n = stop - first
    before = np.concatenate([[0], np.cumsum(n)])
    return np.asarray(np.arange(before[-1]) + np.repeat(first - before[:-1], n))
