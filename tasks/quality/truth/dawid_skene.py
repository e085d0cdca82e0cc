"""Truth and workers' confusion estimated together from votes: expectation-maximisation in logs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.truth.majority import shares
from tasks.quality.truth.prior import DEFAULT_PRIOR, Prior
from tasks.quality.votes import FloatArray, IntArray, VoteTable, known_labels

METHOD = "dawid-skene-coin"
VERSION = "1"


@dataclass(frozen=True, eq=False)
class Estimate:
    """What a fit found. Arrays are read-only."""

    #: log posterior of each class, shape (task, true); rows log-sum to 0; a gold task has 0 and -inf
    log_post_tk: FloatArray
    #: expected answers, shape (worker, true, answered), without the prior: can be stored, added and taken
    #: away
    counts_wkl: FloatArray
    #: estimated class frequencies, shape (true,), sum to 1
    prior_k: FloatArray
    n_iter: int
    #: False when max_iter came first; the estimate is usable, its posteriors may still move
    converged: bool
    #: the log objective before each update; never falls
    bound_history: tuple[float, ...]
    method: str
    version: str

    @property
    def post_tk(self) -> FloatArray:
        """Posterior of each class, shape (task, true), rows sum to 1."""
        return np.asarray(np.exp(self.log_post_tk))

    @property
    def label_t(self) -> IntArray:
        """The most probable class per task, the lowest on a tie."""
        return np.asarray(np.argmax(self.log_post_tk, axis=1), dtype=np.int64)

    @property
    def confidence_t(self) -> FloatArray:
        """Posterior of the most probable class per task, in (0, 1]."""
        return np.asarray(np.exp(self.log_post_tk.max(axis=1)))


def fit(
    votes: VoteTable,
    *,
    gold: npt.ArrayLike | None = None,
    prior: Prior = DEFAULT_PRIOR,
    start: FloatArray | None = None,
    tol: float = 1e-5,
    max_iter: int = 100,
) -> Estimate:
    """Estimate every task's class and every worker's confusion matrix from all votes at once.

    Maximises ``sum_t log sum_k pi_k prod_v w(worker_v)[k, label_v] + log prior`` where w is the weight of
    `Prior.log_weights`. With ``prior.coin = 0`` and ``prior.evidence = 1`` this is the model of [1]_ with
    Dirichlet priors. Each update is the exact maximum of a lower bound, so the objective never falls.

    Parameters
    ----------
    votes : VoteTable
    gold : int array (n_tasks,), optional
        Known truth, -1 where unknown. Verdicts of experts are given here too. Gold tasks keep their class for
        certain and teach the workers' matrices, but not the class frequencies: whoever picks gold may balance
        it.
    prior : Prior
    start : float array (n_workers, n_labels, n_labels), optional
        Counts of an earlier fit to start from; without it, the shares of the plain vote.
    tol : float
        Stop when the objective gains less than this per vote.
    max_iter : int, >= 1

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        When `gold` or `start` does not fit the votes.

    Notes
    -----
    Everything is in logs; one update costs O(votes * classes). A task without votes gets the class
    frequencies.

    References
    ----------
    .. [1] A. P. Dawid, A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM
    algorithm",    Applied Statistics 28(1), 1979, doi:10.2307/2346806.

    Examples
    --------
    >>> table = VoteTable([0, 0, 1, 1], [0, 1, 0, 1], [1, 1, 0, 0], n_tasks=2, n_workers=2, n_labels=2)
    >>> fit(table).label_t.tolist()
    [1, 0]
    """
    if max_iter < 1:
        raise ValueError(f"max_iter must be >= 1, not {max_iter}")
    gold_t = known_labels(gold, votes.n_tasks, votes.n_labels)
    evidence_t = _evidence(votes, gold_t, prior)
    counts_wkl, prior_k = _start(votes, gold_t, prior, start)
    free = gold_t < 0
    history: list[float] = []
    converged = False
    while True:
        log_votes_tk = evidence_t[:, None] * _log_votes(votes, prior.log_weights(counts_wkl))
        log_post_tk, data = _posterior(log_votes_tk, gold_t, prior_k)
        history.append(data + prior.log_density(counts_wkl) + _log_balance(prior_k, int(free.sum()), prior))
        converged = len(history) > 1 and history[-1] - history[-2] <= tol * max(votes.n_votes, 1)
        post_tk = np.exp(log_post_tk)
        # Also on the way out: the counts handed back belong to the posteriors handed back.
        counts_wkl = expected_counts(votes, post_tk * evidence_t[:, None])
        if converged or len(history) >= max_iter:
            break
        prior_k = class_frequencies(post_tk[free], prior)
    for array in (log_post_tk, counts_wkl, prior_k):
        array.flags.writeable = False
    return Estimate(
        log_post_tk, counts_wkl, prior_k, len(history), converged, tuple(history), METHOD, VERSION
    )


def expected_counts(votes: VoteTable, post_tk: FloatArray) -> FloatArray:
    """Expected answers, shape (worker, true, answered), when tasks have the posteriors `post_tk`."""
    cell = votes.worker * votes.n_labels + votes.label
    counts_kwl = np.empty((votes.n_labels, votes.n_workers, votes.n_labels))
    for k in range(votes.n_labels):
        flat = np.bincount(cell, weights=post_tk[votes.task, k], minlength=votes.n_workers * votes.n_labels)
        counts_kwl[k] = flat.reshape(votes.n_workers, votes.n_labels)
    return np.ascontiguousarray(counts_kwl.transpose(1, 0, 2))


def class_frequencies(post_tk: FloatArray, prior: Prior) -> FloatArray:
    """Class frequencies, shape (true,), of tasks with posteriors `post_tk`, drawn to equal shares."""
    n_tasks, n_labels = post_tk.shape
    found_k = (post_tk.sum(axis=0) + 1.0 / n_labels) / (n_tasks + 1.0)
    return np.asarray((1.0 - prior.balance) * found_k + prior.balance / n_labels)


def _log_balance(prior_k: FloatArray, n_free: int, prior: Prior) -> float:
    """The log density of the class frequencies whose maximum `class_frequencies` takes."""
    if prior.balance == 1.0:
        return 0.0
    pseudo = ((n_free + 1.0) * prior.balance / (1.0 - prior.balance) + 1.0) / len(prior_k)
    return pseudo * float(np.log(prior_k).sum())


def _evidence(votes: VoteTable, gold_t: IntArray, prior: Prior) -> FloatArray:
    """What an answer counts, shape (task,): all of it where the truth is known."""
    n_t = np.bincount(votes.task, minlength=votes.n_tasks)
    return np.where(gold_t >= 0, 1.0, prior.evidence(n_t))


def _start(
    votes: VoteTable, gold_t: IntArray, prior: Prior, start: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    n_labels = votes.n_labels
    if start is not None:
        if start.shape != (votes.n_workers, n_labels, n_labels):
            raise ValueError(
                f"start must have shape {(votes.n_workers, n_labels, n_labels)}, not {start.shape}"
            )
        return start, np.full(n_labels, 1.0 / n_labels)
    post_tk = shares(votes)
    known = gold_t >= 0
    post_tk[known] = np.eye(n_labels)[gold_t[known]]
    return expected_counts(votes, post_tk), class_frequencies(post_tk[~known], prior)


def _log_votes(votes: VoteTable, log_weights_wkl: FloatArray) -> FloatArray:
    """Sum of the votes' log weights, shape (task, true)."""
    cell = votes.worker * votes.n_labels + votes.label
    log_votes_tk = np.empty((votes.n_tasks, votes.n_labels))
    for k in range(votes.n_labels):
        by_cell = np.ascontiguousarray(log_weights_wkl[:, k, :]).ravel()
        log_votes_tk[:, k] = np.bincount(votes.task, weights=by_cell[cell], minlength=votes.n_tasks)
    return log_votes_tk


def _posterior(log_votes_tk: FloatArray, gold_t: IntArray, prior_k: FloatArray) -> tuple[FloatArray, float]:
    """Log posteriors with gold clamped, and the log-likelihood of all tasks."""
    log_joint_tk = log_votes_tk + np.log(prior_k)
    top_t = log_joint_tk.max(axis=1, keepdims=True, initial=-np.inf)
    log_norm_t = (top_t + np.log(np.exp(log_joint_tk - top_t).sum(axis=1, keepdims=True)))[:, 0]
    log_post_tk = log_joint_tk - log_norm_t[:, None]
    known = np.flatnonzero(gold_t >= 0)
    if known.size:
        # Gold says nothing of how common a class is, so class frequencies have no part in its likelihood.
        log_norm_t[known] = log_votes_tk[known, gold_t[known]]
        log_post_tk[known] = -np.inf
        log_post_tk[known, gold_t[known]] = 0.0
    return log_post_tk, float(log_norm_t.sum())
