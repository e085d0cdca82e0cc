"""What is believed of a worker nobody has measured yet, and how answered counts change it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.votes import FloatArray, VoteTable


@dataclass(frozen=True)
class Prior:
    """Strengths of the beliefs before the data, as pseudo-counts of answers unless said otherwise.

    A worker's answer is weighed by two models at once, because each fails where the other holds: a full
    confusion matrix (Dawid and Skene 1979) finds workers who mix up two classes or always say the same, and
    is misled where classes are not equally hard; a single accuracy ("one coin") is coarse but robust. The log
    weight of an answer is `(1 - coin) * log confusion + coin * log one_coin`: a geometric mean of the two
    likelihoods.
    """

    #: pseudo-answers "right" in each row of the confusion matrix; > 0
    diag: float = 2.0
    #: pseudo-answers "wrong" of a worker; a row of the matrix gives each other class its share of them; > 0
    off: float = 1.0
    #: how far wrong answers spread: each other class has the share 1 / (classes - 1) ** spread. Below 1
    #: the shares sum to more than 1: those who err mostly pick the same wrong class, so agreement tells less
    spread: float = 0.7
    #: how far class frequencies are drawn to equal shares: 0 (as estimated) to 1 (equal)
    balance: float = 0.3
    #: share of the one-coin model, 0 (Dawid-Skene only) to 1 (one-coin only)
    coin: float = 0.35
    #: how much people err on the same tasks: of n answers, n / (1 + (n - 1) * correlation) count; 0 to 1
    correlation: float = 0.1

    def __post_init__(self) -> None:
        if min(self.diag, self.off) <= 0:
            raise ValueError("diag and off must be > 0")
        if not all(0 <= share <= 1 for share in (self.spread, self.balance, self.coin, self.correlation)):
            raise ValueError("spread, balance, coin and correlation must lie in 0..1")

    def matrix(self, n_labels: int) -> FloatArray:
        """Pseudo-counts of the confusion matrix, shape (true, answered)."""
        alpha_kl = np.full((n_labels, n_labels), self.off * self._share(n_labels))
        np.fill_diagonal(alpha_kl, self.diag)
        return alpha_kl

    def confusion(self, counts_wkl: FloatArray) -> FloatArray:
        """Confusion matrices, shape (worker, true, answered), rows sum to 1, from bare counts."""
        smooth_wkl = counts_wkl + self.matrix(counts_wkl.shape[-1])
        return np.asarray(smooth_wkl / smooth_wkl.sum(axis=-1, keepdims=True))

    def accuracy(self, counts_wkl: FloatArray) -> FloatArray:
        """Accuracy of each worker in (0, 1), shape (worker,): share of answers expected to be right."""
        right_w = np.trace(counts_wkl, axis1=-2, axis2=-1)
        total_w = counts_wkl.sum(axis=(-2, -1))
        return np.asarray((right_w + self.diag) / (total_w + self.diag + self.off))

    def log_weights(self, counts_wkl: FloatArray) -> FloatArray:
        """What an answer adds to the log posterior of a truth, shape (worker, true, answered)."""
        n_labels = counts_wkl.shape[-1]
        log_wkl = (1.0 - self.coin) * np.log(self.confusion(counts_wkl))
        if self.coin > 0 and n_labels > 1:
            right_w = self.accuracy(counts_wkl)[:, None, None]
            same_kl = np.eye(n_labels, dtype=bool)
            wrong_w = (1.0 - right_w) * self._share(n_labels)
            log_wkl += self.coin * np.log(np.where(same_kl, right_w, wrong_w))
        return np.asarray(log_wkl)

    def evidence(self, n_answers: npt.ArrayLike) -> FloatArray:
        """What each of a task's n answers counts, in (0, 1]: the design effect of correlated errors."""
        return design_effect(n_answers, self.correlation)

    def teaches(self, n_answers: npt.ArrayLike) -> FloatArray:
        """What each of them says of who gave it: as much."""
        return self.evidence(n_answers)

    def log_density(self, counts_wkl: FloatArray) -> float:
        """Log of the workers' priors, up to a constant, at the estimates `counts_wkl` leads to."""
        rows = float((self.matrix(counts_wkl.shape[-1]) * np.log(self.confusion(counts_wkl))).sum())
        right_w = self.accuracy(counts_wkl)
        coins = float((self.diag * np.log(right_w) + self.off * np.log(1.0 - right_w)).sum())
        return (1.0 - self.coin) * rows + self.coin * coins

    def _share(self, n_labels: int) -> float:
        return float(max(n_labels - 1, 1) ** -self.spread)


def design_effect(n_answers: npt.ArrayLike, correlation: float) -> FloatArray:
    """What each of n answers counts, in (0, 1], when errors on a task have the given correlation.

    ``1 / (1 + (n - 1) * correlation)``. Source: L. Kish, "Survey sampling", 1965, section 5.4.
    """
    n_t = np.maximum(np.asarray(n_answers, dtype=np.float64), 1.0)
    return np.asarray(1.0 / (1.0 + (n_t - 1.0) * correlation))


def frequencies(class_k: FloatArray, n_tasks: float, balance: float) -> FloatArray:
    """Class frequencies, shape (true,), of `n_tasks` tasks of which `class_k` are expected of each class.

    Drawn to equal shares by `balance`, see `Prior`.
    """
    n_labels = len(class_k)
    found_k = (class_k + 1.0 / n_labels) / (n_tasks + 1.0)
    return np.asarray((1.0 - balance) * found_k + balance / n_labels)


def counts_of(start: FloatArray, votes: VoteTable) -> FloatArray:
    """Counts of an earlier fit, to start from; ValueError when they do not fit the votes."""
    shape = (votes.n_workers, votes.n_labels, votes.n_labels)
    if start.shape != shape:
        raise ValueError(f"start must have shape {shape}, not {start.shape}")
    return start


#: What fit and of_task use unless told otherwise; chosen on recorded crowds (benchmarks/quality).
DEFAULT_PRIOR = Prior()
