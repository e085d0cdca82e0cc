"""One fit over shards of tasks is the fit of all tasks together."""

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

from tasks.quality.promise.engine import Setting, learn
from tasks.quality.truth import hierarchy
from tasks.quality.truth.hierarchy import Hierarchy
from tasks.quality.truth.kernel import VoteMatrix
from tasks.quality.truth.members import PARTS, Held
from tasks.quality.truth.passes import Here
from tasks.quality.truth.rounds import Known, Passes, Round
from tasks.quality.truth.shards import Sharded, begin, count, split
from tasks.quality.votes import VoteTable
from tests.quality import anaesthetists
from tests.quality.crowds import gold_for, vote_tables

MODEL = Hierarchy()


@settings(deadline=None)
@given(vote_tables(), st.integers(1, 10), st.sampled_from([0.0, 0.1]), st.data())
def test_it_is_one_fit_to_rounding(
    votes: VoteTable, n_shards: int, gold_error: float, data: st.DataObject
) -> None:
    gold = data.draw(gold_for(votes))
    whole = hierarchy.fit(votes, model=MODEL, gold=gold, gold_error=gold_error, max_iter=6)
    shards = split(votes, n_shards, gold=gold, gold_error=gold_error)
    parts = hierarchy.fit_over(Sharded(shards), model=MODEL, tol=-np.inf, max_iter=whole.n_iter)
    assert parts.counts_wkl == pytest.approx(whole.counts_wkl, abs=1e-6)
    assert parts.prior_k == pytest.approx(whole.prior_k, abs=1e-6)


@settings(deadline=None)
@given(vote_tables(), st.integers(1, 10))
def test_every_vote_is_in_exactly_one_shard(votes: VoteTable, n_shards: int) -> None:
    shards = split(votes, n_shards)
    assert len(shards) <= n_shards
    assert sum(shard.votes.n_tasks for shard in shards) == votes.n_tasks
    first = np.cumsum([0, *(shard.votes.n_tasks for shard in shards)])
    found = [
        vote
        for start, shard in zip(first, shards, strict=False)
        for vote in zip(
            (start + shard.votes.task).tolist(),
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
    shards = split(votes, n_shards)
    whole = Here(VoteMatrix.of(votes), Known.of(np.full(votes.n_tasks, -1), 0.0, votes.n_labels))
    first = whole.begin(MODEL)
    told = Round(MODEL, MODEL.log_weights(first.counts_wkl), np.full(votes.n_labels, 1.0 / votes.n_labels))
    total, expected = reduce(add, (count(shard, told) for shard in shards)), whole.step(told)
    assert reduce(add, (begin(shard, MODEL) for shard in shards)).counts_wkl == pytest.approx(
        first.counts_wkl
    )
    assert total.counts_wkl == pytest.approx(expected.counts_wkl)
    assert total.class_k == pytest.approx(expected.class_k)
    assert total.n_free == expected.n_free
    assert total.log_likelihood == pytest.approx(expected.log_likelihood)


@given(vote_tables(least=1), st.integers(0, 3))
def test_a_held_out_part_is_the_same_whoever_looks(votes: VoteTable, seed: int) -> None:
    held = Held(1, seed)
    hidden_v = held.hides(votes.task, votes.worker)
    some = np.arange(votes.n_votes) % 2 == 0
    assert held.hides(votes.task[some], votes.worker[some]).tolist() == hidden_v[some].tolist()
    wide = held.hides(votes.task.astype(np.int64), votes.worker.astype(np.int64))
    assert wide.tolist() == hidden_v.tolist()


def test_held_out_parts_are_equally_large_and_differ_by_seed() -> None:
    task, worker = np.divmod(np.arange(80_000), 40)
    parts = np.array([Held(part, 0).hides(task, worker) for part in range(PARTS)])
    assert (parts.sum(axis=0) == 1).all()
    assert parts.sum(axis=1) == pytest.approx(np.full(PARTS, 80_000 / PARTS), rel=0.03)
    assert (parts[0] & Held(0, 1).hides(task, worker)).mean() == pytest.approx(1 / PARTS**2, abs=0.002)


def test_processes_can_share_the_work_of_everything_that_is_learnt() -> None:
    votes = anaesthetists.votes()
    gold = np.where(np.arange(votes.n_tasks) % 5 == 0, 1, -1)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:

        def elsewhere(held: Held | None) -> Passes:
            rest = votes.only(~held.hides(votes.task, votes.worker)) if held else votes
            return Sharded(split(rest, 3, gold=gold), each=pool.map)

        parts = learn(votes, gold, setting=Setting(elsewhere=elsewhere))
    whole = learn(votes, gold)
    assert parts.log_weights_wkl == pytest.approx(whole.log_weights_wkl, abs=1e-9)
    assert parts.held_out_m == pytest.approx(whole.held_out_m)


def test_a_shard_travels_as_its_votes_alone() -> None:
    (shard,) = split(anaesthetists.votes(), 1)
    before = len(pickle.dumps(shard))
    assert shard.passes is shard.passes
    assert len(pickle.dumps(shard)) == before


def test_it_refuses_no_shards() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Sharded([])
    with pytest.raises(ValueError, match="n_shards"):
        split(anaesthetists.votes(), 0)
