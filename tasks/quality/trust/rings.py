"""Groups of workers who seem to answer as one: how they are grown from a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from tasks.quality.votes import FloatArray, IntArray, VoteTable

#: a group settles within a few rounds or it swings between two neighbours
GROWTH_ROUNDS = 10
#: natural log of the likelihood ratio from which a worker is taken into a group for a closer look
JOIN = 1.0

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Bound:
    """What separates copying from honest agreement, on tasks where others contest the answer."""

    #: honest workers agree there with each other at most this often, 0..1
    honest: float
    #: who copies disagrees this many times less often; > 1
    fewer: float

    def evidence(
        self, same: npt.ArrayLike, differ: npt.ArrayLike, honest: npt.ArrayLike | None = None
    ) -> FloatArray:
        """Natural log of the likelihood ratio copied : honest after `same` and `differ` contested answers.

        For honest workers the expected ratio is at most 1, so a value above log(1 / p) has at most the chance
        p. `honest` replaces the bound where more agreement is explained.
        """
        honest_n = np.minimum(self.honest if honest is None else honest, 1.0 - 1e-9)
        copied_n = 1.0 - (1.0 - honest_n) / self.fewer
        return np.asarray(same * np.log(copied_n / honest_n) - differ * np.log(self.fewer))


@dataclass(frozen=True, eq=False)
class Scene:
    """The votes as matrices, and what each counts as a voice."""

    votes: VoteTable
    gold_t: IntArray
    weight_v: FloatArray
    #: worker x (task, label), 1 where said; the same with the votes' weights; worker x task, 1 where answered
    said: sp.csr_array
    voiced: sp.csr_array
    answered: sp.csr_array
    #: sum of the weights, shape (task, label)
    voices_tl: FloatArray

    @classmethod
    def of(cls, votes: VoteTable, gold_t: IntArray, weight_v: FloatArray) -> Self:
        """Prepare `votes`; `gold_t` is the known truth, -1 where unknown; `weight_v` >= 0 per vote."""
        cell_v = votes.task * votes.n_labels + votes.label
        n_cells = votes.n_tasks * votes.n_labels
        one_v = np.ones(votes.n_votes)
        said = sp.csr_array((one_v, (votes.worker, cell_v)), shape=(votes.n_workers, n_cells))
        voiced = sp.csr_array((weight_v, (votes.worker, cell_v)), shape=(votes.n_workers, n_cells))
        answered = sp.csr_array((one_v, (votes.worker, votes.task)), shape=(votes.n_workers, votes.n_tasks))
        voices_tl = np.bincount(cell_v, weights=weight_v, minlength=n_cells).astype(np.float64)
        return cls(
            votes, gold_t, weight_v, said, voiced, answered, voices_tl.reshape(votes.n_tasks, votes.n_labels)
        )

    def of_group(self, member_w: BoolArray) -> FloatArray:
        """How many members gave each label, shape (task, label)."""
        return np.asarray(self.said.T @ member_w.astype(np.float64)).reshape(self.voices_tl.shape)

    def outside(self, member_w: BoolArray) -> tuple[FloatArray, IntArray]:
        """What those outside the group say: the contest of each label, 0..1, and the leading label or -1.

        Shapes (task, label) and (task,). The known truth takes their place where there is one.
        """
        group_tl = np.asarray(self.voiced.T @ member_w.astype(np.float64)).reshape(self.voices_tl.shape)
        outside_tl = np.maximum(self.voices_tl - group_tl, 0.0)
        total_t = outside_tl.sum(axis=1)
        contest_tl = (total_t[:, None] - outside_tl) / (total_t[:, None] + 1.0)
        leading_t = np.where(total_t > 0, outside_tl.argmax(axis=1), -1)
        known = np.flatnonzero(self.gold_t >= 0)
        contest_tl[known] = 1.0
        contest_tl[known, self.gold_t[known]] = 0.0
        return contest_tl, np.where(self.gold_t >= 0, self.gold_t, leading_t)


def grow(scene: Scene, seed_w: BoolArray, bound: Bound, free_w: BoolArray) -> BoolArray:
    """The group around `seed_w`, shape (worker,), of those who give the group's answers.

    Whoever does joins, whoever does not leaves. The group's answer is what most of its other members say.
    Only `free_w` can be members.
    """
    member_w = seed_w
    for _ in range(GROWTH_ROUNDS):
        contest_tl, _ = scene.outside(member_w)
        group_tl = scene.of_group(member_w)
        joins_w = _newcomers(scene, group_tl, contest_tl, bound) >= JOIN
        stays_w = _members(scene, member_w, group_tl, contest_tl, bound) > 0.0
        grown_w = np.where(member_w, stays_w, joins_w) & free_w
        if (grown_w == member_w).all():
            break
        member_w = grown_w
    return member_w


def _newcomers(scene: Scene, group_tl: FloatArray, contest_tl: FloatArray, bound: Bound) -> FloatArray:
    """Evidence, shape (worker,), that each worker gives the group's answers; of meaning for non-members."""
    answer_t = group_tl.argmax(axis=1)
    tasks = np.arange(len(answer_t))
    contest_t = np.where(group_tl.max(axis=1) > 0, contest_tl[tasks, answer_t], 0.0)
    marked_tl = np.zeros_like(contest_tl)
    marked_tl[tasks, answer_t] = contest_t
    same_w = np.asarray(scene.said @ marked_tl.ravel())
    return bound.evidence(same_w, np.asarray(scene.answered @ contest_t) - same_w)


def _members(
    scene: Scene, member_w: BoolArray, group_tl: FloatArray, contest_tl: FloatArray, bound: Bound
) -> FloatArray:
    """Evidence, shape (worker,), that each member gives the answers of the other members; 0 for others."""
    votes = scene.votes
    mine = np.flatnonzero(member_w[votes.worker])
    task_m, label_m, worker_m = votes.task[mine], votes.label[mine], votes.worker[mine]
    others_ml = group_tl[task_m]
    others_ml[np.arange(len(mine)), label_m] -= 1.0
    top_m, answer_m = others_ml.max(axis=1, initial=0.0), others_ml.argmax(axis=1)
    same_m = others_ml[np.arange(len(mine)), label_m] == top_m
    contest_m = np.where(top_m > 0, contest_tl[task_m, answer_m], 0.0)
    same_w = np.bincount(worker_m, weights=contest_m * same_m, minlength=votes.n_workers)
    differ_w = np.bincount(worker_m, weights=contest_m * ~same_m, minlength=votes.n_workers)
    return bound.evidence(same_w, differ_w)
