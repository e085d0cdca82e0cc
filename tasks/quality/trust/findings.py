"""What a group of workers looks like: copied, or honest? And does it know the truth?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.stats import norm

from tasks.quality.trust.rings import BoolArray, Bound, Scene
from tasks.quality.votes import FloatArray, IntArray

#: how much copies of the same answer depend on each other even among honest workers who meet a trap, 0..1
COPIES_DEPEND = 0.2


@dataclass(frozen=True)
class Finding:
    """How a group answers where at least two of its members did."""

    #: tasks with two members or more, and the sum of their contest: how many count
    tasks: int
    contested: float
    #: of the contested ones, answered alike; and how many honest workers would answer alike at most
    same: float
    expected_same: float
    #: natural log of the likelihood ratio copied : honest
    evidence: float
    #: known questions the group met, each counted once, and how much of its answers was right
    gold_right: float
    gold_total: int
    #: how much of what those outside agree on beyond chance the group's answers explain, as estimated and at
    #: most: about 1 if it knows the truth, about 0 if it makes its answers up; None where those outside agree
    #: on nothing
    explained: tuple[float, float] | None


@dataclass(frozen=True)
class PairEvidence:
    """Two members of a ring side by side."""

    first: int
    second: int
    #: tasks both answered, how many alike, and how many alike if each had answered like those outside
    shared: int
    same: int
    expected_same: float
    #: (same - expected) in standard deviations, and its chance, 0..1, times the number of pairs compared
    z: float
    p: float


def judge(scene: Scene, member_w: BoolArray, bound: Bound) -> Finding:
    """Weigh a group of two or more: copied, or honest?

    What a member's habits explain is no evidence: who always says the same agrees with everybody else who
    does. A habit is how often the member gives a label when those outside say a given one.
    """
    contest_tl, leading_t = scene.outside(member_w)
    group_tl = scene.of_group(member_w)
    size_t, top_t, answer_t = group_tl.sum(axis=1), group_tl.max(axis=1), group_tl.argmax(axis=1)
    met = np.flatnonzero((scene.gold_t >= 0) & (size_t > 0))
    gold_right = float((group_tl[met, scene.gold_t[met]] / size_t[met]).sum())
    use = np.flatnonzero((size_t >= 2) & (leading_t >= 0))
    honest_u = np.maximum(bound.honest, _habit(scene, member_w, leading_t, answer_t, size_t)[use])
    contest_u = contest_tl[use, answer_t[use]]
    same_u = (top_t[use] - 1.0) / (size_t[use] - 1.0)
    # A third copy says less than the second: all may have met the same trap.
    copies_u = (size_t[use] - 1.0) / (1.0 + (size_t[use] - 2.0) * COPIES_DEPEND)
    evidence_u = copies_u * contest_u * bound.evidence(same_u, 1.0 - same_u, honest_u)
    return Finding(
        len(use),
        float(contest_u.sum()),
        float((contest_u * same_u).sum()),
        float((contest_u * honest_u).sum()),
        float(evidence_u.sum()),
        gold_right,
        len(met),
        _explained(scene, member_w, answer_t, np.flatnonzero(size_t > 0)),
    )


def side_by_side(scene: Scene, member_w: BoolArray, n_pairs: int) -> tuple[PairEvidence, ...]:
    """Every two members, with what would be expected if each answered like those outside the ring."""
    votes = scene.votes
    contest_tl, _ = scene.outside(member_w)
    members = np.flatnonzero(member_w)
    mine = np.flatnonzero(member_w[votes.worker])
    task_m, label_m = votes.task[mine], votes.label[mine]
    row_m = np.searchsorted(members, votes.worker[mine])
    chance_m = 1.0 - contest_tl[task_m, label_m]

    def matrix(data_m: FloatArray) -> sp.csr_array:
        return sp.csr_array((data_m, (row_m, task_m)), shape=(len(members), votes.n_tasks))

    answered, said = matrix(np.ones(len(mine))), scene.said[members]
    shared, same = (answered @ answered.T).toarray(), (said @ said.T).toarray()
    expected = (matrix(chance_m) @ answered.T).toarray()
    variance = (matrix(chance_m * (1.0 - chance_m)) @ answered.T).toarray()
    expected, variance = (expected + expected.T) / 2, (variance + variance.T) / 2
    z = (same - expected) / np.sqrt(np.maximum(variance, 1e-12))
    p = np.minimum(1.0, norm.sf(z) * n_pairs)
    return tuple(
        PairEvidence(
            int(members[a]),
            int(members[b]),
            int(shared[a, b]),
            int(same[a, b]),
            float(expected[a, b]),
            float(z[a, b]),
            float(p[a, b]),
        )
        for a, b in zip(*np.triu_indices(len(members), 1), strict=True)
        if shared[a, b] > 0
    )


def _habit(
    scene: Scene, member_w: BoolArray, leading_t: IntArray, answer_t: IntArray, size_t: FloatArray
) -> FloatArray:
    """How probable the group's answer is for its members by habit alone, shape (task,), in 0..1."""
    votes, n_labels = scene.votes, scene.votes.n_labels
    mine = np.flatnonzero(member_w[votes.worker] & (leading_t[votes.task] >= 0))
    worker_m, task_m = votes.worker[mine], votes.task[mine]
    place_w = np.cumsum(member_w) - 1
    lead_m = place_w[worker_m] * n_labels + leading_t[task_m]
    shape = (int(member_w.sum()) * n_labels, n_labels)
    counts_rl = np.bincount(lead_m * n_labels + votes.label[mine], minlength=shape[0] * shape[1])
    counts_rl = counts_rl.reshape(shape)
    habit_rl = (counts_rl + 1.0 / n_labels) / (counts_rl.sum(axis=1, keepdims=True) + 1.0)
    sum_t = np.bincount(task_m, weights=habit_rl[lead_m, answer_t[task_m]], minlength=votes.n_tasks)
    return np.asarray(sum_t / np.maximum(size_t, 1.0))


