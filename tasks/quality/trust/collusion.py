"""Rings: accounts that copy from each other, or one person behind many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.trust.findings import Finding, PairEvidence, judge, side_by_side
from tasks.quality.trust.limits import (
    CLEAR,
    DEFAULT_LIMITS,
    Limits,
    is_few,
    log_odds,
    made_up,
    most_explained,
)
from tasks.quality.trust.pairs import Pairs, compare
from tasks.quality.trust.rings import Bound, grow
from tasks.quality.trust.scene import BoolArray, Scene, sorted_votes
from tasks.quality.votes import FloatArray, IntArray, VoteTable, known_labels

#: pairs from which a search for a ring starts, the most alike first
SEEDS = 20
#: a pair below this evidence is nothing to start from
LEAST_SEED = 0.3


@dataclass(frozen=True)
class Ring:
    """Workers who answer as one."""

    #: codes, ascending
    workers: tuple[int, ...]
    finding: Finding
    #: bound, 0..1, on the chance of this among honest workers, times the number of pairs compared
    p: float
    pairs: tuple[PairEvidence, ...]


@dataclass(frozen=True, eq=False)
class Collusion:
    """The rings of a crowd; arrays are read-only."""

    rings: tuple[Ring, ...]
    #: index into `rings` per worker, -1 for those in none: `cluster_w` of the gold gate
    ring_w: IntArray
    #: what each vote counts, in (0, 1]: the votes of a ring on one task sum to 1
    weight_v: FloatArray

    @property
    def speaker_w(self) -> IntArray:
        """Who speaks for each worker: the first of a ring, everybody else for themselves."""
        speaker_w = np.arange(len(self.ring_w))
        for ring in self.rings:
            speaker_w[list(ring.workers)] = ring.workers[0]
        return speaker_w


def find_rings(
    votes: VoteTable,
    *,
    gold: npt.ArrayLike | None = None,
    weight_v: npt.ArrayLike | None = None,
    limits: Limits = DEFAULT_LIMITS,
    most: int = 50,
) -> Collusion:
    """Find groups whose members give the same answers where everybody else gives others.

    Agreement alone is no evidence: good workers agree, and so do all who fall for a hard task. Counted are
    contested answers only, each as much as those outside the group (or the known truth) contradict it. Honest
    workers who are contradicted there still differ among themselves; copies do not. Rings are found one after
    the other; each then counts as one voice, so that a large one no longer contests what honest workers say.

    Parameters
    ----------
    votes : VoteTable, a worker at most once per task
    gold : int array (n_tasks,), optional
        Known truth, -1 where unknown. It makes contested answers plainly wrong ones, finds rings that hide
        behind some noise, and protects good workers who agree for good reasons.
    weight_v : float array (n_votes,), optional
        What each vote counts as a voice, >= 0; workers excluded by the gate have 0. 1 by default.
    limits : Limits
    most : int
        Stop after this many rings.

    Returns
    -------
    Collusion

    Raises
    ------
    ValueError
        When an array does not fit the votes.

    Notes
    -----
    Without gold, a group of more than half of all workers is never called a ring: nobody could say which half
    is the honest one. Nor is a ring found that copies the answers of a good worker: agreeing for being right
    is what honest workers do. Members who share few contested tasks with the rest of their ring cannot be
    told from honest workers.
    """
    gold_t = known_labels(gold, votes.n_tasks, votes.n_labels)
    voice_v = np.ones(votes.n_votes) if weight_v is None else np.array(weight_v, dtype=np.float64)
    if voice_v.shape != votes.task.shape or (voice_v < 0).any():
        raise ValueError(f"weight_v must have shape {votes.task.shape} and be >= 0")
    ring_w = np.full(votes.n_workers, -1, dtype=np.int64)
    votes, order = sorted_votes(votes)
    voice_v, share_v = voice_v[order], np.ones(votes.n_votes)
    everything = Scene.of(votes, gold_t, voice_v)
    rings: list[Ring] = []
    while votes.n_labels > 1 and len(rings) < most:
        scene = everything.weighed(voice_v * share_v) if rings else everything
        found = _next_ring(scene, ring_w < 0, limits)
        if found is None:
            break
        member_w, ring = found
        ring_w[member_w] = len(rings)
        rings.append(ring)
        mine = np.flatnonzero(member_w[votes.worker])
        share_v[mine] = 1.0 / np.bincount(votes.task[mine], minlength=votes.n_tasks)[votes.task[mine]]
    weight_v = np.empty_like(share_v)
    weight_v[order] = share_v
    for array in (ring_w, weight_v):
        array.flags.writeable = False
    return Collusion(tuple(rings), ring_w, weight_v)


def as_one(votes: VoteTable, speaker_w: IntArray) -> VoteTable:
    """The votes with those who share a speaker (`Collusion.speaker_w`) as a single worker.

    It says what most of them say, the lowest label on a tie, under the speaker's code; everybody else stays.
    """
    in_ring_w = np.bincount(speaker_w, minlength=votes.n_workers)[speaker_w] > 1
    mine_v = in_ring_w[votes.worker]
    said_v = votes.task[mine_v].astype(np.int64) * votes.n_workers + speaker_w[votes.worker[mine_v]]
    said, place_v = np.unique(said_v, return_inverse=True)
    cell_v = place_v * votes.n_labels + votes.label[mine_v]
    count_sl = np.bincount(cell_v, minlength=len(said) * votes.n_labels).reshape(-1, votes.n_labels)
    return VoteTable(
        np.concatenate([votes.task[~mine_v], said // max(votes.n_workers, 1)]),
        np.concatenate([votes.worker[~mine_v], said % max(votes.n_workers, 1)]),
        np.concatenate([votes.label[~mine_v], count_sl.argmax(axis=1)]),
        votes.n_tasks,
        votes.n_workers,
        votes.n_labels,
    )


def _next_ring(scene: Scene, free_w: BoolArray, limits: Limits) -> tuple[BoolArray, Ring] | None:
    """The clearest ring among the free workers, None when there is none."""
    pairs = compare(scene.votes, weight_v=scene.weight_v, gold_t=scene.gold_t)
    usual = _search(scene, pairs, free_w, Bound(limits.honest, limits.fewer), limits)
    found = [each for each in usual if made_up(each[1], scene, limits)]
    if not found:
        near_chance = Bound(limits.suspect, limits.fewer_suspect)
        # Honest workers, contested by a ring, may look like one: first those whose answers are made up.
        found = [
            each
            for each in _search(scene, pairs, free_w, near_chance, limits)
            if made_up(each[1], scene, limits) and is_few(*each, scene, limits)
        ] or usual
    if not found:
        return None
    member_w, finding = min(found, key=lambda each: (most_explained(each[1]), -each[1].same))
    p = min(1.0, pairs.n_pairs * float(np.exp(-finding.evidence)))
    workers = tuple(int(code) for code in np.flatnonzero(member_w))
    return member_w, Ring(workers, finding, p, side_by_side(scene.at(member_w), pairs.n_pairs))


def _search(
    scene: Scene, pairs: Pairs, free_w: BoolArray, bound: Bound, limits: Limits
) -> list[tuple[BoolArray, Finding]]:
    """Groups grown from the pairs most alike, with evidence that honest workers do not reach by chance."""
    evidence_p = bound.evidence(pairs.same_contest_p, pairs.differ_contest_p)
    usable = np.flatnonzero((evidence_p >= LEAST_SEED) & free_w[pairs.first_p] & free_w[pairs.second_p])
    most_alike = usable[np.argsort(-evidence_p[usable], kind="stable")]
    bar = np.log(pairs.n_pairs / limits.level) if pairs.n_pairs else np.inf
    seen: list[BoolArray] = []
    found = []
    for pair in most_alike:
        first, second = pairs.first_p[pair], pairs.second_p[pair]
        if any(member_w[first] and member_w[second] for member_w in seen):
            continue
        seed_w = np.zeros(scene.votes.n_workers, dtype=bool)
        seed_w[[first, second]] = True
        member_w = grow(scene, seed_w, bound, free_w)
        seen.append(member_w | seed_w)
        finding = _weighed(scene, member_w, bound, limits)
        if finding is not None and finding.evidence >= bar:
            found.append((member_w, finding))
        if len(seen) == SEEDS:
            break
    return found


def _weighed(scene: Scene, member_w: BoolArray, bound: Bound, limits: Limits) -> Finding | None:
    """The finding on a group, by a stricter bound if it is good; None if it may be the honest half."""
    if member_w.sum() < 2:
        return None
    view = scene.at(member_w)
    finding = judge(view, bound)
    odds = log_odds(finding, scene)
    if member_w.sum() > scene.active / 2 and odds >= 0:
        return None
    knows = finding.explained is None or finding.explained[0] >= limits.explained
    good = odds >= CLEAR or (knows and odds > -CLEAR)
    if good and limits.good > bound.honest:
        return judge(view, Bound(limits.good, bound.fewer))
    return finding
