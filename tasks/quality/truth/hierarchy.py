"""One estimator for the worker with three answers and the one with three thousand: shrinkage by steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.truth.kernel import VoteMatrix, normalise_columns
from tasks.quality.truth.majority import shares
from tasks.quality.votes import FloatArray, IntArray, VoteTable, known_labels

#: what is believed of a crowd nobody has measured: 3 of 4 right, as firmly as 4 answers would show
CROWD_RIGHT, CROWD_WRONG = 3.0, 1.0


@dataclass(frozen=True, eq=False)
class Crowd:
    """How a crowd answers as a whole."""

    #: share of right answers, in (0, 1)
    accuracy: float
    #: where wrong answers go, shape (true, answered): rows sum to 1 over the wrong classes, 0 on the diagonal
    mistakes_kl: FloatArray


@dataclass(frozen=True)
class Hierarchy:
    """A worker's confusion matrix, drawn to the worker's own accuracy and the crowd's mistakes.

    Three steps: the crowd's accuracy shrinks to 3 of 4; a worker's accuracy shrinks to the crowd's; each row
    of a worker's matrix shrinks to that worker's accuracy, the rest spread as the crowd's mistakes are. With
    few answers this is a one-coin model with the crowd's habits, with many the full model of Dawid and Skene.
    The strengths are pseudo-answers. `coin`, `spread`, `balance` and `correlation` are as in `Prior`.

    Sources: A. P. Dawid, A. M. Skene 1979 (the matrix); S. Paun and others, "Comparing Bayesian models of
    annotation", 2018, doi:10.1162/tacl_a_00040 (hierarchical matrices); values chosen on recorded and
    simulated crowds (benchmarks/quality).
    """

    #: pseudo-answers of each row that follow the worker's own accuracy; > 0
    row: float = 4.0
    #: pseudo-answers of a worker's accuracy that follow the crowd's; > 0
    worker: float = 4.0
    #: pseudo-mistakes of the crowd, spread evenly over the wrong classes of a row; > 0
    mistakes: float = 1.0
    coin: float = 0.2
    spread: float = 0.7
    balance: float = 0.1
    correlation: float = 0.05
    #: classes have an order, and mistakes go to near classes rather than far ones
    ordinal: bool = False

    def __post_init__(self) -> None:
        if min(self.row, self.worker, self.mistakes) <= 0:
            raise ValueError("row, worker and mistakes must be > 0")
        if not all(0 <= share <= 1 for share in (self.coin, self.spread, self.balance, self.correlation)):
            raise ValueError("coin, spread, balance and correlation must lie in 0..1")

    def crowd(self, counts_wkl: FloatArray) -> Crowd:
        """The crowd behind expected answers, shape (worker, true, answered)."""
        n_labels = counts_wkl.shape[-1]
        total_kl = counts_wkl.sum(axis=0)
        right, total = float(np.trace(total_kl)), float(total_kl.sum())
        accuracy = (right + CROWD_RIGHT) / (total + CROWD_RIGHT + CROWD_WRONG)
        wrong_kl = total_kl + self.mistakes * _spread(n_labels, self.ordinal)
        np.fill_diagonal(wrong_kl, 0.0)
        per_row_k = wrong_kl.sum(axis=1, keepdims=True)
        return Crowd(accuracy, np.divide(wrong_kl, per_row_k, out=wrong_kl, where=per_row_k > 0))

    def log_weights(self, counts_wkl: FloatArray, crowd: Crowd | None = None) -> FloatArray:
        """What an answer adds to the log posterior of a truth, shape (worker, true, answered).

        `crowd` is that of `counts_wkl` unless given: whoever asks about a part of the counts gives the whole
        crowd.
        """
        crowd = self.crowd(counts_wkl) if crowd is None else crowd
        n_labels = counts_wkl.shape[-1]
        right_w = np.trace(counts_wkl, axis1=-2, axis2=-1) + self.worker * crowd.accuracy
        right_w = (right_w / (counts_wkl.sum(axis=(-2, -1)) + self.worker))[:, None, None]
        same_kl = np.eye(n_labels, dtype=bool)
        smooth_wkl = counts_wkl + self.row * np.where(same_kl, right_w, (1.0 - right_w) * crowd.mistakes_kl)
        log_wkl = (1.0 - self.coin) * np.log(smooth_wkl / smooth_wkl.sum(axis=-1, keepdims=True))
        if self.coin > 0 and n_labels > 1:
            share = (n_labels - 1) ** -self.spread
            log_wkl += self.coin * np.log(np.where(same_kl, right_w, (1.0 - right_w) * share))
        return np.asarray(log_wkl)

    def evidence(self, n_answers: npt.ArrayLike) -> FloatArray:
        """What each of a task's n answers counts, in (0, 1]: the design effect of correlated errors."""
        return design_effect(n_answers, self.correlation)


