"""The estimators that are blended: what each makes of the same votes, as one table of weights per worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tasks.quality.truth import hierarchy
from tasks.quality.truth.hierarchy import Crowd, Hierarchy
from tasks.quality.truth.kernel import VoteMatrix
from tasks.quality.truth.prior import Prior
from tasks.quality.votes import FloatArray, IntArray, VoteTable

#: Dawid and Skene's matrix alone: right where workers mix up classes or err by class
FREE = Hierarchy(coin=0.0, balance=0.0, correlation=0.0)
#: the same held by a coin, near to equal classes and correlated errors: right where tasks differ more than
#: classes do
SHRUNK = Hierarchy()
#: accuracy on gold alone: no agreement between workers can talk it into anything
GOLD_ONLY = Prior(diag=3.0, off=1.0, spread=1.0, balance=0.0, coin=1.0, correlation=0.1)
MODELS: Mapping[str, Hierarchy] = {"free": FREE, "shrunk": SHRUNK}

#: answers are held out in this many parts, of which `HELD_PARTS` are tried
PARTS, HELD_PARTS = 8, 2
#: methods that predict a held-out answer worse by this much (log likelihood per answer) get 1 / e the weight
SHARPNESS = 0.002


@dataclass(frozen=True, eq=False)
class Member:
    """One estimator after its fit."""

    name: str
    model: Hierarchy | Prior
    #: the crowd its workers are drawn to; None for a model without one
    crowd: Crowd | None
    #: expected answers, shape (worker, true, answered)
    counts_wkl: FloatArray
    #: class frequencies, shape (true,)
    prior_k: FloatArray
    converged: bool

    def log_weights(self, counts_wkl: FloatArray) -> FloatArray:
        """What answers of workers with these counts add to the log posterior, same shape."""
        if isinstance(self.model, Prior):
            return self.model.log_weights(counts_wkl)
        return self.model.log_weights(counts_wkl, self.crowd)


@dataclass(frozen=True, eq=False)
class Truths:
    """What is known beforehand, and whether classes have an order."""

    #: known class, shape (task,), -1 where unknown
    gold_t: IntArray
    #: how often whoever said so errs, one number or shape (task,)
    error_t: FloatArray | float = 0.0
    ordinal: bool = False


def fit_models(
    votes: VoteTable, known: Truths, matrix: VoteMatrix, start: Mapping[str, FloatArray]
) -> list[Member]:
    """Fit every model of `MODELS`, each from its own counts in `start` where there are some."""
    found = []
    for name, unordered in MODELS.items():
        model = replace(unordered, ordinal=known.ordinal)
        fitted = hierarchy.fit(
            votes,
            model=model,
            gold=known.gold_t,
            gold_error=known.error_t,
            start=start.get(name),
            matrix=matrix,
        )
        crowd = model.crowd(fitted.counts_wkl)
        found.append(Member(name, model, crowd, fitted.counts_wkl, fitted.prior_k, fitted.converged))
    return found


def fit_gold_only(votes: VoteTable, gold_t: IntArray) -> Member:
    """Count how workers answered gold, and nothing else."""
    known = gold_t[votes.task] >= 0
    counts_wkl = np.zeros((votes.n_workers, votes.n_labels, votes.n_labels))
    where = (votes.worker[known], gold_t[votes.task[known]], votes.label[known])
    np.add.at(counts_wkl, where, 1.0)
    share_k = np.bincount(gold_t[gold_t >= 0], minlength=votes.n_labels) + 1.0
    return Member("gold-only", GOLD_ONLY, None, counts_wkl, share_k / share_k.sum(), True)


def held_out_scores(votes: VoteTable, known: Truths, rng: np.random.Generator) -> FloatArray:
    """Mean log likelihood of answers a model has not seen, shape (model,), in the order of `MODELS`.

    An answer is predicted from its task's posterior by the other answers and its worker's matrix by the
    worker's other answers.
    """
    part_v = rng.integers(0, PARTS, votes.n_votes)
    total_m = np.zeros(len(MODELS))
    held_out = 0
    for part in range(HELD_PARTS):
        seen = part_v != part
        rest = VoteTable(
            votes.task[seen],
            votes.worker[seen],
            votes.label[seen],
            votes.n_tasks,
            votes.n_workers,
            votes.n_labels,
        )
        matrix = VoteMatrix.of(rest)
        where = (votes.task[~seen], votes.worker[~seen], votes.label[~seen])
        held_out += len(where[0])
        for i, member in enumerate(fit_models(rest, known, matrix, {})):
            total_m[i] += _log_likelihood(member, matrix, known.gold_t, where)
    return total_m / max(held_out, 1)


def weights_by_score(score_m: FloatArray) -> FloatArray:
    """Weights, shape (model,), that sum to 1, from `held_out_scores`."""
    weight_m = np.exp((score_m - score_m.max()) / SHARPNESS)
    return np.asarray(weight_m / weight_m.sum())


def _log_likelihood(
    member: Member, matrix: VoteMatrix, gold_t: IntArray, where: tuple[IntArray, IntArray, IntArray]
) -> float:
    task, worker, label = where
    log_wkl = member.log_weights(member.counts_wkl)
    n_t = np.array([0]) if matrix.n_tasks == 0 else np.zeros(matrix.n_tasks)
    for block in matrix.blocks:
        n_t[block.task_r] = np.diff(block.by_cell.indptr)
    log_tk = matrix.sum_log_weights(log_wkl)[task] * member.model.evidence(n_t[task])[:, None]
    log_tk += np.log(member.prior_k)
    post_vk = np.exp(log_tk - log_tk.max(axis=1, keepdims=True))
    post_vk /= post_vk.sum(axis=1, keepdims=True)
    known = gold_t[task] >= 0
    post_vk[known] = np.eye(len(member.prior_k))[gold_t[task[known]]]
    share_wkl = np.exp(log_wkl)
    share_wkl /= share_wkl.sum(axis=-1, keepdims=True)
    return float(np.log((post_vk * share_wkl[worker, :, label]).sum(axis=1)).sum())
