"""The one input of every estimator: who gave which task which label, as integer codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

#: codes and counts, of whatever width
IntArray = npt.NDArray[np.signedinteger[Any]]
FloatArray = npt.NDArray[np.float64]

#: votes counted at once
SLICE = 1 << 21


@dataclass(frozen=True, eq=False)
class VoteTable:
    """A list of votes: `worker[i]` gave `task[i]` the class `label[i]`.

    Ids never enter the numbers: the caller keeps the maps from its ids to the codes 0..n-1.
    The order of votes carries no meaning, and a worker may vote twice on a task.

    Parameters
    ----------
    task, worker, label : int arrays of equal length, codes in 0..n_tasks-1, 0..n_workers-1, 0..n_labels-1
    n_tasks, n_workers : >= 0; larger than any code, so tasks and workers without votes keep their place
    n_labels : >= 1

    Columns of 8, 16 or 32 bits stay as narrow where no index made of them can overflow, see `codes`, and are
    not even copied when they own their memory and are read-only, as those of `encoding.encode`: ten million
    votes then take 90 MB instead of 240. All others become int64.

    Raises
    ------
    ValueError
        When lengths differ, an array is not of integers, or a code is out of range.
    """

    task: IntArray
    worker: IntArray
    label: IntArray
    n_tasks: int
    n_workers: int
    n_labels: int

    def __post_init__(self) -> None:
        if self.n_tasks < 0 or self.n_workers < 0 or self.n_labels < 1:
            raise ValueError(
                f"n_tasks, n_workers must be >= 0 and n_labels >= 1: "
                f"{self.n_tasks}, {self.n_workers}, {self.n_labels}"
            )
        object.__setattr__(self, "task", codes("task", self.task, self.n_tasks, self.n_labels))
        object.__setattr__(self, "worker", codes("worker", self.worker, self.n_workers, self.n_labels))
        object.__setattr__(self, "label", codes("label", self.label, self.n_labels, self.n_labels))
        if not len(self.task) == len(self.worker) == len(self.label):
            raise ValueError(
                f"task, worker and label differ in length: "
                f"{len(self.task)}, {len(self.worker)}, {len(self.label)}"
            )

    @property
    def n_votes(self) -> int:
        """How many votes there are."""
        return len(self.task)

    def only(self, chosen_v: npt.NDArray[np.bool_]) -> VoteTable:
        """The chosen votes; tasks, workers and labels keep their codes."""
        return VoteTable(
            self.task[chosen_v],
            self.worker[chosen_v],
            self.label[chosen_v],
            self.n_tasks,
            self.n_workers,
            self.n_labels,
        )

    def per_task(self) -> IntArray:
        """How many votes each task has, shape (task,)."""
        return _times(self.task, self.n_tasks)

    def per_worker(self) -> IntArray:
        """How many votes each worker gave, shape (worker,)."""
        return _times(self.worker, self.n_workers)


def _times(code_v: IntArray, n_codes: int) -> IntArray:
    """How often each code is there, shape (code,)."""
    n_c = np.zeros(n_codes, dtype=np.int64)
    # In slices: `bincount` widens what it is given, which would be most of the memory of a fit.
    for start in range(0, len(code_v), SLICE):
        n_c += np.bincount(code_v[start : start + SLICE], minlength=n_codes)
    return n_c


def codes(name: str, values: npt.ArrayLike, n: int, n_labels: int = 1) -> IntArray:
    """`values` as a read-only one-dimensional array of codes that nobody else can change.

    Integers of 8, 16 or 32 bits become no wider than it takes for ``code * n_labels**2`` to fit: the largest
    index anybody makes of a code is that of a cell (worker, class, label). Others become int64. ValueError
    unless all lie in 0..n-1.
    """
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"{name} must be a one-dimensional array of integers, not {array.dtype} {array.shape}"
        )
    dtype = narrowest(array.dtype, n * n_labels**2)
    ours = array.dtype == dtype and array.base is None and not array.flags.writeable
    if not ours:
        array = array.astype(dtype)
    if array.size and (array.min() < 0 or array.max() >= n):
        raise ValueError(f"{name} must lie in 0..{n - 1}: found {array.min()}..{array.max()}")
    array.flags.writeable = False
    return array


def narrowest(dtype: np.dtype[np.generic], largest: int) -> np.dtype[np.signedinteger]:
    """The narrowest signed type at least as wide as `dtype` that holds `largest`; int64 for unsigned ones."""
    for narrow in (np.int8, np.int16, np.int32):
        if (
            dtype.kind == "i"
            and dtype.itemsize <= np.dtype(narrow).itemsize
            and largest <= np.iinfo(narrow).max
        ):
            return np.dtype(narrow)
    return np.dtype(np.int64)


def known_labels(gold: npt.ArrayLike | None, n_tasks: int, n_labels: int) -> IntArray:
    """The known truth per task, shape (n_tasks,), -1 where unknown; ValueError when it does not fit."""
    if gold is None:
        return np.full(n_tasks, -1, dtype=np.int64)
    array = np.array(gold, dtype=np.int64)
    if array.shape != (n_tasks,):
        raise ValueError(f"gold must have shape ({n_tasks},), not {array.shape}")
    if array.size and (array.min() < -1 or array.max() >= n_labels):
        raise ValueError(f"gold must lie in -1..{n_labels - 1}: found {array.min()}..{array.max()}")
    return array