def _spread(n_labels: int, ordinal: bool) -> FloatArray:
    """Where a mistake goes before anything is known, shape (true, answered); rows sum to 1."""
    class_k = np.arange(n_labels)
    apart_kl = np.abs(class_k[:, None] - class_k)
    # half as likely with every class further away
    share_kl = np.where(apart_kl > 0, 0.5**apart_kl if ordinal else 1.0, 0.0)
    return np.asarray(share_kl / np.maximum(share_kl.sum(axis=1, keepdims=True), 1e-300))


def design_effect(n_answers: npt.ArrayLike, correlation: float) -> FloatArray:
    """What each of n answers counts, in (0, 1], when errors on a task have the given correlation.

    ``1 / (1 + (n - 1) * correlation)``. Source: L. Kish, "Survey sampling", 1965, section 5.4.
    """
    n_t = np.maximum(np.asarray(n_answers, dtype=np.float64), 1.0)
    return np.asarray(1.0 / (1.0 + (n_t - 1.0) * correlation))


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a fit of a hierarchy found. Arrays are read-only."""

    model: Hierarchy
    #: expected answers, shape (worker, true, answered), without any belief before the data
    counts_wkl: FloatArray
    #: estimated class frequencies, shape (true,), sum to 1
    prior_k: FloatArray
    n_iter: int
    #: False when the last update still moved the posteriors by more than the tolerance
    converged: bool


def fit(
    votes: VoteTable,
    *,
    model: Hierarchy,
    gold: npt.ArrayLike | None = None,
    gold_error: npt.ArrayLike = 0.0,
    start: FloatArray | None = None,
    matrix: VoteMatrix | None = None,
    tol: float = 1e-5,
    max_iter: int = 60,
) -> Fitted:
    """Estimate tasks and workers in turn until the posteriors rest.

    A task with a single answer teaches nothing about who gave it: it would only confirm itself, and a batch
    in its first round would talk itself into believing everybody.

    Parameters
    ----------
    votes : VoteTable
    gold : int array (n_tasks,), optional
        Known truth, verdicts included, -1 where unknown; without a say in class frequencies.
    gold_error : float or float array (n_tasks,), 0..1
        How often whoever said what is known errs: where 0 the class is clamped, elsewhere it is one more
        answer, by somebody who is right so often.
    start : float array (n_workers, n_labels, n_labels), optional
        Counts of an earlier fit; without it the shares of the plain vote.
    matrix : VoteMatrix, optional
        The layout of `votes`, when it is at hand.
    tol : float
        Rest is when the posteriors of a task move by less than this in the mean.

    Raises
    ------
    ValueError
        When `gold` or `start` does not fit the votes, or max_iter < 1.
    """
    if max_iter < 1:
        raise ValueError(f"max_iter must be >= 1, not {max_iter}")
    gold_t = known_labels(gold, votes.n_tasks, votes.n_labels)
    said = Known.of(gold_t, gold_error, votes.n_labels)
    tasks = _Tasks(votes, said, model, VoteMatrix.of(votes) if matrix is None else matrix)
    counts_wkl, prior_k = tasks.begin(start)
    last_tk, n_iter, moved = None, 0, np.inf
    while moved > tol and n_iter < max_iter:
        post_tk = tasks.posteriors(model.log_weights(counts_wkl), prior_k)
        counts_wkl, prior_k = tasks.counts(post_tk), tasks.frequencies(post_tk)
        moved = (
            np.inf if last_tk is None else float(np.abs(post_tk - last_tk).mean()) if len(post_tk) else 0.0
        )
        last_tk, n_iter = post_tk, n_iter + 1
    for array in (counts_wkl, prior_k):
        array.flags.writeable = False
    return Fitted(model, counts_wkl, prior_k, n_iter, moved <= tol)


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of some tasks, and what it adds to their log posteriors."""

    #: the tasks, ascending
    task_g: IntArray
    #: log likelihood of what was said under each class, shape (known task, true); 0 and -inf where certain
    log_gk: FloatArray

    @classmethod
    def of(cls, gold_t: IntArray, gold_error: npt.ArrayLike, n_labels: int) -> Known:
        """From known classes (-1: unknown) said with the given error rates; ValueError unless in 0..1."""
        error_t = np.broadcast_to(np.asarray(gold_error, dtype=np.float64), gold_t.shape)
        if ((error_t < 0) | (error_t > 1)).any():
            raise ValueError("gold_error must lie in 0..1")
        task_g = np.flatnonzero(gold_t >= 0)
        share_gk = np.repeat(error_t[task_g, None] / max(n_labels - 1, 1), n_labels, axis=1)
        share_gk[np.arange(len(task_g)), gold_t[task_g]] = 1.0 - error_t[task_g]
        with np.errstate(divide="ignore"):
            return cls(task_g, np.log(share_gk))

    def add_to(self, log_kt: FloatArray) -> None:
        """Add what is known to the log posteriors, shape (true, task), in place."""
        log_kt[:, self.task_g] += self.log_gk.T


