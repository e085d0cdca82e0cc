"""Votes laid out block by block for quick sums: by task, and by who gave which answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from tasks.quality.votes import SLICE, FloatArray, IntArray, VoteTable

#: answers in a block: its posteriors stay in the processor's cache between the two sums
BLOCK = 1 << 17
#: from how many tasks with equally many answers on it pays to add up their answers column by column
GROUP = 512


@dataclass(frozen=True, eq=False)
class Block:
    """The votes on some tasks, sorted so that tasks with equally many answers stand together.

    A cell is (worker, answered label), as ``worker * n_labels + label``. A row of the block is a task.
    """

    #: the task of each row, shape (row,)
    task_r: IntArray
    #: runs of rows with equally many answers: their cells, shape (row, answer); they come first
    groups: tuple[IntArray, ...]
    #: ones, shape (row, cell), of the rows that are in no group
    rest: sp.csr_array
    #: ones, shape (cell, row), of all rows; shares the memory of `groups`
    by_cell: sp.csc_array

    @property
    def n_rows(self) -> int:
        """How many tasks there are."""
        return len(self.task_r)

    def sums(self, table_ck: FloatArray, out_rk: FloatArray, spare_rk: FloatArray) -> FloatArray:
        """Per row the sum of its answers' rows of `table_ck`, written to `out_rk`, a spare at a time."""
        row = 0
        for cells in self.groups:
            for start in range(0, len(cells), len(spare_rk)):
                columns = cells[start : start + len(spare_rk)].T
                sum_rk = out_rk[row : row + columns.shape[1]]
                term_rk = spare_rk[: len(sum_rk)]
                # Codes are known to be in range: "clip" is the mode that does not look.
                np.take(table_ck, columns[0], axis=0, out=sum_rk, mode="clip")
                for column in columns[1:]:
                    np.take(table_ck, column, axis=0, out=term_rk, mode="clip")
                    sum_rk += term_rk
                row += len(sum_rk)
        if row < self.n_rows:
            out_rk[row : self.n_rows] = self.rest @ table_ck
        return out_rk[: self.n_rows]


def blocks(votes: VoteTable, dtype: npt.DTypeLike, weight_v: FloatArray | None) -> Iterator[Block]:
    """Cut the tasks into runs of about `BLOCK` answers, or more where the table of cells is large."""
    n_cells = votes.n_workers * votes.n_labels
    size = max(BLOCK, 8 * n_cells)
    data = np.ones(0, dtype=dtype)
    for start, stop in pairwise(cuts(votes, max(1, round(votes.n_votes / size))).tolist()):
        mine = votes_within(votes, start, stop)
        task, cell = votes.task[mine].astype(np.int32), votes.worker[mine].astype(np.int32)
        task -= start
        cell *= votes.n_labels
        cell += votes.label[mine]
        if weight_v is not None:
            data = weight_v[mine].astype(dtype)
        elif len(mine) > len(data):
            # Blocks share their ones; they differ in size by one task.
            data = np.ones(len(mine) + size // 16, dtype=dtype)
        del mine
        layout = _Layout(task, stop - start, weight_v is not None)
        layout.sort(task, cell, n_cells, data if weight_v is not None else None)
        yield layout.block(start, cell, n_cells, data[: len(cell)])


class _Layout:
    """The order of a block's rows: groups of tasks with equally many answers first."""

    def __init__(self, task: IntArray, n_tasks: int, all_alone: bool) -> None:
        n_t = np.bincount(task, minlength=n_tasks)
        how_many = np.bincount(n_t)
        lone_n = all_alone | (how_many < GROUP)
        lone_n[0] = True
        self.task_r = np.argsort(np.where(lone_n[n_t], len(how_many), n_t), kind="stable").astype(np.int32)
        self.start_r = np.zeros(n_tasks + 1, dtype=np.int32)
        np.cumsum(n_t[self.task_r], out=self.start_r[1:])
        #: answers and tasks of each group
        self.groups = [(n, int(how_many[n])) for n in np.flatnonzero(~lone_n).tolist()]

    def sort(self, task: IntArray, cell: IntArray, n_cells: int, weight: FloatArray | None) -> None:
        """Sort votes by row and then by cell, in place: these are the largest arrays of all."""
        row_t = np.empty_like(self.task_r)
        row_t[self.task_r] = np.arange(len(row_t), dtype=np.int32)
        row = task
        row[:] = row_t[task]
        for code, n_codes in ((cell, n_cells), (row, len(row_t))):
            order = _counting_sort(code, n_codes)
            cell[:], row[:] = cell[order], row[order]
            if weight is not None:
                weight[:] = weight[order]

    def block(self, first: int, cell: IntArray, n_cells: int, data: FloatArray) -> Block:
        """The block of sorted votes on the tasks from `first` on."""
        groups, row = [], 0
        for n, n_rows in self.groups:
            groups.append(cell[self.start_r[row] : self.start_r[row + n_rows]].reshape(-1, n))
            row += n_rows
        alone, n_tasks = self.start_r[row], len(self.task_r)
        rest = sp.csr_array(
            (data[alone:], cell[alone:], self.start_r[row:] - alone), shape=(n_tasks - row, n_cells)
        )
        by_cell = sp.csc_array((data, cell, self.start_r), shape=(n_cells, n_tasks))
        return Block(self.task_r + np.int32(first), tuple(groups), rest, by_cell)


def cuts(votes: VoteTable, n_parts: int) -> IntArray:
    """Where to cut the tasks into at most `n_parts` runs of about equally many votes, from 0 to n_tasks."""
    until_t = np.cumsum(votes.per_task())
    targets = votes.n_votes * np.arange(1, n_parts) // n_parts
    return np.unique([0, *np.searchsorted(until_t, targets), votes.n_tasks])


def votes_within(votes: VoteTable, start: int, stop: int) -> IntArray:
    """Which votes are on the tasks from `start` up to, not including, `stop`."""
    found = []
    for first in range(0, votes.n_votes, SLICE):
        task = votes.task[first : first + SLICE]
        found.append(np.flatnonzero((task >= start) & (task < stop)) + first)
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _counting_sort(codes: IntArray, n_codes: int) -> IntArray:
    """Where each code stands, the lowest code first, equal ones in their order; linear in time."""
    # A matrix with one entry per row, turned by columns, lists the rows of each column in order.
    n = len(codes)
    one_each = sp.csr_array(
        (np.ones(n, dtype=np.int8), codes, np.arange(n + 1, dtype=np.int32)), shape=(n, n_codes)
    )
    return one_each.tocsc().indices
