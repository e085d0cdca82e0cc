"""One pass over the votes on some tasks: workers' weights in, sums that add up out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.truth.kernel import VoteMatrix, normalise_columns
from tasks.quality.truth.rounds import Known, Model, Round, Statistics
from tasks.quality.votes import FloatArray, IntArray

#: what each answer counts where a task has so many
Weigh = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class Rows:
    """What does not change about the rows of one block between passes."""

    #: the rows whose task is known, ascending, and what that adds to their log posteriors, shape (row, true)
    known_r: IntArray
    log_rk: FloatArray
    #: the rows without a say in the class frequencies: known ones, and those without an answer
    aside_r: IntArray
    #: what an answer says of its task and of its worker, shape (row,); None where all count fully
    evidence_r: FloatArray | None
    teaches_r: FloatArray | None


@dataclass(frozen=True, eq=False)
class Part:
    """The votes on some tasks and what does not change between passes over them."""

    matrix: VoteMatrix
    #: per block
    rows: tuple[Rows, ...]

    @classmethod
    def of(cls, matrix: VoteMatrix, known: Known, evidence: Weigh, teaches: Weigh | None = None) -> Part:
        """`matrix` under a model's `evidence` and `teaches`, the same unless given."""
        place_t = np.full(matrix.n_tasks, -1)
        place_t[known.task_g] = np.arange(len(known.task_g))
        rows = []
        for block in matrix.blocks:
            n_r = np.diff(block.by_cell.indptr)
            place_r = place_t[block.task_r]
            known_r = np.flatnonzero(place_r >= 0)
            log_rk = known.log_gk[place_r[known_r]]
            certain = known_r[np.isneginf(log_rk).sum(axis=1) == matrix.n_labels - 1]
            evidence_r, teaches_r = evidence(n_r), (teaches or evidence)(n_r)
            # Where the truth is certain answers change nothing but the likelihood of the workers.
            evidence_r[certain], teaches_r[known_r] = 1.0, 1.0
            aside_r = np.flatnonzero((place_r >= 0) | (n_r == 0))
            said = _unless_ones(evidence_r, matrix.dtype)
            taught = said if np.array_equal(evidence_r, teaches_r) else _unless_ones(teaches_r, matrix.dtype)
            rows.append(Rows(known_r, log_rk.astype(matrix.dtype), aside_r, said, taught))
        return cls(matrix, tuple(rows))

    def begin(self) -> Statistics:
        """The statistics when each task has the shares of its plain vote; the likelihood means nothing."""
        same_kl = np.eye(self.matrix.n_labels)
        each_vote = np.broadcast_to(same_kl, (self.matrix.n_workers, *same_kl.shape))

        def share(tally_kr: FloatArray, known_r: IntArray, log_kr: FloatArray) -> FloatArray:
            _shares(tally_kr)
            tally_kr[:, known_r] = np.exp(log_kr)
            return np.zeros(tally_kr.shape[1])

        return self._count(each_vote, share, heard_fully=True)

    def step(self, log_weights_wkl: FloatArray, prior_k: FloatArray) -> Statistics:
        """The statistics when each task has its posterior under these weights and class frequencies."""
        log_prior_k1 = np.log(prior_k).astype(self.matrix.dtype)[:, None]

        def posterior(log_kr: FloatArray, known_r: IntArray, said_kr: FloatArray) -> FloatArray:
            log_kr += log_prior_k1
            log_kr[:, known_r] += said_kr
            log_norm_r = normalise_columns(log_kr)
            # Gold says nothing of how common a class is: frequencies have no part in its likelihood.
            log_norm_r[known_r] -= (log_kr[:, known_r] * log_prior_k1).sum(axis=0)
            return log_norm_r

        return self._count(log_weights_wkl, posterior)

    def _count(
        self,
        weights_wkl: FloatArray,
        posterior: Callable[[FloatArray, IntArray, FloatArray], FloatArray],
        *,
        heard_fully: bool = False,
    ) -> Statistics:
        """Add up answers and classes, where `posterior` turns sums of votes (true, row) into shares.

        It does so in place, is told which rows are known and what that adds, and returns the log-likelihood
        of each row. A run of rows is worked on at once, so that it stays in the processor's cache.
        """
        matrix = self.matrix
        counts_ck = np.zeros((matrix.n_workers * matrix.n_labels, matrix.n_labels))
        class_k = np.zeros(matrix.n_labels)
        n_free, log_likelihood = matrix.n_tasks, 0.0
        scratch_kr = np.empty((matrix.n_labels, min(matrix.run, matrix.n_rows)), dtype=matrix.dtype)
        for (block, sum_rk), rows in zip(matrix.each(weights_wkl), self.rows, strict=True):
            for run in _runs(block.n_rows, matrix.run):
                post_kr = scratch_kr[:, : run.stop - run.start]
                _turn(sum_rk[run].T, None if heard_fully else _of(rows.evidence_r, run), post_kr)
                mine = slice(*np.searchsorted(rows.known_r, [run.start, run.stop]))
                log_norm_r = posterior(post_kr, rows.known_r[mine] - run.start, rows.log_rk[mine].T)
                log_likelihood += float(log_norm_r.sum(dtype=np.float64))
                aside = slice(*np.searchsorted(rows.aside_r, [run.start, run.stop]))
                class_k += post_kr.sum(axis=1) - post_kr[:, rows.aside_r[aside] - run.start].sum(axis=1)
                _turn(post_kr, _of(rows.teaches_r, run), sum_rk[run].T)
            counts_ck += block.by_cell @ sum_rk
            n_free -= len(rows.aside_r)
        return Statistics(matrix.per_worker(counts_ck), class_k, n_free, log_likelihood)

    def log_posterior(self, log_weights_wkl: FloatArray, log_prior_k: FloatArray) -> FloatArray:
        """Log posterior of each class, shape (task, true); where the truth is certain 0 and -inf.

        `log_prior_k` is the log weight of each class before any answer, up to a constant.
        """
        matrix = self.matrix
        log_post_tk = np.empty((matrix.n_tasks, matrix.n_labels), dtype=matrix.dtype)
        log_prior_k1 = log_prior_k.astype(matrix.dtype)[:, None]
        for (block, sum_rk), rows in zip(matrix.each(log_weights_wkl), self.rows, strict=True):
            for run in _runs(block.n_rows, matrix.run):
                log_kr = np.empty((matrix.n_labels, run.stop - run.start), dtype=matrix.dtype)
                _turn(sum_rk[run].T, _of(rows.evidence_r, run), log_kr)
                log_kr += log_prior_k1
                mine = slice(*np.searchsorted(rows.known_r, [run.start, run.stop]))
                log_kr[:, rows.known_r[mine] - run.start] += rows.log_rk[mine].T
                log_kr -= normalise_columns(log_kr.copy())
                _turn(log_kr, None, sum_rk[run].T)
            log_post_tk[block.task_r] = sum_rk
        return log_post_tk


