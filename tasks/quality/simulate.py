"""Crowds with a known truth and known skills, for tests, the demo and benchmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.characters import Character, lured, seat_ring, skill, workers, wrong_shares
from tasks.quality.characters import Makeup as Makeup
from tasks.quality.votes import FloatArray, IntArray, VoteTable

#: good workers only, four in five answers right
GOOD_CROWD = Makeup()


@dataclass(frozen=True, eq=False)
class Crowd:
    """Simulated answers with what really lies behind them."""

    #: in a random order of arrival; a worker answers a task at most once
    votes: VoteTable
    truth_t: IntArray
    #: how each rested, practised worker answers easy tasks, shape (worker, true, answered), rows sum to 1;
    #: of the ring: how it agrees on an answer
    confusion_wkl: FloatArray
    #: codes of `characters.Character`
    character_w: IntArray
    #: tasks where all do worse
    hard_t: npt.NDArray[np.bool_]

    @property
    def accuracy_w(self) -> FloatArray:
        """Each worker's share of right answers when all classes are equally common, in 0..1."""
        return np.asarray(np.trace(self.confusion_wkl, axis1=1, axis2=2) / self.votes.n_labels)


def crowd(
    rng: np.random.Generator,
    n_tasks: int,
    n_workers: int,
    n_labels: int,
    *,
    answers_per_task: int = 5,
    makeup: Makeup = GOOD_CROWD,
    class_shares: FloatArray | None = None,
) -> Crowd:
    """Draw truth, workers and answers.

    `answers_per_task` different workers, drawn evenly, answer each task. `class_shares` (n_labels,) sum to 1,
    equal by default; see `skewed`. ValueError when there are fewer workers than answers per task, fewer than
    two classes, or a ring too small for its volume.
    """
    if answers_per_task > n_workers or n_labels < 2:
        raise ValueError("a crowd needs two classes and as many workers as answers per task")
    shares_k = np.full(n_labels, 1.0 / n_labels) if class_shares is None else class_shares
    truth_t = rng.choice(n_labels, size=n_tasks, p=shares_k).astype(np.int64)
    confusion_wkl, character_w = workers(rng, n_workers, makeup, shares_k)
    lot_tw = rng.random((n_tasks, n_workers))
    if makeup.ring_volume is not None:
        in_ring_w = np.asarray(character_w == Character.COLLUDING, dtype=np.float64)
        lot_tw = seat_ring(rng, lot_tw, in_ring_w, answers_per_task, makeup.ring_volume)
    worker = lot_tw.argsort(axis=1)[:, :answers_per_task].ravel()
    task = np.repeat(np.arange(n_tasks), answers_per_task)
    order = rng.permutation(len(task))
    task, worker = task[order], worker[order]
    hard_t = rng.random(n_tasks) < makeup.hard
    chances_vl = confusion_wkl[worker, truth_t[task]]
    chances_vl[hard_t[task]] = chances_vl[hard_t[task]] / 2 + 0.5 / n_labels
    lot_v = rng.random((len(task), 1))
    if makeup.lure:
        here, lure_t = hard_t[task], _lures(rng, truth_t, n_labels, makeup)
        chances_vl[here] = lured(chances_vl[here], truth_t[task][here], lure_t[task][here], makeup.lure)
    if makeup.learning or makeup.tiring:
        skill_v1 = skill(makeup, worker)[:, None]
        chances_vl = skill_v1 * chances_vl + (1.0 - skill_v1) / n_labels
    label = (lot_v > chances_vl.cumsum(axis=1)[:, :-1]).sum(axis=1)
    if makeup.ring:
        label = _agreed(rng, label, task, character_w[worker] == Character.COLLUDING, n_labels)
    votes = VoteTable(task, worker, label, n_tasks, n_workers, n_labels)
    return Crowd(votes, truth_t, confusion_wkl, character_w, hard_t)


def confusions(rng: np.random.Generator, n_workers: int, n_labels: int, makeup: Makeup) -> FloatArray:
    """How each of `n_workers` answers, shape (worker, true, answered), rows sum to 1."""
    return workers(rng, n_workers, makeup, np.full(n_labels, 1.0 / n_labels))[0]


def skewed(n_labels: int, ratio: float) -> FloatArray:
    """Class shares that fall from class to class, (n_labels,): the first is `ratio` times the last.

    ValueError unless n_labels >= 1 and ratio > 0.
    """
    if n_labels < 1 or ratio <= 0:
        raise ValueError(f"n_labels must be >= 1 and ratio > 0, not {n_labels}, {ratio}")
    shares_k = np.geomspace(ratio, 1.0, n_labels)
    return np.asarray(shares_k / shares_k.sum())


def _lures(rng: np.random.Generator, truth_t: IntArray, n_labels: int, makeup: Makeup) -> IntArray:
    """The wrong class each task lures people into; a near one where classes are in order."""
    below_tl = wrong_shares(n_labels, ordinal=makeup.ordinal)[truth_t].cumsum(axis=1)
    lure_t = (rng.random((len(truth_t), 1)) > below_tl[:, :-1]).sum(axis=1)
    return np.asarray(lure_t, dtype=np.int64)


def _agreed(
    rng: np.random.Generator,
    label_v: IntArray,
    task_v: IntArray,
    in_ring_v: npt.NDArray[np.bool_],
    n_labels: int,
) -> IntArray:
    """The labels, with the ring's replaced by the one answer it agreed on for the task, drawn at random."""
    answer_t = rng.integers(n_labels, size=int(task_v.max(initial=-1)) + 1)
    return np.where(in_ring_v, answer_t[task_v], label_v)
