"""One estimator for the worker with three answers and the one with three thousand: shrinkage by steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.truth.kernel import VoteMatrix
from tasks.quality.truth.passes import Here
from tasks.quality.truth.prior import counts_of, design_effect, frequencies
from tasks.quality.truth.rounds import Known, Passes, Round, Statistics
from tasks.quality.votes import FloatArray, VoteTable, known_labels

#: what is believed of a crowd nobody has measured: 3 of 4 right, as firmly as 4 answers would show
CROWD_RIGHT, CROWD_WRONG = 3.0, 1.0
#: a fit rests when expected answers move by less than this, or after so many updates
TOLERANCE, MOST_UPDATES = 5e-6, 60


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

    def teaches(self, n_answers: npt.ArrayLike) -> FloatArray:
        """What each of them says of who gave it, in 0..1: as much, but nothing where it is the only one.

        It would only confirm itself, and a batch in its first round would talk itself into believing
        everybody.
        """
        return np.where(np.asarray(n_answers) > 1, self.evidence(n_answers), 0.0)


def _spread(n_labels: int, ordinal: bool) -> FloatArray:
    """Where a mistake goes before anything is known, shape (true, answered); rows sum to 1."""
    class_k = np.arange(n_labels)
    apart_kl = np.abs(class_k[:, None] - class_k)
    # half as likely with every class further away
    share_kl = np.where(apart_kl > 0, 0.5**apart_kl if ordinal else 1.0, 0.0)
    return np.asarray(share_kl / np.maximum(share_kl.sum(axis=1, keepdims=True), 1e-300))


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a fit of a hierarchy found. Arrays are read-only."""

    model: Hierarchy
    #: expected answers, shape (worker, true, answered), without any belief before the data
    counts_wkl: FloatArray
    #: expected tasks of each class, shape (true,), of those that have answers and no known truth
    class_k: FloatArray
    n_iter: int
    #: False when the last update still moved the expected answers by more than the tolerance
    converged: bool

    @property
    def prior_k(self) -> FloatArray:
        """Estimated class frequencies, shape (true,), sum to 1."""
        return frequencies(self.class_k, float(self.class_k.sum()), self.model.balance)


def fit(
    votes: VoteTable,
    *,
    model: Hierarchy,
    gold: npt.ArrayLike | None = None,
    gold_error: npt.ArrayLike = 0.0,
    start: FloatArray | None = None,
    tol: float = TOLERANCE,
    max_iter: int = MOST_UPDATES,
) -> Fitted:
    """Estimate tasks and workers in turn until the expected answers rest.

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
    tol, max_iter : as for `fit_over`

    Raises
    ------
    ValueError
        When `gold` or `start` does not fit the votes, or max_iter < 1.
    """
    gold_t = known_labels(gold, votes.n_tasks, votes.n_labels)
    known = Known.of(gold_t, gold_error, votes.n_labels)
    begun = None if start is None else Statistics.of_counts(counts_of(start, votes))
    passes = Here(VoteMatrix.of(votes), known)
    return fit_over(passes, model=model, start=begun, tol=tol, max_iter=max_iter)


def fit_over(
    passes: Passes,
    *,
    model: Hierarchy,
    start: Statistics | None = None,
    tol: float = TOLERANCE,
    max_iter: int = MOST_UPDATES,
) -> Fitted:
    """Estimate tasks and workers in turn, wherever the votes are: see `fit`.

    Starts from the plain vote unless given where another fit ended. Rest is when expected answers move by
    less than `tol` in the mean over the visited answers and classes. ValueError when max_iter < 1.
    """
    if max_iter < 1:
        raise ValueError(f"max_iter must be >= 1, not {max_iter}")
    found = passes.begin(model) if start is None else start
    visited = max(passes.n_votes * len(found.class_k), 1)
    n_iter, moved = 0, np.inf
    while moved > tol and n_iter < max_iter:
        before, found = found, passes.step(told_by(model, found))
        moved = float(np.abs(found.counts_wkl - before.counts_wkl).sum()) / visited
        n_iter += 1
    for array in (found.counts_wkl, found.class_k):
        array.flags.writeable = False
    return Fitted(model, found.counts_wkl, found.class_k, n_iter, moved <= tol)


def told_by(model: Hierarchy, found: Statistics) -> Round:
    """What the next pass is told after one that found this."""
    prior_k = frequencies(found.class_k, found.n_free, model.balance)
    return Round(model, model.log_weights(found.counts_wkl), prior_k)
