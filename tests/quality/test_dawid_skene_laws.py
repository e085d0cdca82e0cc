"""What must hold of every fit, whatever the votes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.quality.truth import dawid_skene
from tasks.quality.truth.prior import Prior
from tasks.quality.votes import VoteTable
from tests.quality.crowds import gold_for, priors, vote_tables


@settings(deadline=None)
@given(vote_tables(), priors(), st.data())
def test_the_bound_never_falls(votes: VoteTable, prior: Prior, data: st.DataObject) -> None:
    gold = data.draw(gold_for(votes))
    history = dawid_skene.fit(votes, gold=gold, prior=prior, tol=0.0, max_iter=25).bound_history
    assert all(after >= before - 1e-9 * (1 + abs(before)) for before, after in pairwise(history))


@settings(deadline=None)
@given(vote_tables(), priors(), st.data())
def test_gold_stays_clamped_and_posteriors_sum_to_one(
    votes: VoteTable, prior: Prior, data: st.DataObject
) -> None:
    gold = data.draw(gold_for(votes))
    estimate = dawid_skene.fit(votes, gold=gold, prior=prior, max_iter=10)
    known = gold >= 0
    assert np.array_equal(estimate.label_t[known], gold[known])
    assert np.all(estimate.confidence_t[known] == 1.0)
    assert estimate.post_tk.sum(axis=1) == pytest.approx(1.0)
    assert np.all(np.isfinite(estimate.counts_wkl))


@settings(deadline=None)
@given(vote_tables(), st.data())
def test_the_order_of_votes_and_the_names_of_workers_change_nothing(
    votes: VoteTable, data: st.DataObject
) -> None:
    order = np.array(data.draw(st.permutations(range(votes.n_votes))), dtype=np.int64)
    names = np.array(data.draw(st.permutations(range(votes.n_workers))), dtype=np.int64)
    renamed = VoteTable(
        votes.task[order],
        names[votes.worker[order]],
        votes.label[order],
        votes.n_tasks,
        votes.n_workers,
        votes.n_labels,
    )
    before, after = (dawid_skene.fit(table, max_iter=10, tol=0.0) for table in (votes, renamed))
    assert after.post_tk == pytest.approx(before.post_tk, abs=1e-6)
    assert after.counts_wkl[names] == pytest.approx(before.counts_wkl, abs=1e-6)


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(2, 6), st.integers(2, 5), st.data())
def test_unanimous_votes_win(n_tasks: int, n_workers: int, n_labels: int, data: st.DataObject) -> None:
    says = st.integers(0, n_labels - 1)
    truth = np.array(data.draw(st.lists(says, min_size=n_tasks, max_size=n_tasks)))
    task = np.repeat(np.arange(n_tasks), n_workers)
    worker = np.tile(np.arange(n_workers), n_tasks)
    votes = VoteTable(task, worker, truth[task], n_tasks, n_workers, n_labels)
    assert np.array_equal(dawid_skene.fit(votes).label_t, truth)


@settings(deadline=None)
@given(vote_tables(least=1))
def test_it_leaves_its_input_alone(votes: VoteTable) -> None:
    gold = np.full(votes.n_tasks, -1)
    start = np.zeros((votes.n_workers, votes.n_labels, votes.n_labels))
    dawid_skene.fit(votes, gold=gold, start=start, max_iter=3)
    assert not start.any()
    assert np.all(gold == -1)
