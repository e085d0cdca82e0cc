"""Who is heard: rings as one voice, and not at all when gold shows that they guess."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.quality.trust.collusion import Collusion, as_one, find_rings
from tasks.quality.trust.gate import Gate, State, gate, gold_evidence
from tasks.quality.votes import FloatArray, IntArray, VoteTable


@dataclass(frozen=True, eq=False)
class Hearing:
    """What is left of the votes, and what each worker's votes count from now on."""

    votes: VoteTable
    #: factor on a worker's log weights, shape (worker,), 0..1
    weight_w: FloatArray
    #: whose weights a worker's votes have, shape (worker,): a ring has one table, its first member's
    speaker_w: IntArray
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
    if rings.rings:
        merged = as_one(votes, rings)
        kept_v = ~excluded_w[merged.worker]
        votes = VoteTable(
            merged.task[kept_v],
            merged.worker[kept_v],
            merged.label[kept_v],
            votes.n_tasks,
            votes.n_workers,
            votes.n_labels,
        )
    weight_w, speaker_w = np.where(excluded_w, 0.0, 1.0), np.arange(votes.n_workers)
    for ring in rings.rings:
        members = np.array(ring.workers)
        speaker_w[members] = members[0]
        weight_w[members] /= len(members)
    return Hearing(votes, weight_w, speaker_w, rings, doors)
