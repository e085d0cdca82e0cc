"""The estimators that are blended: what each makes of the same votes, as one table of weights per worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from tasks.quality.truth import hierarchy
from tasks.quality.truth.hierarchy import Crowd, Fitted, Hierarchy
from tasks.quality.truth.kernel import VoteMatrix
from tasks.quality.truth.passes import Here, Part
from tasks.quality.truth.prior import Prior, frequencies
from tasks.quality.truth.rounds import Known, Passes, Statistics, Truths
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


class Held(NamedTuple):
    """One of `PARTS` equal parts of the answers, drawn by `seed`, that is held out."""

    part: int
    seed: int

    def hides(self, task: IntArray, worker: IntArray) -> npt.NDArray[np.bool_]:
        """Which answers it has, from the codes of their tasks and workers.

        Whoever has some of the answers finds the same as whoever has them all. The mixing is that of
        G. L. Steele and others, "Fast splittable pseudorandom number generators", 2014,
        doi:10.1145/2660193.2660195.
        """
        mixed = (task.astype(np.uint64) << np.uint64(32)) + worker.astype(np.uint64)
        mixed += np.uint64((self.seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        return np.asarray((mixed ^ (mixed >> np.uint64(31))) % np.uint64(PARTS) == self.part)


#: passes over all votes (None), or over all but what is held out, made by whoever has the votes
Elsewhere = Callable[[Held | None], Passes]


@dataclass(frozen=True, eq=False)
class Member:
    """One estimator after its fit."""

    name: str
    model: Hierarchy | Prior
    #: the crowd its workers are drawn to; None for a model without one
    crowd: Crowd | None
    #: expected answers, shape (worker, true, answered)
    counts_wkl: FloatArray
    #: expected tasks of each class, shape (true,), see `hierarchy.Fitted`
    class_k: FloatArray
    converged: bool

    @classmethod
    def of(cls, name: str, fitted: Fitted) -> Member:
        """After the fit of a hierarchy."""
        crowd = fitted.model.crowd(fitted.counts_wkl)
        return cls(name, fitted.model, crowd, fitted.counts_wkl, fitted.class_k, fitted.converged)

    @property
    def prior_k(self) -> FloatArray:
        """Class frequencies, shape (true,), sum to 1."""
        return frequencies(self.class_k, float(self.class_k.sum()), self.model.balance)

    def log_weights(self, counts_wkl: FloatArray) -> FloatArray:
        """What answers of workers with these counts add to the log posterior, same shape."""
        if isinstance(self.model, Prior):
            return self.model.log_weights(counts_wkl)
        return self.model.log_weights(counts_wkl, self.crowd)


def fit_models(passes: Passes, start: Mapping[str, FloatArray], *, ordinal: bool = False) -> list[Member]:
    """Fit every model of `MODELS`, each from its own counts in `start` where there are some.

    `ordinal`: whether the classes have an order.
    """
    found = []
    for name, unordered in MODELS.items():
        model = replace(unordered, ordinal=ordinal)
        begun = Statistics.of_counts(start[name]) if name in start else None
        found.append(Member.of(name, hierarchy.fit_over(passes, model=model, start=begun)))
    return found


def fit_gold_only(votes: VoteTable, gold_t: IntArray) -> Member:
    """Count how workers answered gold, and nothing else."""
    known = gold_t[votes.task] >= 0
    counts_wkl = np.zeros((votes.n_workers, votes.n_labels, votes.n_labels))
    where = (votes.worker[known], gold_t[votes.task[known]], votes.label[known])
    np.add.at(counts_wkl, where, 1.0)
    class_k = np.bincount(gold_t[gold_t >= 0], minlength=votes.n_labels).astype(np.float64)
    return Member("gold-only", GOLD_ONLY, None, counts_wkl, class_k, True)


def blended(members: Sequence[Member], weight_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The members' weights as one table, and the row of a worker nobody has seen."""
    n_labels = members[0].counts_wkl.shape[-1]
    nobody_kl = np.zeros((1, n_labels, n_labels))
    log_wkl = np.asarray(
        sum(
            weight * member.log_weights(np.concatenate([member.counts_wkl, nobody_kl]))
            for weight, member in zip(weight_m, members, strict=True)
        )
    )
    return log_wkl[:-1].copy(), log_wkl[-1].copy()


def held_out_scores(
    votes: VoteTable, truths: Truths, seed: int, elsewhere: Elsewhere | None = None
) -> FloatArray:
    """Mean log likelihood of answers a model has not seen, shape (model,), in the order of `MODELS`.

    An answer is predicted from its task's posterior by the other answers and its worker's matrix by the
    worker's other answers.
    """
    total_m = np.zeros(len(MODELS))
    held_out = 0
    for part in range(HELD_PARTS):
        held = Held(part, seed)
        hidden_v = held.hides(votes.task, votes.worker)
        matrix = VoteMatrix.of(votes.only(~hidden_v))
        passes = elsewhere(held) if elsewhere else Here(matrix, truths.known(votes.n_labels))
        held_out += int(hidden_v.sum())
        for i, member in enumerate(fit_models(passes, {}, ordinal=truths.ordinal)):
            total_m[i] += _log_likelihood(member, matrix, truths.gold_t, votes.only(hidden_v))
    return total_m / max(held_out, 1)


def weights_by_score(score_m: FloatArray) -> FloatArray:
    """Weights, shape (model,), that sum to 1, from `held_out_scores`."""
    return np.asarray(softmax(score_m / SHARPNESS))


def _log_likelihood(member: Member, matrix: VoteMatrix, gold_t: IntArray, held: VoteTable) -> float:
    """The summed log likelihood of the held-out answers, none of them in `matrix`."""
    log_wkl = member.log_weights(member.counts_wkl)
    part = Part.of(matrix, Known.of(gold_t, 0.0, matrix.n_labels), member.model.evidence)
    post_vk = np.exp(part.log_posterior(log_wkl, np.log(member.prior_k))[held.task])
    share_vk = softmax(log_wkl, axis=-1)[held.worker, :, held.label]
    return float(np.log((post_vk * share_vk).sum(axis=1)).sum())
