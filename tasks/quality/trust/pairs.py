"""Which two workers say the same where others say something else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from tasks.quality.votes import FloatArray, IntArray, VoteTable


@dataclass(frozen=True, eq=False)
class Pairs:
    """One entry per pair of workers with a task in common."""

    #: codes of the workers, first < second
    first_p: IntArray
    second_p: IntArray
    #: tasks both answered, and how many of them alike
    shared_p: IntArray
    same_p: IntArray
    #: the tasks answered alike and differently, each counted with its contest, see `contest`
    same_contest_p: FloatArray
    differ_contest_p: FloatArray

    @property
    def n_pairs(self) -> int:
        """How many pairs there are."""
        return len(self.first_p)


def compare(votes: VoteTable, *, weight_v: FloatArray, gold_t: IntArray) -> Pairs:
    """Compare every two workers who share a task.

    Agreement by itself says nothing: who is often right agrees often. So every shared task counts as much as
    the others contest what the two said there. Honest workers who contradict the rest do so for reasons of
    their own and seldom all agree with each other; who copies does.

    `weight_v` >= 0 says what each vote counts as a voice of the others (0 hides it; it is compared all the
    same); `gold_t` the known truth per task, -1 where unknown. A worker answers a task at most once. Costs as
    many steps as there are pairs of votes on the same task; memory for the pairs of workers that occur.
    """
    n_cells = votes.n_tasks * votes.n_labels
    cell_v = votes.task * votes.n_labels + votes.label

    def matrix(data_v: FloatArray, column_v: IntArray, n_columns: int) -> sp.csr_array:
        return sp.csr_array((data_v, (votes.worker, column_v)), shape=(votes.n_workers, n_columns))

    one_v = np.ones(votes.n_votes)
    alike_v = np.sqrt(contest(votes, weight_v, gold_t, partner_agrees=True))
    apart_v = contest(votes, weight_v, gold_t, partner_agrees=False)
    tasks, cells = matrix(one_v, votes.task, votes.n_tasks), matrix(one_v, cell_v, n_cells)
    alike, apart = matrix(alike_v, cell_v, n_cells), matrix(np.sqrt(apart_v), cell_v, n_cells)
    all_apart = matrix(apart_v, votes.task, votes.n_tasks) @ tasks.T
    shared = sp.triu(tasks @ tasks.T, k=1, format="coo")
    first_p, second_p = shared.coords
    at = (first_p, second_p)

    def entries(product: sp.csr_array) -> FloatArray:
        return np.asarray(product[at], dtype=np.float64).ravel() if len(first_p) else np.empty(0)

    differ_p = (entries(all_apart) + entries(sp.csr_array(all_apart.T))) / 2 - entries(apart @ apart.T)
    return Pairs(
        first_p.astype(np.int64),
        second_p.astype(np.int64),
        shared.data.astype(np.int64),
        entries(cells @ cells.T).astype(np.int64),
        entries(alike @ alike.T),
        np.maximum(differ_p, 0.0),
    )


def contest(votes: VoteTable, weight_v: FloatArray, gold_t: IntArray, *, partner_agrees: bool) -> FloatArray:
    """How strange a vote looks, per vote, in 0..1: the share of others who gave another label.

    The others are all votes at the task but this one and one more, the partner's, of the same weight, which
    gave the same label if `partner_agrees` and another one if not. One more voice is added on the vote's
    side, so that a single contradiction does not yet make a vote strange. Where the truth is known the
    contest is 1 for a wrong label and 0 for the right one.
    """
    cell_v = votes.task * votes.n_labels + votes.label
    n_cells = votes.n_tasks * votes.n_labels
    label_v = np.bincount(cell_v, weights=weight_v, minlength=n_cells)[cell_v]
    total_v = np.bincount(votes.task, weights=weight_v, minlength=votes.n_tasks)[votes.task]
    partner_v = np.zeros(votes.n_votes) if partner_agrees else weight_v
    against_v = np.maximum(total_v - label_v - partner_v, 0.0)
    others_v = np.maximum(total_v - 2 * weight_v, against_v)
    known_v = gold_t[votes.task]
    wrong_v = (known_v != votes.label).astype(np.float64)
    return np.asarray(np.where(known_v >= 0, wrong_v, against_v / (others_v + 1.0)))