def _explained(
    scene: Scene, member_w: BoolArray, answer_t: IntArray, answered: IntArray
) -> tuple[float, float] | None:
    """The share of outsiders' agreement beyond chance that is there because they hit the group's answers.

    If the group told the truth, two outsiders would agree by both hitting it or both missing it alike; what
    they agree beyond that, they have from elsewhere. As estimated, and with the hits two standard errors
    higher; None where outsiders do not clearly agree. `answered` are the tasks the group answered.
    """
    votes = scene.votes
    outside_v = np.where(member_w[votes.worker], 0.0, scene.weight_v)
    cell_v = votes.task * votes.n_labels + votes.label
    voices_tl = np.bincount(cell_v, weights=outside_v, minlength=scene.voices_tl.size)
    voices_al = np.asarray(voices_tl.reshape(scene.voices_tl.shape)[answered], dtype=np.float64)
    own_a = np.bincount(votes.task, weights=outside_v**2, minlength=votes.n_tasks)[answered]
    total_a = voices_al.sum(axis=1)
    chance = 1.0 / votes.n_labels
    alike_a = (voices_al**2).sum(axis=1) - own_a
    pairs_a = np.maximum(total_a**2 - own_a, 0.0)
    agreed, agreed_error = _ratio(alike_a, pairs_a)
    if agreed <= chance + 3.0 * agreed_error:
        return None
    hit, hit_error = _ratio(voices_al[np.arange(len(answered)), answer_t[answered]], total_a)

    def share(hits: float) -> float:
        hits = min(1.0, max(hits, chance))
        by_truth = hits**2 + (1.0 - hits) ** 2 / (votes.n_labels - 1)
        return min(1.0, (by_truth - chance) / (agreed - chance))

    return share(hit), share(hit + 2.0 * hit_error)


def _ratio(part_a: FloatArray, whole_a: FloatArray) -> tuple[float, float]:
    """The sum of parts over the sum of wholes, and its standard error with tasks as the sample."""
    whole = float(whole_a.sum())
    if whole <= 0:
        return 0.0, 0.0
    ratio = float(part_a.sum()) / whole
    return ratio, float(np.sqrt(((part_a - ratio * whole_a) ** 2).sum())) / whole