class Here:
    """Passes over votes in this process."""

    def __init__(self, matrix: VoteMatrix, known: Known) -> None:
        self.matrix, self.known = matrix, known
        self._parts: dict[Model, Part] = {}

    @property
    def n_votes(self) -> int:
        """How many votes one pass visits."""
        return self.matrix.n_votes

    def begin(self, model: Model) -> Statistics:
        """See `Part.begin`."""
        return self._part(model).begin()

    def step(self, told: Round) -> Statistics:
        """See `Part.step`."""
        return self._part(told.model).step(told.log_weights_wkl, told.prior_k)

    def _part(self, model: Model) -> Part:
        if model not in self._parts:
            self._parts[model] = Part.of(self.matrix, self.known, model.evidence, model.teaches)
        return self._parts[model]


def _unless_ones(weight_r: FloatArray, dtype: npt.DTypeLike) -> FloatArray | None:
    return None if np.all(weight_r == 1.0) else weight_r.astype(dtype)


def _of(weight_r: FloatArray | None, run: slice) -> FloatArray | None:
    return None if weight_r is None else weight_r[run]


def _runs(n_rows: int, at_once: int) -> Iterator[slice]:
    """The rows of a block, a run at a time."""
    for start in range(0, n_rows, at_once):
        yield slice(start, min(start + at_once, n_rows))


def _shares(tally_kr: FloatArray) -> None:
    """Turn counts of votes into shares in place, equal ones without votes."""
    total_r = tally_kr.sum(axis=0)
    tally_kr[:, total_r == 0] = 1.0
    tally_kr /= np.where(total_r == 0, len(tally_kr), total_r)


def _turn(values_kr: FloatArray, weight_r: FloatArray | None, out_kr: FloatArray) -> None:
    """Write values times weights to memory that lies the other way: class by class is quickest."""
    for values_r, out_r in zip(values_kr, out_kr, strict=True):
        if weight_r is None:
            out_r[:] = values_r
        else:
            np.multiply(values_r, weight_r, out=out_r)
