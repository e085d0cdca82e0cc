"""What is told before a pass over the votes, and what it says: the two things that travel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tasks.quality.votes import FloatArray, IntArray


class Model(Protocol):
    """What is believed of workers: `Prior` or `Hierarchy`."""

    @property
    def balance(self) -> float:
        """See `prior.frequencies`."""

    def log_weights(self, counts_wkl: FloatArray, /) -> FloatArray:
        """What an answer adds to the log posterior of a truth, shape (worker, true, answered)."""

    def evidence(self, n_answers: npt.ArrayLike, /) -> FloatArray:
        """What each of a task's n answers says of the task, in (0, 1]."""

    def teaches(self, n_answers: npt.ArrayLike, /) -> FloatArray:
        """What each of a task's n answers says of who gave it, in 0..1; known tasks teach in full."""


@dataclass(frozen=True, eq=False)
class Round:
    """What is told before a pass: the weights of the workers and the class frequencies."""

    model: Model
    log_weights_wkl: FloatArray
    prior_k: FloatArray


@dataclass(frozen=True, eq=False)
class Statistics:
    """What one pass says of the workers and the classes; those of disjoint sets of tasks add up."""

    #: expected answers, shape (worker, true, answered)
    counts_wkl: FloatArray
    #: expected tasks of each class among those that have answers and no known truth, shape (true,)
    class_k: FloatArray
    #: how many such tasks there are
    n_free: float
    #: log-likelihood of the tasks under the weights that were passed in
    log_likelihood: float

    @classmethod
    def of_counts(cls, counts_wkl: FloatArray) -> Statistics:
        """Where a fit of which only the counts are left ended: no class is known to be the commoner."""
        return cls(counts_wkl, np.zeros(counts_wkl.shape[-1]), 0, 0.0)

    def __add__(self, other: Statistics) -> Statistics:
        return Statistics(
            self.counts_wkl + other.counts_wkl,
            self.class_k + other.class_k,
            self.n_free + other.n_free,
            self.log_likelihood + other.log_likelihood,
        )

    def __sub__(self, other: Statistics) -> Statistics:
        return Statistics(
            self.counts_wkl - other.counts_wkl,
            self.class_k - other.class_k,
            self.n_free - other.n_free,
            self.log_likelihood - other.log_likelihood,
        )

    def not_below_zero(self) -> Statistics:
        """The same where rounding leaves no expectation below nought."""
        class_k = np.maximum(self.class_k, 0.0)
        return replace(
            self, counts_wkl=np.maximum(self.counts_wkl, 0.0), class_k=class_k, n_free=class_k.sum()
        )


class Passes(Protocol):
    """Passes over votes, wherever they are."""

    @property
    def n_votes(self) -> int:
        """How many votes one pass visits."""

    def begin(self, model: Model) -> Statistics:
        """The statistics of the plain vote, from which a first fit starts; see `Part.begin`."""

    def step(self, told: Round) -> Statistics:
        """The statistics under these weights and class frequencies; see `Part.step`."""


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


@dataclass(frozen=True, eq=False)
class Truths:
    """What is known beforehand, and whether classes have an order."""

    #: known class, shape (task,), -1 where unknown
    gold_t: IntArray
    #: how often whoever said so errs, one number or shape (task,)
    error_t: npt.ArrayLike = 0.0
    ordinal: bool = False

    def known(self, n_labels: int) -> Known:
        """What this adds to the posteriors of tasks of so many classes."""
        return Known.of(self.gold_t, self.error_t, n_labels)

    def of_tasks(self, start: int, stop: int) -> Truths:
        """What is known of the tasks from `start` up to, not including, `stop`."""
        error_t = np.broadcast_to(np.asarray(self.error_t, dtype=np.float64), self.gold_t.shape)
        return Truths(self.gold_t[start:stop], error_t[start:stop], self.ordinal)
