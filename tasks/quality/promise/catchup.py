"""What was learnt, kept up with the answers that come in, for a small part of what learning costs."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from tasks.quality.promise.engine import Learned
from tasks.quality.trust.hearing import Ears
from tasks.quality.truth.catchup import catch_up as catch_up_fit
from tasks.quality.truth.hierarchy import Fitted
from tasks.quality.truth.kernel import VoteMatrix
from tasks.quality.truth.labels import Labelled
from tasks.quality.truth.members import GOLD_ONLY, MODELS, Member, blended, fit_gold_only
from tasks.quality.truth.passes import Here, Part
from tasks.quality.truth.prior import design_effect
from tasks.quality.truth.rounds import Truths
from tasks.quality.votes import FloatArray, IntArray, VoteTable


@dataclass(frozen=True, eq=False)
class Footing:
    """What is kept of everything learnt, so that it can be kept up: all a catch-up needs of other tasks."""

    #: expected answers per member, the models and gold alone, shape (member, worker, true, answered)
    counts_mwkl: FloatArray
    #: expected tasks of each class per member, shape (member, true)
    class_mk: FloatArray
    #: the blend: see `calibration.Blend`
    weight_m: FloatArray
    log_prior_k: FloatArray
    correlation: float
    #: how workers are heard
    ears: Ears

    @classmethod
    def of(cls, learned: Learned, ears: Ears) -> Footing:
        """Of all that was learnt of votes that were heard like this."""
        return cls(
            np.stack([member.counts_wkl for member in learned.members]),
            np.stack([member.class_k for member in learned.members]),
            learned.blend.weight_m,
            learned.log_prior_k,
            learned.correlation,
            ears,
        )

    def to_bytes(self) -> bytes:
        """For a place to be kept; counts are rounded to seven digits."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            counts_mwkl=self.counts_mwkl.astype(np.float32),
            class_mk=self.class_mk,
            weight_m=self.weight_m,
            log_prior_k=self.log_prior_k,
            correlation=self.correlation,
            weight_w=self.ears.weight_w,
            speaker_w=self.ears.speaker_w,
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, kept: bytes) -> Footing:
        """The inverse of `to_bytes`; ValueError for other bytes."""
        with np.load(io.BytesIO(kept), allow_pickle=False) as file:
            return cls(
                file["counts_mwkl"].astype(np.float64),
                file["class_mk"],
                file["weight_m"],
                file["log_prior_k"],
                float(file["correlation"]),
                Ears(file["weight_w"], file["speaker_w"]),
            )

    @property
    def n_workers(self) -> int:
        """How many workers were known."""
        return len(self.ears.speaker_w)


@dataclass(frozen=True, eq=False)
class Visit:
    """The tasks to visit: those with new answers, or of which more is known than was."""

    #: all their answers; workers by the codes of the footing, those it does not know behind them
    votes: VoteTable
    #: which of the answers are new
    new_v: npt.NDArray[np.bool_]
    #: what was known of them, and what is
    before: Truths
    now: Truths
    #: which known ones count as gold, shape (task,)
    gold_t: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CaughtUp(Labelled):
    """What is learnt of the visited tasks and of who answered them. Arrays are read-only."""

    #: the workers, ascending
    worker_a: IntArray
    #: as `Learned.log_weights_wkl`, of those workers, shape (worker, true, answered)
    log_weights_akl: FloatArray
    #: expected answers by the member of that name, of those workers, shape (worker, true, answered)
    counts: dict[str, FloatArray]
    newcomer_kl: FloatArray
    #: those of the footing
    log_prior_k: FloatArray
    correlation: float
    #: calibrated log posterior, shape (task, true)
    log_post_tk: FloatArray
    converged: bool


def catch_up(footing: Footing, visit: Visit) -> CaughtUp:
    """Learn from the visited tasks, as `engine.learn` would, and leave all others as they were.

    Blend, calibration and rings stay those of the footing. Costs as many steps as the visited tasks have
    answers. The same footing and visit give the same estimates, whatever was caught up with before.
    """
    ears = footing.ears.joined_by(visit.votes.n_workers - footing.n_workers)
    votes, before = ears.heard(visit.votes), ears.heard(visit.votes.only(~visit.new_v))
    active = np.unique(votes.worker)
    # All others are one row more, under which nobody answers: the crowd is all of them.
    place_w = np.full(votes.n_workers, len(active))
    place_w[active] = np.arange(len(active))
    votes, before = (_renamed(table, place_w, len(active) + 1) for table in (votes, before))
    members = _members(footing, active, votes, before, visit)
    log_akl, newcomer_kl = blended(members, footing.weight_m)
    known = visit.now.known(votes.n_labels)
    part = Part.of(VoteMatrix.of(votes), known, partial(design_effect, correlation=footing.correlation))
    log_post_tk = part.log_posterior(log_akl, footing.log_prior_k)
    worker_a = np.unique(visit.votes.worker).astype(np.int64)
    row_a = place_w[ears.speaker_w[worker_a]]
    return CaughtUp(
        worker_a,
        log_akl[row_a] * ears.weight_w[worker_a, None, None],
        {member.name: member.counts_wkl[row_a] for member in members},
        newcomer_kl,
        footing.log_prior_k,
        footing.correlation,
        log_post_tk,
        all(member.converged for member in members),
    )


def _members(
    footing: Footing, active: IntArray, votes: VoteTable, before: VoteTable, visit: Visit
) -> list[Member]:
    """Every member after the visit, with a row per active worker and one for all the others."""
    n_labels = votes.n_labels
    counts_mwkl = np.zeros((len(footing.weight_m), votes.n_workers, n_labels, n_labels))
    old_a = active < footing.n_workers
    counts_mwkl[:, :-1][:, old_a] = footing.counts_mwkl[:, active[old_a]]
    total_mkl = footing.counts_mwkl.sum(axis=1)
    counts_mwkl[:, -1] = np.maximum(total_mkl - counts_mwkl.sum(axis=1), 0.0)
    then = Here(VoteMatrix.of(before), visit.before.known(n_labels))
    now = Here(VoteMatrix.of(votes), visit.now.known(n_labels))
    members = []
    for (name, unordered), counts_wkl, class_k in zip(
        MODELS.items(), counts_mwkl, footing.class_mk, strict=False
    ):
        model = replace(unordered, ordinal=visit.now.ordinal)
        members.append(Member.of(name, catch_up_fit(Fitted(model, counts_wkl, class_k, 0, True), then, now)))
    new_gold = fit_gold_only(votes, np.where(visit.gold_t, visit.now.gold_t, -1))
    old_gold = fit_gold_only(before, np.where(visit.gold_t, visit.before.gold_t, -1))
    gained_wkl = new_gold.counts_wkl - old_gold.counts_wkl
    gold_wkl = np.maximum(counts_mwkl[-1] + gained_wkl, 0.0)
    return [*members, Member(new_gold.name, GOLD_ONLY, None, gold_wkl, footing.class_mk[-1], True)]


def _renamed(votes: VoteTable, place_w: IntArray, n_workers: int) -> VoteTable:
    """The votes under other codes of workers."""
    return VoteTable(votes.task, place_w[votes.worker], votes.label, votes.n_tasks, n_workers, votes.n_labels)
