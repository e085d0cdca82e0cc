"""One pass over the votes on some tasks: workers' weights in, sums that add up out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.truth.kernel import VoteMatrix, normalise_columns
from tasks.quality.truth.prior import DEFAULT_PRIOR, Prior
from tasks.quality.votes import FloatArray, IntArray, VoteTable, known_labels


@dataclass(frozen=True, eq=False)
class Statistics:
    """What one pass says of the workers and the classes; those of disjoint sets of tasks add up."""

    #: expected answers, shape (worker, true, answered)
    counts_wkl: FloatArray
    #: expected tasks of each class among those without a known truth, shape (true,)
    class_k: FloatArray
    #: tasks without a known truth
    n_free: int
    #: log-likelihood of the tasks under the weights that were passed in
    log_likelihood: float

    def __add__(self, other: Statistics) -> Statistics:
        return Statistics(
            self.counts_wkl + other.counts_wkl,
            self.class_k + other.class_k,
            self.n_free + other.n_free,
            self.log_likelihood + other.log_likelihood,
        )


@dataclass(frozen=True, eq=False)
class Part:
    """The votes on some tasks and what does not change between passes over them."""

    matrix: VoteMatrix
    #: per block: the rows whose truth is known, ascending, and that truth
    known: tuple[tuple[IntArray, IntArray], ...]
    #: per block: what an answer counts, shape (row,), all of it where the truth is known; None where all
    #: count fully
    evidence: tuple[FloatArray | None, ...]

    @classmethod
    def of(
        cls,
        votes: VoteTable,
        gold: npt.ArrayLike | None = None,
        prior: Prior = DEFAULT_PRIOR,
        dtype: npt.DTypeLike = np.float64,
        weight_v: FloatArray | None = None,
    ) -> Part:
        """Lay out `votes`; `gold` is -1 where the truth is unknown; ValueError when it does not fit.

        `weight_v` are as for `VoteMatrix.of`, on top of what the prior lets an answer count.
        """
        gold_t = None if gold is None else known_labels(gold, votes.n_tasks, votes.n_labels)
        matrix = VoteMatrix.of(votes, dtype, weight_v)
        known, evidence = [], []
        for block in matrix.blocks:
            gold_r = np.full(block.n_rows, -1) if gold_t is None else gold_t[block.task_r]
            evidence_r = prior.evidence(np.diff(block.by_cell.indptr))
            rows = np.flatnonzero(gold_r >= 0)
            evidence_r[rows] = 1.0
            known.append((rows, gold_r[rows]))
            evidence.append(None if np.all(evidence_r == 1.0) else evidence_r.astype(dtype))
        return cls(matrix, tuple(known), tuple(evidence))

    def begin(self) -> Statistics:
        """The statistics when each task has the shares of its plain vote; the likelihood means nothing."""
        same_kl = np.eye(self.matrix.n_labels)
        each_vote = np.broadcast_to(same_kl, (self.matrix.n_workers, *same_kl.shape))
        return self._count(each_vote, _shares, (None,) * len(self.evidence))

    def step(self, log_weights_wkl: FloatArray, prior_k: FloatArray) -> Statistics:
        """The statistics when each task has its posterior under these weights and class frequencies."""
        log_prior_k1 = np.log(prior_k).astype(self.matrix.dtype)[:, None]

        def posterior(log_kr: FloatArray) -> FloatArray:
            log_kr += log_prior_k1
            return normalise_columns(log_kr)

        return self._count(log_weights_wkl, posterior, self.evidence)

    def _count(
        self,
        weights_wkl: FloatArray,
        posterior: Callable[[FloatArray], FloatArray],
        evidence: tuple[FloatArray | None, ...],
    ) -> Statistics:
        """Add up answers and classes, where `posterior` turns sums of votes (true, row) into shares.

        It does so in place and returns the log-likelihood of each row. A run of rows is worked on at once, so
        that it stays in the processor's cache.
        """
        matrix = self.matrix
        counts_ck = np.zeros((matrix.n_workers * matrix.n_labels, matrix.n_labels))
        class_k = np.zeros(matrix.n_labels)
        n_free, log_likelihood = matrix.n_tasks, 0.0
        scratch_kr = np.empty((matrix.n_labels, min(matrix.run, matrix.n_rows)), dtype=matrix.dtype)
        for (block, sum_rk), (rows, label), evidence_r in zip(
            matrix.each(weights_wkl), self.known, evidence, strict=True
        ):
            for run in _runs(block.n_rows, matrix.run):
                post_kr = scratch_kr[:, : run.stop - run.start]
                weight_r = None if evidence_r is None else evidence_r[run]
                _turn(sum_rk[run].T, weight_r, post_kr)
                log_norm_r = posterior(post_kr)
                mine = slice(*np.searchsorted(rows, [run.start, run.stop]))
                row, known = rows[mine] - run.start, label[mine]
                # Gold says nothing of how common a class is: frequencies have no part in its likelihood,
                # nor it in them.
                log_norm_r[row] = sum_rk[rows[mine], known]
                post_kr[:, row] = 0.0
                log_likelihood += float(log_norm_r.sum(dtype=np.float64))
                class_k += post_kr.sum(axis=1)
                post_kr[known, row] = 1.0
                _turn(post_kr, weight_r, sum_rk[run].T)
            counts_ck += block.by_cell @ sum_rk
            n_free -= len(rows)
        return Statistics(matrix.per_worker(counts_ck), class_k, n_free, log_likelihood)

    def log_posterior(self, log_weights_wkl: FloatArray, prior_k: FloatArray) -> FloatArray:
        """Log posterior of each class, shape (task, true); where the truth is known 0 and -inf."""
        matrix = self.matrix
        log_post_tk = np.empty((matrix.n_tasks, matrix.n_labels), dtype=matrix.dtype)
        log_prior_k1 = np.log(prior_k).astype(matrix.dtype)[:, None]
        for (block, sum_rk), (rows, label), evidence_r in zip(
            matrix.each(log_weights_wkl), self.known, self.evidence, strict=True
        ):
            for run in _runs(block.n_rows, matrix.run):
                log_kr = np.empty((matrix.n_labels, run.stop - run.start), dtype=matrix.dtype)
                _turn(sum_rk[run].T, None if evidence_r is None else evidence_r[run], log_kr)
                log_kr += log_prior_k1
                log_kr -= normalise_columns(log_kr.copy())
                _turn(log_kr, None, sum_rk[run].T)
            sum_rk[rows] = -np.inf
            sum_rk[rows, label] = 0.0
            log_post_tk[block.task_r] = sum_rk
        return log_post_tk


def _runs(n_rows: int, at_once: int) -> Iterator[slice]:
    """The rows of a block, a run at a time."""
    for start in range(0, n_rows, at_once):
        yield slice(start, min(start + at_once, n_rows))


def _shares(tally_kr: FloatArray) -> FloatArray:
    """Turn counts of votes into shares in place, equal ones without votes; returns zeros."""
    total_r = tally_kr.sum(axis=0)
    tally_kr[:, total_r == 0] = 1.0
    tally_kr /= np.where(total_r == 0, len(tally_kr), total_r)
    return np.zeros_like(total_r)


def _turn(values_kr: FloatArray, weight_r: FloatArray | None, out_kr: FloatArray) -> None:
    """Write values times weights to memory that lies the other way: class by class is quickest."""
    for values_r, out_r in zip(values_kr, out_kr, strict=True):
        if weight_r is None:
            out_r[:] = values_r
        else:
            np.multiply(values_r, weight_r, out=out_r)
