"""Groups of workers who seem to answer as one: how they are grown from a pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.trust.scene import BoolArray, Scene, View
from tasks.quality.votes import FloatArray

#: a group settles within a few rounds or it swings between two neighbours
GROWTH_ROUNDS = 10
#: natural log of the likelihood ratio from which a worker is taken into a group for a closer look
JOIN = 1.0


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


def grow(scene: Scene, seed_w: BoolArray, bound: Bound, free_w: BoolArray) -> BoolArray:
    """The group around `seed_w`, shape (worker,), of those who give the group's answers.

    Whoever does joins, whoever does not leaves. The group's answer is what most of its other members say.
    Only `free_w` can be members.
    """
    member_w = seed_w
    for _ in range(GROWTH_ROUNDS):
        view = scene.at(member_w)
        contest_al, _ = view.contest()
        joins_w = _newcomers(view, contest_al, bound) >= JOIN
        stays_w = _members(view, contest_al, bound) > 0.0
        grown_w = np.where(member_w, stays_w, joins_w) & free_w
        if (grown_w == member_w).all():
            break
        member_w = grown_w
    return member_w


def _newcomers(view: View, contest_al: FloatArray, bound: Bound) -> FloatArray:
    """Evidence, shape (worker,), that each worker gives the group's answers; of meaning for non-members."""
    votes, here = view.scene.votes, view.here
    answer_a = view.group_al.argmax(axis=1)
    contest_a = contest_al[np.arange(len(answer_a)), answer_a]
    place_h, worker_h = view.place_t[votes.task[here]], votes.worker[here]
    same_h = votes.label[here] == answer_a[place_h]
    same_w, differ_w = (
        np.bincount(worker_h, weights=contest_a[place_h] * chosen_h, minlength=votes.n_workers)
        for chosen_h in (same_h, ~same_h)
    )
    return bound.evidence(same_w, differ_w)


def _members(view: View, contest_al: FloatArray, bound: Bound) -> FloatArray:
    """Evidence, shape (worker,), that each member gives the answers of the other members; 0 for others."""
    votes, mine = view.scene.votes, view.mine
    place_m, label_m, worker_m = view.place_t[votes.task[mine]], votes.label[mine], votes.worker[mine]
    others_ml = view.group_al[place_m]
    others_ml[np.arange(len(mine)), label_m] -= 1.0
    top_m, answer_m = others_ml.max(axis=1, initial=0.0), others_ml.argmax(axis=1)
    same_m = others_ml[np.arange(len(mine)), label_m] == top_m
    contest_m = np.where(top_m > 0, contest_al[place_m, answer_m], 0.0)
    same_w = np.bincount(worker_m, weights=contest_m * same_m, minlength=votes.n_workers)
    differ_w = np.bincount(worker_m, weights=contest_m * ~same_m, minlength=votes.n_workers)
    return bound.evidence(same_w, differ_w)
