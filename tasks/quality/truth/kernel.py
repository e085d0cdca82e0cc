"""The inner loop of truth inference: a few passes through memory per iteration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.truth.blocks import Block, blocks
from tasks.quality.votes import FloatArray, VoteTable

#: memory for the tasks worked on at once, in bytes: with what is added to them they fit the inner cache
RUN = 1 << 20


@dataclass(frozen=True, eq=False)
class VoteMatrix:
    """Votes laid out for the two sums of expectation-maximisation, 4 to 6 bytes an answer and a few a task.

    Both steps are products with a matrix of ones, tasks x (worker, answered label), where a worker's second
    equal answer counts again. The order of the votes it is made of changes nothing, not even the rounding.
    Numbers are of `dtype`, float32 or float64; counts are added up in it within a block of tasks and in
    float64 across blocks.
    """

    n_tasks: int
    n_workers: int
    n_labels: int
    n_votes: int
    dtype: npt.DTypeLike
    blocks: tuple[Block, ...]

    @classmethod
    def of(
        cls, votes: VoteTable, dtype: npt.DTypeLike = np.float64, weight_v: FloatArray | None = None
    ) -> VoteMatrix:
        """Lay out `votes`, each of which counts `weight_v` times in both sums, once without it.

        Weights cost another 4 or 8 bytes an answer and some speed. ValueError unless `dtype` is float32 or
        float64 and there is one weight per vote.
        """
        dtype = np.dtype(dtype)
        if dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
            raise ValueError(f"dtype must be float32 or float64, not {dtype}")
        if weight_v is not None and weight_v.shape != votes.task.shape:
            raise ValueError(f"weight_v must have shape {votes.task.shape}, not {weight_v.shape}")
        made = tuple(blocks(votes, dtype, weight_v))
        return cls(votes.n_tasks, votes.n_workers, votes.n_labels, votes.n_votes, dtype, made)

    @property
    def n_rows(self) -> int:
        """Tasks in the largest block."""
        return max((block.n_rows for block in self.blocks), default=0)

    @property
    def run(self) -> int:
        """How many rows to work on at once, see `RUN`."""
        return max(1, RUN // (self.n_labels * np.dtype(self.dtype).itemsize))

    def table(self, per_worker_wkl: FloatArray) -> FloatArray:
        """Numbers per (worker, true, answered) as rows per cell, shape (cell, true)."""
        by_cell = np.asarray(per_worker_wkl).transpose(0, 2, 1)
        return np.ascontiguousarray(by_cell.reshape(-1, self.n_labels), dtype=self.dtype)

    def per_worker(self, table_ck: FloatArray) -> FloatArray:
        """The inverse of `table`."""
        by_label = table_ck.reshape(self.n_workers, self.n_labels, self.n_labels)
        return np.ascontiguousarray(by_label.transpose(0, 2, 1))

    def each(self, per_worker_wkl: FloatArray) -> Iterator[tuple[Block, FloatArray]]:
        """Block by block the sums of its votes' weights, shape (row, true); valid until the next block."""
        table_ck = self.table(per_worker_wkl)
        sums_rk = np.empty((self.n_rows, self.n_labels), dtype=self.dtype)
        spare_rk = np.empty((min(self.run, self.n_rows), self.n_labels), dtype=self.dtype)
        for block in self.blocks:
            yield block, block.sums(table_ck, sums_rk, spare_rk)

    def sum_log_weights(self, log_weights_wkl: FloatArray) -> FloatArray:
        """Sum of the votes' weights, shape (task, true)."""
        sum_tk = np.empty((self.n_tasks, self.n_labels), dtype=self.dtype)
        for block, sum_rk in self.each(log_weights_wkl):
            sum_tk[block.task_r] = sum_rk
        return sum_tk

    def expected_counts(self, post_tk: FloatArray) -> FloatArray:
        """Expected answers, shape (worker, true, answered), when tasks have the posteriors `post_tk`."""
        counts_ck = np.zeros((self.n_workers * self.n_labels, self.n_labels))
        for block in self.blocks:
            counts_ck += block.by_cell @ np.asarray(post_tk[block.task_r], dtype=self.dtype)
        return self.per_worker(counts_ck)


def normalise_columns(log_kt: FloatArray) -> FloatArray:
    """Turn log weights, shape (true, task), into shares that sum to 1 per task, in place.

    Returns the log of each task's sum, shape (task,). Class by class, because a pass along many tasks is
    what processors are fast at. No weight may be +inf or NaN, nor all weights of a task -inf.
    """
    top_t = log_kt.max(axis=0)
    log_kt -= top_t
    np.exp(log_kt, out=log_kt)
    total_t = log_kt.sum(axis=0)
    top_t += np.log(total_t)
    log_kt *= np.reciprocal(total_t, out=total_t)
    return np.asarray(top_t)
