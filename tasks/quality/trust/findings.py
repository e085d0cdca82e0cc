"""What a group of workers looks like: copied, or honest? And does it know the truth?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.stats import norm

from tasks.quality.trust.rings import Bound
from tasks.quality.trust.scene import View
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


def judge(view: View, bound: Bound) -> Finding:
    """Weigh a group of two or more: copied, or honest?

    What a member's habits explain is no evidence: who always says the same agrees with everybody else who
    does. A habit is how often the member gives a label when those outside say a given one.
    """
    contest_al, leading_a = view.contest()
    size_a, top_a = view.group_al.sum(axis=1), view.group_al.max(axis=1)
    answer_a = view.group_al.argmax(axis=1)
    met = np.flatnonzero(view.gold_a >= 0)
    gold_right = float((view.group_al[met, view.gold_a[met]] / size_a[met]).sum())
    use = np.flatnonzero((size_a >= 2) & (leading_a >= 0))
    honest_u = np.maximum(bound.honest, _habit(view, leading_a, answer_a, size_a)[use])
    contest_u = contest_al[use, answer_a[use]]
    same_u = (top_a[use] - 1.0) / (size_a[use] - 1.0)
    # A third copy says less than the second: all may have met the same trap.
    copies_u = (size_a[use] - 1.0) / (1.0 + (size_a[use] - 2.0) * COPIES_DEPEND)
    evidence_u = copies_u * contest_u * bound.evidence(same_u, 1.0 - same_u, honest_u)
    return Finding(
        len(use),
        float(contest_u.sum()),
        float((contest_u * same_u).sum()),
        float((contest_u * honest_u).sum()),
        float(evidence_u.sum()),
        gold_right,
        len(met),
        _explained(view, answer_a),
    )


def side_by_side(view: View, n_pairs: int) -> tuple[PairEvidence, ...]:
    """Every two members, with what would be expected if each answered like those outside the ring."""
    votes, mine = view.scene.votes, view.mine
    contest_al, _ = view.contest()
    members = np.flatnonzero(view.member_w)
    place_m, label_m = view.place_t[votes.task[mine]], votes.label[mine]
    row_m = np.searchsorted(members, votes.worker[mine])
    chance_m = 1.0 - contest_al[place_m, label_m]

    def matrix(data_m: FloatArray, column_m: IntArray, n_columns: int) -> sp.csr_array:
        return sp.csr_array((data_m, (row_m, column_m)), shape=(len(members), n_columns))

    one_m, n_places = np.ones(len(mine)), len(view.task_a)
    answered = matrix(one_m, place_m, n_places)
    said = matrix(one_m, place_m * votes.n_labels + label_m, n_places * votes.n_labels)
    shared, same = (answered @ answered.T).toarray(), (said @ said.T).toarray()
    expected = (matrix(chance_m, place_m, n_places) @ answered.T).toarray()
    variance = (matrix(chance_m * (1.0 - chance_m), place_m, n_places) @ answered.T).toarray()
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


def _habit(view: View, leading_a: IntArray, answer_a: IntArray, size_a: FloatArray) -> FloatArray:
    """How probable the group's answer is for its members by habit alone, shape (place,), in 0..1."""
    votes, n_labels = view.scene.votes, view.scene.votes.n_labels
    led = leading_a[view.place_t[votes.task[view.mine]]] >= 0
    mine = view.mine[led]
    worker_m, place_m = votes.worker[mine], view.place_t[votes.task[mine]]
    number_w = np.cumsum(view.member_w) - 1
    lead_m = number_w[worker_m] * n_labels + leading_a[place_m]
    shape = (int(view.member_w.sum()) * n_labels, n_labels)
    counts_rl = np.bincount(lead_m * n_labels + votes.label[mine], minlength=shape[0] * shape[1])
    counts_rl = counts_rl.reshape(shape)
    habit_rl = (counts_rl + 1.0 / n_labels) / (counts_rl.sum(axis=1, keepdims=True) + 1.0)
    sum_a = np.bincount(place_m, weights=habit_rl[lead_m, answer_a[place_m]], minlength=len(answer_a))
    return np.asarray(sum_a / np.maximum(size_a, 1.0))


def _explained(view: View, answer_a: IntArray) -> tuple[float, float] | None:
    """The share of outsiders' agreement beyond chance that is there because they hit the group's answers.

    If the group told the truth, two outsiders would agree by both hitting it or both missing it alike; what
    they agree beyond that, they have from elsewhere. As estimated, and with the hits two standard errors
    higher; None where outsiders do not clearly agree.
    """
    votes, n_labels, here = view.scene.votes, view.scene.votes.n_labels, view.here
    weight_h = np.where(view.member_w[votes.worker[here]], 0.0, view.scene.weight_v[here])
    place_h = view.place_t[votes.task[here]]
    cell_h = place_h * n_labels + votes.label[here]
    voices_a = np.bincount(cell_h, weights=weight_h, minlength=len(answer_a) * n_labels)
    voices_al = voices_a.astype(np.float64).reshape(len(answer_a), n_labels)
    own_a = np.bincount(place_h, weights=weight_h**2, minlength=len(answer_a))
    total_a = voices_al.sum(axis=1)
    chance = 1.0 / n_labels
    alike_a = (voices_al**2).sum(axis=1) - own_a
    pairs_a = np.maximum(total_a**2 - own_a, 0.0)
    agreed, agreed_error = _ratio(alike_a, pairs_a)
    if agreed <= chance + 3.0 * agreed_error:
        return None
    hit, hit_error = _ratio(voices_al[np.arange(len(answer_a)), answer_a], total_a)

    def share(hits: float) -> float:
        hits = min(1.0, max(hits, chance))
        by_truth = hits**2 + (1.0 - hits) ** 2 / (n_labels - 1)
        return min(1.0, (by_truth - chance) / (agreed - chance))

    return share(hit), share(hit + 2.0 * hit_error)


def _ratio(part_a: FloatArray, whole_a: FloatArray) -> tuple[float, float]:
    """The sum of parts over the sum of wholes, and its standard error with tasks as the sample."""
    whole = float(whole_a.sum())
    if whole <= 0:
        return 0.0, 0.0
    ratio = float(part_a.sum()) / whole
    return ratio, float(np.sqrt(((part_a - ratio * whole_a) ** 2).sum())) / whole
