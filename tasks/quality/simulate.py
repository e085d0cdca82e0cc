"""Crowds with a known truth and known skills, for tests, the demo and benchmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.quality.votes import FloatArray, IntArray, VoteTable


@dataclass(frozen=True, eq=False)
class Crowd:
    """Simulated answers with what really lies behind them."""

    #: in a random order of arrival; a worker answers a task at most once
    votes: VoteTable
    truth_t: IntArray
    #: how each worker really answers, shape (worker, true, answered), rows sum to 1
    confusion_wkl: FloatArray

    @property
    def accuracy_w(self) -> FloatArray:
        """Each worker's share of right answers when all classes are equally common, in 0..1."""
        return np.asarray(np.trace(self.confusion_wkl, axis1=1, axis2=2) / self.votes.n_labels)


@dataclass(frozen=True)
class Makeup:
    """What a crowd is made of. Shares lie in 0..1; who is neither biased nor a spammer is honest."""

    #: mean accuracy of honest workers, above chance, and how many answers it is as sure as (higher: more
    #: alike)
    accuracy: float = 0.8
    sameness: float = 10.0
    #: share of workers who answer one favourite class in half of the cases where it is wrong
    biased: float = 0.0
    #: share of workers who answer at random whatever they see
    spammers: float = 0.0
    #: share of tasks where nobody does better than half way between chance and their own accuracy
    hard: float = 0.0


def crowd(
    rng: np.random.Generator,
    n_tasks: int,
    n_workers: int,
    n_labels: int,
    *,
    answers_per_task: int = 5,
    makeup: Makeup = Makeup(),
    class_shares: FloatArray | None = None,
) -> Crowd:
    """Draw truth, workers and answers.

    `answers_per_task` different workers, drawn evenly, answer each task. `class_shares` (n_labels,) sum to 1,
    equal by default. ValueError when there are fewer workers than answers per task or fewer than two classes.
    """
    if answers_per_task > n_workers or n_labels < 2:
        raise ValueError("a crowd needs two classes and as many workers as answers per task")
    shares_k = np.full(n_labels, 1.0 / n_labels) if class_shares is None else class_shares
    truth_t = rng.choice(n_labels, size=n_tasks, p=shares_k).astype(np.int64)
    confusion_wkl = confusions(rng, n_workers, n_labels, makeup)
    worker_tn = rng.random((n_tasks, n_workers)).argsort(axis=1)[:, :answers_per_task]
    task = np.repeat(np.arange(n_tasks), answers_per_task)
    worker = worker_tn.ravel()
    order = rng.permutation(len(task))
    task, worker = task[order], worker[order]
    chances_vl = confusion_wkl[worker, truth_t[task]]
    hard_t = rng.random(n_tasks) < makeup.hard
    chances_vl[hard_t[task]] = chances_vl[hard_t[task]] / 2 + 0.5 / n_labels
    label = (rng.random((len(task), 1)) > chances_vl.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return Crowd(VoteTable(task, worker, label, n_tasks, n_workers, n_labels), truth_t, confusion_wkl)


def confusions(rng: np.random.Generator, n_workers: int, n_labels: int, makeup: Makeup) -> FloatArray:
    """How each of `n_workers` answers, shape (worker, true, answered), rows sum to 1."""
    chance = 1.0 / n_labels
    # Accuracy between chance and 1, so that nobody honest is worse than a coin.
    level = (makeup.accuracy - chance) / (1 - chance)
    right_w = rng.beta(level * makeup.sameness, (1 - level) * makeup.sameness, n_workers)
    right_w = chance + (1 - chance) * right_w
    eye_kl = np.eye(n_labels)
    wrong_kl = (1 - eye_kl) / (n_labels - 1)
    confusion_wkl = right_w[:, None, None] * eye_kl + (1 - right_w[:, None, None]) * wrong_kl
    lot_w = rng.random(n_workers)
    biased_w = lot_w < makeup.biased
    favourite_wl = eye_kl[rng.integers(n_labels, size=n_workers)]
    confusion_wkl[biased_w] = (confusion_wkl[biased_w] + favourite_wl[biased_w, None]) / 2
    spam_w = (lot_w >= makeup.biased) & (lot_w < makeup.biased + makeup.spammers)
    confusion_wkl[spam_w] = chance
    return np.asarray(confusion_wkl)
