"""The one door to truth: votes and gold in, weights, posteriors and their proof out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from tasks.quality.promise.calibration import Blend, guess, learn_blend
from tasks.quality.promise.prefixes import Prefixes, Replays, draw_prefixes, log_evidence, state_shares
from tasks.quality.truth.information import informativeness
from tasks.quality.truth.kernel import VoteMatrix
from tasks.quality.truth.labels import Labelled
from tasks.quality.truth.members import (
    MODELS,
    Elsewhere,
    Member,
    blended,
    fit_gold_only,
    fit_models,
    held_out_scores,
    weights_by_score,
)
from tasks.quality.truth.passes import Here, Part
from tasks.quality.truth.prior import counts_of, design_effect
from tasks.quality.truth.rounds import Truths
from tasks.quality.votes import FloatArray, IntArray, VoteTable, known_labels

METHOD = "assay-blend"
VERSION = "2"
#: numbers in the workers' matrices, worker x true x answered: 0.8 GB of them
MOST_CELLS = 100_000_000
#: gold is set aside in this many parts, so that none is judged by a blend that saw it
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Learned(Labelled):
    """What the votes and gold of a batch say. Arrays are read-only.

    ``log_weights_wkl`` is all the state the live step needs: see `posterior.of_weights`.
    """

    #: what an answer adds to the log posterior, shape (worker, true, answered), and that of a new worker
    log_weights_wkl: FloatArray
    newcomer_kl: FloatArray
    #: log weight of each class before any answer, shape (true,)
    log_prior_k: FloatArray
    correlation: float
    #: calibrated log posterior, shape (task, true); a gold task has 0 and -inf
    log_post_tk: FloatArray
    #: log likelihood of held-out answers per model, shape (model,)
    held_out_m: FloatArray
    #: who was blended; the last model says whom to ask: it is not calibrated, hence fair between workers
    members: tuple[Member, ...]
    blend: Blend
    replays: Replays
    method: str = METHOD
    version: str = VERSION

    @property
    def teaches_w(self) -> FloatArray:
        """Nats one answer of each worker is expected to teach, shape (worker,): whom to ask first."""
        judge = self.members[len(MODELS) - 1]
        return informativeness(judge.log_weights(judge.counts_wkl))

    @property
    def counts(self) -> Mapping[str, FloatArray]:
        """Expected answers per model, shape (worker, true, answered): where the next fit may start."""
        return {member.name: member.counts_wkl for member in self.members if member.name in MODELS}

    @property
    def converged(self) -> bool:
        """Whether the fit of every member came to rest."""
        return all(member.converged for member in self.members)


@dataclass(frozen=True)
class Setting:
    """What kind of batch it is, and where its votes are counted."""

    #: whether the classes have an order, so that near mistakes are likelier than far ones
    ordinal: bool = False
    #: whether those who tell enough are asked first; see `prefixes.draw_prefixes`
    choosing: bool = False
    #: who makes the passes of the fits, in other processes for instance; this process unless given
    elsewhere: Elsewhere | None = None


def learn(
    votes: VoteTable,
    gold: npt.ArrayLike | None = None,
    *,
    gold_error: npt.ArrayLike = 0.0,
    seed: int = 0,
    start: Mapping[str, FloatArray] | None = None,
    held_out_m: FloatArray | None = None,
    calibrate_on: npt.ArrayLike | None = None,
    setting: Setting = Setting(),
) -> Learned:
    """Estimate everything from all votes of a batch at once.

    Parameters
    ----------
    votes : VoteTable
    gold : int array (n_tasks,), optional
        Known truth, gold and verdicts alike, -1 where unknown.
    gold_error : float or float array (n_tasks,), 0..1
        How often whoever said what is known errs: 0 clamps, more makes it one more answer.
    seed : int
        Of the orders in which gold is replayed and of the answers held out.
    start : counts per member of an earlier fit, optional
    held_out_m : float array (model,), optional
        Held-out scores of an earlier call, which then are not computed again: they change slowly and cost
        two more fits.
    calibrate_on : bool array (n_tasks,), optional
        Which known tasks may calibrate; all by default. Verdicts may not: disputed tasks are harder than
        the rest.
    setting : Setting

    Raises
    ------
    ValueError
        When `gold`, `gold_error`, `start` or `calibrate_on` does not fit the votes, or the workers' matrices
        would take more than `MOST_CELLS` numbers: so many classes are no closed list, see
        `posterior.of_values`.
    """
    if votes.n_workers * votes.n_labels**2 > MOST_CELLS:
        raise ValueError(f"{votes.n_labels} classes are too many for {votes.n_workers} workers' matrices")
    # one for each purpose: what is replayed does not depend on whether scores were at hand
    scoring, replaying = np.random.default_rng(seed).spawn(2)
    gold_t = known_labels(gold, votes.n_tasks, votes.n_labels)
    calibrating_t = _calibrating(gold_t, calibrate_on)
    error_t = np.broadcast_to(np.asarray(gold_error, dtype=np.float64), gold_t.shape)
    truths = Truths(gold_t, error_t, setting.ordinal)
    known, matrix = truths.known(votes.n_labels), VoteMatrix.of(votes)
    started = {name: counts_of(counts_wkl, votes) for name, counts_wkl in (start or {}).items()}
    elsewhere = setting.elsewhere
    passes = elsewhere(None) if elsewhere else Here(matrix, known)
    models = fit_models(passes, started, ordinal=setting.ordinal)
    if held_out_m is None:
        held_out_m = held_out_scores(votes, truths, int(scoring.integers(2**32)), elsewhere)
    members = [*models, fit_gold_only(votes, calibrating_t)]
    before = guess(
        weights_by_score(held_out_m), np.log(np.stack([model.prior_k for model in models])), len(members)
    )
    judge = models[-1] if setting.choosing else None
    prefixes = draw_prefixes(votes, calibrating_t, replaying, judge=judge)
    evidence = [log_evidence(prefixes, votes, member) for member in members]
    share_rn = state_shares(prefixes, votes.per_task()[gold_t < 0])
    blend = learn_blend(before, evidence, prefixes, share_rn)
    replays = _replays(prefixes, evidence, before, share_rn, blend.correlation)
    log_wkl, newcomer_kl = blended(members, blend.weight_m)
    part = Part.of(matrix, known, partial(design_effect, correlation=blend.correlation))
    log_post_tk = part.log_posterior(log_wkl, blend.class_k)
    for array in (log_wkl, newcomer_kl, log_post_tk):
        array.flags.writeable = False
    return Learned(
        log_weights_wkl=log_wkl,
        newcomer_kl=newcomer_kl,
        log_prior_k=blend.class_k,
        correlation=blend.correlation,
        log_post_tk=log_post_tk,
        held_out_m=held_out_m,
        members=tuple(members),
        blend=blend,
        replays=replays,
    )


def _calibrating(gold_t: IntArray, calibrate_on: npt.ArrayLike | None) -> IntArray:
    if calibrate_on is None:
        return gold_t
    chosen = np.asarray(calibrate_on, dtype=bool)
    if chosen.shape != gold_t.shape:
        raise ValueError(f"calibrate_on must have shape {gold_t.shape}, not {chosen.shape}")
    return np.where(chosen, gold_t, -1)


def _replays(
    prefixes: Prefixes,
    evidence: list[FloatArray],
    before: Blend,
    share_rn: FloatArray,
    correlation: float,
) -> Replays:
    """What would have been believed of gold tasks, each under a blend that never saw it."""
    log_rnk = np.zeros_like(evidence[0])
    stacked = np.stack(evidence)
    effect_n = design_effect(np.arange(1, log_rnk.shape[1] + 1), correlation)
    fold_r = np.unique(prefixes.task_r, return_inverse=True)[1] % FOLDS
    for fold in range(FOLDS):
        mine_r = fold_r == fold
        rest = prefixes.rows(~mine_r)
        blend = learn_blend(
            before, [part[~mine_r] for part in evidence], rest, share_rn[~mine_r], (correlation,)
        )
        summed_rnk = np.tensordot(blend.weight_m, stacked[:, mine_r], 1)
        log_rnk[mine_r] = summed_rnk * effect_n[:, None] + blend.class_k
    post_rnk = softmax(log_rnk, axis=-1)
    right_rn = post_rnk.argmax(axis=-1) == prefixes.truth_r[:, None]
    return Replays(prefixes.task_r, post_rnk.max(axis=-1), right_rn, prefixes.valid_rn)
