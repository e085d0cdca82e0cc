"""Numeric answers in, numbers with their errors out: what every numeric estimator takes and gives."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from tasks.quality.votes import FloatArray, IntArray, codes


@dataclass(frozen=True, eq=False)
class NumericVotes:
    """A list of answers: `worker[i]` gave `task[i]` the number `value[i]`.

    Arrays of equal length; codes as in `votes.VoteTable`; values finite. Where errors grow with the number
    (counts, prices), hand in logarithms. ValueError when something does not fit.
    """

    task: IntArray
    worker: IntArray
    value: FloatArray
    n_tasks: int
    n_workers: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "task", codes("task", self.task, self.n_tasks))
        object.__setattr__(self, "worker", codes("worker", self.worker, self.n_workers))
        value = np.array(self.value, dtype=np.float64)
        value.flags.writeable = False
        object.__setattr__(self, "value", value)
        if not len(self.task) == len(self.worker) == len(value) or value.ndim != 1:
            raise ValueError(
                f"task, worker and value differ in length: "
                f"{len(self.task)}, {len(self.worker)}, {value.shape}"
            )
        if not np.all(np.isfinite(value)):
            raise ValueError("values must be finite")

    def only(self, chosen_v: npt.NDArray[np.bool_]) -> NumericVotes:
        """The chosen answers; tasks and workers keep their codes."""
        return NumericVotes(
            self.task[chosen_v],
            self.worker[chosen_v],
            self.value[chosen_v],
            self.n_tasks,
            self.n_workers,
        )

    def of_logarithms(self) -> NumericVotes:
        """The logarithms of the answers; ValueError unless all are > 0."""
        if (self.value <= 0).any():
            raise ValueError("only numbers > 0 have logarithms")
        return NumericVotes(self.task, self.worker, np.log(self.value), self.n_tasks, self.n_workers)


@dataclass(frozen=True, eq=False)
class Numbers:
    """Each task's number as one method sees it. Arrays are read-only, of shape (task,)."""

    #: NaN without answers and gold
    value_t: FloatArray
    #: standard error: 0 for gold, infinite without answers; of the logarithm where `logarithmic`
    error_t: FloatArray
    #: degrees of freedom of the error: few where few answers tell how far answers lie apart
    freedom_t: FloatArray
    method: str
    #: whether errors are shares of the number: it was estimated in logarithms
    logarithmic: bool = False

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(Numbers) if field.name.endswith("_t")):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Where the task's number lies with probability `level`, shape (task,) each.

        ValueError unless 0 < level < 1.
        """
        if not 0 < level < 1:
            raise ValueError(f"level must lie in (0, 1), not {level}")
        half_t = stdtrit(self.freedom_t, (1 + level) / 2) * self.error_t
        if self.logarithmic:
            return self.value_t * np.exp(-half_t), self.value_t * np.exp(half_t)
        return self.value_t - half_t, self.value_t + half_t


def known_numbers(gold: npt.ArrayLike | None, n_tasks: int) -> FloatArray:
    """The known number per task, shape (n_tasks,), NaN where unknown; ValueError when it does not fit."""
    gold_t = np.full(n_tasks, np.nan) if gold is None else np.array(gold, dtype=np.float64)
    if gold_t.shape != (n_tasks,) or np.isinf(gold_t).any():
        raise ValueError(f"gold must be {n_tasks} finite numbers or NaN, not {gold_t.shape}")
    return gold_t


def frozen(array: npt.ArrayLike) -> FloatArray:
    """A read-only copy."""
    copy = np.array(array, dtype=np.float64)
    copy.flags.writeable = False
    return copy