class _Tasks:
    """The tasks of one fit: what does not change between its updates."""

    def __init__(self, votes: VoteTable, known: Known, model: Hierarchy, matrix: VoteMatrix) -> None:
        self.votes, self.model, self.matrix, self.known = votes, model, matrix, known
        n_t = np.bincount(votes.task, minlength=votes.n_tasks)
        self.free = n_t > 0
        self.free[known.task_g] = False
        self.evidence_t = model.evidence(n_t)
        self.teaches_t = np.where(n_t > 1, self.evidence_t, 0.0)
        self.teaches_t[known.task_g] = 1.0

    def begin(self, start: FloatArray | None) -> tuple[FloatArray, FloatArray]:
        n_labels = self.votes.n_labels
        if start is None:
            post_tk = shares(self.votes)
            post_tk[self.known.task_g] = np.exp(self.known.log_gk)
            return self.counts(post_tk), self.frequencies(post_tk)
        shape = (self.votes.n_workers, n_labels, n_labels)
        if start.shape != shape:
            raise ValueError(f"start must have shape {shape}, not {start.shape}")
        return start, np.full(n_labels, 1.0 / n_labels)

    def posteriors(self, log_weights_wkl: FloatArray, prior_k: FloatArray) -> FloatArray:
        log_kt = self.matrix.sum_log_weights(log_weights_wkl).T * self.evidence_t + np.log(prior_k)[:, None]
        log_kt = np.ascontiguousarray(log_kt, dtype=np.float64)
        self.known.add_to(log_kt)
        normalise_columns(log_kt)
        return log_kt.T

    def counts(self, post_tk: FloatArray) -> FloatArray:
        return self.matrix.expected_counts(post_tk * self.teaches_t[:, None])

    def frequencies(self, post_tk: FloatArray) -> FloatArray:
        n_labels = self.votes.n_labels
        found_k = (post_tk[self.free].sum(axis=0) + 1.0 / n_labels) / (self.free.sum() + 1.0)
        return np.asarray((1.0 - self.model.balance) * found_k + self.model.balance / n_labels)
