"""The one input of every estimator: who gave which task which label, as integer codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


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
        object.__setattr__(self, "task", codes("task", self.task, self.n_tasks))
        object.__setattr__(self, "worker", codes("worker", self.worker, self.n_workers))
        object.__setattr__(self, "label", codes("label", self.label, self.n_labels))
        if not len(self.task) == len(self.worker) == len(self.label):
            raise ValueError(
                f"task, worker and label differ in length: "
                f"{len(self.task)}, {len(self.worker)}, {len(self.label)}"
            )

    @property
    def n_votes(self) -> int:
        """How many votes there are."""
        return len(self.task)


def codes(name: str, values: npt.ArrayLike, n: int) -> IntArray:
    """A read-only one-dimensional int64 copy of `values`; ValueError unless all lie in 0..n-1."""
    array = np.array(values)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"{name} must be a one-dimensional array of integers, not {array.dtype} {array.shape}"
        )
    array = array.astype(np.int64)
    if array.size and (array.min() < 0 or array.max() >= n):
        raise ValueError(f"{name} must lie in 0..{n - 1}: found {array.min()}..{array.max()}")
    array.flags.writeable = False
    return array


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
