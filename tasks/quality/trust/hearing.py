"""Who is heard: rings as one voice, and not at all when gold shows that they guess."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.quality.trust.collusion import Collusion, as_one, find_rings
from tasks.quality.trust.gate import Gate, State, gate, gold_evidence
from tasks.quality.votes import FloatArray, IntArray, VoteTable


@dataclass(frozen=True, eq=False)
class Ears:
    """How each worker is heard."""

    #: factor on a worker's log weights, shape (worker,), 0..1; with 0 a worker is not heard at all
    weight_w: FloatArray
    #: whose weights a worker's votes have, shape (worker,): a ring has one table, its first member's
    speaker_w: IntArray

    def heard(self, votes: VoteTable) -> VoteTable:
        """What is left of the votes: a ring's as one, and none of those who are not heard."""
        if (self.weight_w == 1.0).all():
            return votes
        merged = as_one(votes, self.speaker_w)
        return merged.only(self.weight_w[merged.worker] > 0.0)

    def joined_by(self, newcomers: int) -> Ears:
        """The same with more workers, who are heard in full."""
        n_workers = len(self.speaker_w)
        return Ears(
            np.concatenate([self.weight_w, np.ones(newcomers)]),
            np.concatenate([self.speaker_w, n_workers + np.arange(newcomers)]),
        )


@dataclass(frozen=True, eq=False)
class Hearing:
    """What is left of the votes, and how workers' votes count from now on."""

    votes: VoteTable
    ears: Ears
    rings: Collusion
    gate: Gate


def hear(votes: VoteTable, gold_t: IntArray) -> Hearing:
    """Let each ring speak once, and leave out those rings which gold shows to be near chance.

    Trust is anchored in gold, because a ring agrees with itself. Somebody near chance who is in no ring is
    heard: the engine weighs such a worker by what the others say, class by class, and leaving out those who
    err by class cost 1.7 points on one recorded crowd. `gold_t` has the known class per task, -1 where
    unknown; questions whose answers are known for another reason than being gold (verdicts) do not belong in
    it.
    """
    rings = find_rings(votes, gold=gold_t)
    ring_w = rings.ring_w if rings.rings else None
    right_w, total_w = gold_evidence(votes, gold_t, ring_w)
    doors = gate(right_w, total_w, max(votes.n_labels, 2), ring_w)
    excluded_w = (doors.state_w == State.EXCLUDED.value) & (rings.ring_w >= 0)
    speaker_w = rings.speaker_w
    weight_w = np.where(excluded_w, 0.0, 1.0 / np.bincount(speaker_w, minlength=votes.n_workers)[speaker_w])
    ears = Ears(weight_w, speaker_w)
    return Hearing(ears.heard(votes), ears, rings, doors)
