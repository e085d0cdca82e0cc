"""Plain and weighted majority vote; ties go to the lowest class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tasks.quality.votes import FloatArray, IntArray, VoteTable


def tally(votes: VoteTable, weights: npt.ArrayLike | None = None) -> FloatArray:
    """Sum of weights per task and label, shape (n_tasks, n_labels).

    `weights` has one number >= 0 per vote (1 for each by default); ValueError when the length differs.
    """
    if weights is not None:
        weights = np.asarray(weights, dtype=np.float64)
        if weights.shape != votes.task.shape:
            raise ValueError(f"weights must have shape {votes.task.shape}, not {weights.shape}")
    cell = votes.task * votes.n_labels + votes.label
    flat = np.bincount(cell, weights=weights, minlength=votes.n_tasks * votes.n_labels)
    return np.asarray(flat.reshape(votes.n_tasks, votes.n_labels), dtype=np.float64)


def shares(votes: VoteTable, weights: npt.ArrayLike | None = None) -> FloatArray:
    """Share of the (weighted) votes per task and label, shape (n_tasks, n_labels); uniform without votes."""
    tally_tl = tally(votes, weights)
    total_t = tally_tl.sum(axis=1, keepdims=True)
    uniform = np.full_like(tally_tl, 1.0 / votes.n_labels)
    return np.asarray(np.divide(tally_tl, total_t, out=uniform, where=total_t > 0))


def winners(votes: VoteTable, weights: npt.ArrayLike | None = None) -> IntArray:
    """The label with most (weighted) votes per task, the lowest on a tie; -1 for a task without votes."""
    tally_tl = tally(votes, weights)
    best = np.argmax(tally_tl, axis=1).astype(np.int64)
    return np.where(tally_tl.sum(axis=1) > 0, best, -1)


def expected_accuracy(votes: VoteTable, truth: npt.ArrayLike) -> float:
    """Accuracy of the plain vote in 0..1 over tasks with a truth >= 0 and a vote, ties broken by a fair coin.

    This is the yardstick of the recorded crowds: breaking ties by class order would flatter or blame the vote
    by the class balance of the data. NaN when no task counts.
    """
    tally_tl = tally(votes)
    truth_t = np.asarray(truth, dtype=np.int64)
    scored = (truth_t >= 0) & (tally_tl.sum(axis=1) > 0)
    if not scored.any():
        return float("nan")
    top = tally_tl[scored] == tally_tl[scored].max(axis=1, keepdims=True)
    hit = np.take_along_axis(top, truth_t[scored, None], axis=1)[:, 0]
    return float((hit / top.sum(axis=1)).mean())
