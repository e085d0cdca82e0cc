"""Tasks in several places give the estimate of all of them together."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from functools import reduce
from multiprocessing import get_context
from operator import add

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.quality.truth import dawid_skene
from tasks.quality.truth.passes import Part
from tasks.quality.truth.prior import Prior
from tasks.quality.truth.shards import Round, begin, count, fit_sharded, split
from tasks.quality.votes import VoteTable
from tests.quality import anaesthetists
from tests.quality.crowds import gold_for, priors, vote_tables


@settings(deadline=None)
@given(vote_tables(), st.integers(1, 10), priors(), st.data())
def test_it_is_one_fit_to_rounding(
    votes: VoteTable, n_shards: int, prior: Prior, data: st.DataObject
) -> None:
    gold = data.draw(gold_for(votes))
    whole = dawid_skene.fit(votes, gold=gold, prior=prior, tol=0.0, max_iter=6)
    shards = split(votes, n_shards, gold=gold, prior=prior)
    parts = fit_sharded(shards, prior=prior, tol=-np.inf, max_iter=whole.n_iter)
    assert parts.post_tk == pytest.approx(whole.post_tk, abs=1e-6)
    assert parts.counts_wkl == pytest.approx(whole.counts_wkl, abs=1e-6)
    assert parts.prior_k == pytest.approx(whole.prior_k, abs=1e-6)
    assert parts.bound_history == pytest.approx(whole.bound_history)


@settings(deadline=None)
@given(vote_tables(), st.integers(1, 10))
def test_every_vote_is_in_exactly_one_shard(votes: VoteTable, n_shards: int) -> None:
    shards = split(votes, n_shards)
    assert len(shards) <= n_shards
    assert np.array_equal(np.concatenate([shard.task_t for shard in shards]), np.arange(votes.n_tasks))
    found = [
        vote
        for shard in shards
        for vote in zip(
            shard.task_t[shard.votes.task].tolist(),
            shard.votes.worker.tolist(),
            shard.votes.label.tolist(),
            strict=True,
        )
    ]
    votes_there = zip(votes.task.tolist(), votes.worker.tolist(), votes.label.tolist(), strict=True)
    assert sorted(found) == sorted(votes_there)


@settings(deadline=None)
@given(vote_tables(), st.integers(1, 10))
def test_statistics_of_shards_add_up(votes: VoteTable, n_shards: int) -> None:
    shards, whole = split(votes, n_shards), Part.of(votes)
    first = whole.begin()
    told = Round(Prior().log_weights(first.counts_wkl), np.full(votes.n_labels, 1.0 / votes.n_labels))
    total, expected = (
        reduce(add, (count(shard, told) for shard in shards)),
        whole.step(told.log_weights_wkl, told.prior_k),
    )
    assert reduce(add, map(begin, shards)).counts_wkl == pytest.approx(first.counts_wkl)
    assert total.counts_wkl == pytest.approx(expected.counts_wkl)
    assert total.class_k == pytest.approx(expected.class_k)
    assert total.n_free == expected.n_free
    assert total.log_likelihood == pytest.approx(expected.log_likelihood)


def test_processes_can_share_the_work() -> None:
    votes = anaesthetists.votes()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        parts = fit_sharded(split(votes, 3), each=pool.map)
    whole = dawid_skene.fit(votes)
    assert parts.post_tk == pytest.approx(whole.post_tk, abs=1e-9)
    assert (parts.n_iter, parts.converged) == (whole.n_iter, whole.converged)


def test_a_shard_travels_as_its_votes_alone() -> None:
    (shard,) = split(anaesthetists.votes(), 1)
    before = len(pickle.dumps(shard))
    assert shard.part is shard.part
    assert len(pickle.dumps(shard)) == before


def test_single_precision_is_kept() -> None:
    shards = split(anaesthetists.votes(), 2, dtype=np.float32)
    assert fit_sharded(shards, max_iter=2).log_post_tk.dtype == np.float32


def test_it_refuses_no_shards() -> None:
    with pytest.raises(ValueError, match="at least one"):
        fit_sharded([])
    with pytest.raises(ValueError, match="n_shards"):
        split(anaesthetists.votes(), 0)
