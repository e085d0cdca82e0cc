"""The one door to truth: votes and gold in, weights, posteriors and their proof out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.promise.calibration import Blend, guess, learn_blend
from tasks.quality.promise.prefixes import Prefixes, Replays, draw_prefixes, log_evidence, state_shares
from tasks.quality.truth.hierarchy import Known, design_effect
from tasks.quality.truth.information import informativeness
from tasks.quality.truth.kernel import VoteMatrix, normalise_columns
from tasks.quality.truth.members import (
    Member,
    Truths,
    fit_gold_only,
    fit_models,
    held_out_scores,
    weights_by_score,
)
from tasks.quality.votes import FloatArray, IntArray, VoteTable, known_labels

METHOD = "assay-blend"
VERSION = "2"
#: numbers in the workers' matrices, worker x true x answered: 0.8 GB of them
MOST_CELLS = 100_000_000
#: gold is set aside in this many parts, so that none is judged by a blend that saw it
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Learned:
    """What the votes and gold of a batch say. Arrays are read-only.

    ``log_weights_wkl`` is all the state the live step needs: see `posterior.of_weights`.
    """

    #: what an answer adds to the log posterior, shape (worker, true, answered), and that of a new worker
    log_weights_wkl: FloatArray
    newcomer_kl: FloatArray
    #: log weight of each class before any answer, shape (true,)
    log_prior_k: FloatArray
    correlation: float
    #: the same of the model that says whom to ask: uncalibrated, hence comparable between workers
    judge_wkl: FloatArray
    #: calibrated log posterior, shape (task, true); a gold task has 0 and -inf
    log_post_tk: FloatArray
    #: expected answers per member, shape (worker, true, answered): where the next fit starts
    counts: Mapping[str, FloatArray]
    #: log likelihood of held-out answers per model, shape (model,)
    held_out_m: FloatArray
    #: the members' names and weights
    members: tuple[str, ...]
    blend: Blend
    converged: bool
    replays: Replays
    method: str = METHOD
    version: str = VERSION

    @property
    def informativeness_w(self) -> FloatArray:
        """Nats one answer of each worker is expected to teach, shape (worker,): whom to ask first."""
        return informativeness(self.judge_wkl)

    @property
    def label_t(self) -> IntArray:
        """The most probable class per task, the lowest on a tie."""
        return np.asarray(np.argmax(self.log_post_tk, axis=1), dtype=np.int64)

    @property
    def confidence_t(self) -> FloatArray:
        """Posterior of the most probable class per task, in (0, 1]."""
        return np.asarray(np.exp(self.log_post_tk.max(axis=1)))


@dataclass(frozen=True)
class Setting:
    """What kind of batch it is."""

    #: whether the classes have an order, so that near mistakes are likelier than far ones
    ordinal: bool = False
    #: among how many workers the batch chooses whom to ask, >= 1; see `prefixes.draw_prefixes`
    waiting: int = 1


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
    matrix = VoteMatrix.of(votes)
    error_t = np.broadcast_to(np.asarray(gold_error, dtype=np.float64), gold_t.shape)
    known = Truths(gold_t, error_t, setting.ordinal)
    models = fit_models(votes, known, matrix, start or {})
    score_m = held_out_scores(votes, known, scoring) if held_out_m is None else held_out_m
    members = [*models, fit_gold_only(votes, calibrating_t)]
    before = guess(
        weights_by_score(score_m), np.log(np.stack([model.prior_k for model in models])), len(members)
    )
    prefixes = draw_prefixes(votes, calibrating_t, replaying, waiting=setting.waiting, judge=models[-1])
    evidence = [log_evidence(prefixes, votes, member) for member in members]
    n_t = np.bincount(votes.task, minlength=votes.n_tasks)
    share_rn = state_shares(prefixes, n_t[gold_t < 0])
    blend = learn_blend(before, evidence, prefixes, share_rn)
    replays = _replays(prefixes, evidence, before, share_rn, blend.correlation)
    log_wkl, newcomer_kl = _blended(members, blend)
    log_kt = (
        matrix.sum_log_weights(log_wkl).T * design_effect(n_t, blend.correlation) + blend.class_k[:, None]
    )
    Known.of(gold_t, error_t, votes.n_labels).add_to(log_kt)
    log_kt -= normalise_columns(log_kt.copy())
    log_post_tk = np.ascontiguousarray(log_kt.T)
    for array in (log_wkl, newcomer_kl, log_post_tk):
        array.flags.writeable = False
    return Learned(
        log_weights_wkl=log_wkl,
        newcomer_kl=newcomer_kl,
        log_prior_k=blend.class_k,
        correlation=blend.correlation,
        judge_wkl=models[-1].log_weights(models[-1].counts_wkl),
        log_post_tk=log_post_tk,
        counts={model.name: model.counts_wkl for model in models},
        held_out_m=score_m,
        members=tuple(member.name for member in members),
        blend=blend,
        converged=all(member.converged for member in members),
        replays=replays,
    )


def _calibrating(gold_t: IntArray, calibrate_on: npt.ArrayLike | None) -> IntArray:
    if calibrate_on is None:
        return gold_t
    chosen = np.asarray(calibrate_on, dtype=bool)
    if chosen.shape != gold_t.shape:
        raise ValueError(f"calibrate_on must have shape {gold_t.shape}, not {chosen.shape}")
    return np.where(chosen, gold_t, -1)


def _blended(members: list[Member], blend: Blend) -> tuple[FloatArray, FloatArray]:
    """The members' weights as one table, and the row of a worker nobody has seen."""
    log_wkl = sum(
        weight
        * member.log_weights(
            np.concatenate(
                [member.counts_wkl, np.zeros_like(member.counts_wkl[:1])]
                if len(member.counts_wkl)
                else [np.zeros((1, len(blend.class_k), len(blend.class_k)))]
            )
        )
        for weight, member in zip(blend.weight_m, members, strict=True)
    )
    log_wkl = np.asarray(log_wkl)
    return log_wkl[:-1].copy(), log_wkl[-1].copy()


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
    post_rnk = np.exp(log_rnk - log_rnk.max(axis=-1, keepdims=True))
    post_rnk /= post_rnk.sum(axis=-1, keepdims=True)
    right_rn = post_rnk.argmax(axis=-1) == prefixes.truth_r[:, None]
    return Replays(prefixes.task_r, post_rnk.max(axis=-1), right_rn, prefixes.valid_rn)
