"""Truth and workers' confusion estimated together from votes: expectation-maximisation in logs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.truth.kernel import VoteMatrix
from tasks.quality.truth.labels import Labelled
from tasks.quality.truth.passes import Part
from tasks.quality.truth.prior import DEFAULT_PRIOR, Prior, counts_of, frequencies
from tasks.quality.truth.rounds import Known, Statistics
from tasks.quality.votes import FloatArray, VoteTable, known_labels

METHOD = "dawid-skene-coin"
VERSION = "1"


@dataclass(frozen=True, eq=False)
class Estimate(Labelled):
    """What a fit found. Arrays are read-only."""

    #: log posterior of each class, shape (task, true); rows log-sum to 0; a gold task has 0 and -inf;
    #: of the precision the fit was asked for
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


def fit(
    votes: VoteTable,
    *,
    gold: npt.ArrayLike | None = None,
    prior: Prior = DEFAULT_PRIOR,
    start: FloatArray | None = None,
    tol: float = 1e-5,
    max_iter: int = 100,
    dtype: npt.DTypeLike = np.float64,
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
    dtype : float32 or float64
        Of the tasks' numbers. float32 is a quarter faster and takes a fifth less memory; posteriors then are
        right to about four digits.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        When `gold` or `start` does not fit the votes, or `dtype` is another.

    Notes
    -----
    Everything is in logs; one update costs O(votes * classes), see `kernel`. A task without votes gets the
    class frequencies. The order of the votes changes nothing, not even the rounding.

    References
    ----------
    .. [1] A. P. Dawid, A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM
    algorithm", Applied Statistics 28(1), 1979, doi:10.2307/2346806.

    Examples
    --------
    >>> table = VoteTable([0, 0, 1, 1], [0, 1, 0, 1], [1, 1, 0, 0], n_tasks=2, n_workers=2, n_labels=2)
    >>> fit(table).label_t.tolist()
    [1, 0]
    """
    part = lay_out(votes, gold, prior, dtype)
    if start is None:
        first = part.begin()
        counts_wkl, prior_k = first.counts_wkl, frequencies(first.class_k, first.n_free, prior.balance)
    else:
        counts_wkl, prior_k = counts_of(start, votes), np.full(votes.n_labels, 1.0 / votes.n_labels)
    found = maximise(
        part.step, counts_wkl, prior_k, prior, tol=tol * max(votes.n_votes, 1), max_iter=max_iter
    )
    log_post_tk = part.log_posterior(found.log_weights_wkl, np.log(found.prior_k))
    for array in (log_post_tk, found.counts_wkl, found.prior_k):
        array.flags.writeable = False
    return Estimate(
        log_post_tk,
        found.counts_wkl,
        found.prior_k,
        len(found.bound_history),
        found.converged,
        found.bound_history,
        METHOD,
        VERSION,
    )


def lay_out(
    votes: VoteTable, gold: npt.ArrayLike | None, prior: Prior, dtype: npt.DTypeLike = np.float64
) -> Part:
    """The votes ready for passes; parameters as for `fit`."""
    known = Known.of(known_labels(gold, votes.n_tasks, votes.n_labels), 0.0, votes.n_labels)
    return Part.of(VoteMatrix.of(votes, dtype), known, prior.evidence)


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the updates ended; the fields without a comment are those of `Estimate`."""

    #: the weights and class frequencies of the last pass, from which the posteriors follow
    log_weights_wkl: FloatArray
    prior_k: FloatArray
    #: what that pass counted
    counts_wkl: FloatArray
    converged: bool
    bound_history: tuple[float, ...]


def maximise(
    step: Callable[[FloatArray, FloatArray], Statistics],
    counts_wkl: FloatArray,
    prior_k: FloatArray,
    prior: Prior,
    *,
    tol: float,
    max_iter: int,
) -> Maximum:
    """Update workers and tasks in turn until the objective gains at most `tol`, at most `max_iter` times.

    `step(log_weights_wkl, prior_k)` is one pass over all tasks, wherever they are. ValueError unless
    `max_iter` >= 1.
    """
    if max_iter < 1:
        raise ValueError(f"max_iter must be >= 1, not {max_iter}")
    history: list[float] = []
    while True:
        log_weights_wkl = prior.log_weights(counts_wkl)
        found = step(log_weights_wkl, prior_k)
        beliefs = prior.log_density(counts_wkl) + _log_balance(prior_k, found.n_free, prior)
        history.append(found.log_likelihood + beliefs)
        converged = len(history) > 1 and history[-1] - history[-2] <= tol
        # Also on the way out: the counts handed back belong to the posteriors handed back.
        counts_wkl = found.counts_wkl
        if converged or len(history) >= max_iter:
            return Maximum(log_weights_wkl, prior_k, counts_wkl, converged, tuple(history))
        prior_k = frequencies(found.class_k, found.n_free, prior.balance)


def _log_balance(prior_k: FloatArray, n_free: float, prior: Prior) -> float:
    """The log density of the class frequencies whose maximum `frequencies` takes."""
    if prior.balance == 1.0:
        return 0.0
    pseudo = ((n_free + 1.0) * prior.balance / (1.0 - prior.balance) + 1.0) / len(prior_k)
    return pseudo * float(np.log(prior_k).sum())
