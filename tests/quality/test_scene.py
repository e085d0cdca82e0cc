"""Groups of workers, looked at where they answered: the same as by looking at every task."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.quality.trust import pairs as pairs_module
from tasks.quality.trust.findings import judge
from tasks.quality.trust.pairs import compare
from tasks.quality.trust.rings import Bound, grow
from tasks.quality.trust.scene import Scene, sorted_votes
from tasks.quality.votes import FloatArray, IntArray, VoteTable
from tests.quality.full_scene import BoolArray, FullScene

BOUND = Bound(0.6, 3.0)


def _drawn(seed: int) -> tuple[VoteTable, IntArray, FloatArray, np.random.Generator]:
    """A small crowd in which the first three copy each other, and some known tasks."""
    rng = np.random.default_rng(seed)
    n_workers, n_tasks, n_labels = (int(rng.integers(*span)) for span in ((4, 12), (5, 40), (2, 5)))
    worker, task = np.nonzero(rng.random((n_workers, n_tasks)) < rng.uniform(0.2, 0.8))
    agreed_t, truth_t = rng.integers(n_labels, size=(2, n_tasks))
    label = np.where(rng.random(len(task)) < 0.7, truth_t[task], rng.integers(n_labels, size=len(task)))
    label = np.where(worker < 3, agreed_t[task], label)
    gold_t = np.where(rng.random(n_tasks) < rng.choice([0.0, 0.3]), truth_t, -1)
    order = rng.permutation(len(task))
    votes = VoteTable(task[order], worker[order], label[order], n_tasks, n_workers, n_labels)
    weight_v = np.ones(len(task)) if seed % 2 else rng.choice([1.0, 0.5, 0.0], size=len(task))
    return votes, gold_t, weight_v, rng


def _both(seed: int) -> tuple[Scene, FullScene, BoolArray]:
    """A crowd by both ways to look at it, and a group."""
    votes, gold_t, weight_v, rng = _drawn(seed)
    laid_out, order = sorted_votes(votes)
    group_w = rng.random(votes.n_workers) < 0.5
    group_w[:2] |= not group_w.any()
    scene = Scene.of(laid_out, gold_t, weight_v[order])
    return scene, FullScene(votes, gold_t, weight_v), group_w


seeds = given(st.integers(0, 2**32 - 1))


@seeds
def test_a_group_is_contested_by_those_outside_it(seed: int) -> None:
    scene, full, group_w = _both(seed)
    view = scene.at(group_w)
    answered = full.said_wtl[group_w].any(axis=(0, 2))
    assert view.task_a.tolist() == np.flatnonzero(answered).tolist()
    contest_al, leading_a = view.contest()
    contest_tl, leading_t = full.outside(group_w)
    np.testing.assert_allclose(contest_al, contest_tl[view.task_a])
    assert leading_a.tolist() == leading_t[view.task_a].tolist()


@settings(deadline=None, max_examples=30)
@seeds
def test_a_group_grows_as_if_every_task_were_looked_at(seed: int) -> None:
    scene, full, group_w = _both(seed)
    free_w = np.ones_like(group_w)
    free_w[-1] = False
    assert grow(scene, group_w, BOUND, free_w).tolist() == full.grown(group_w, BOUND, free_w).tolist()


@settings(deadline=None, max_examples=30)
@seeds
def test_a_group_is_judged_as_if_every_task_were_looked_at(seed: int) -> None:
    scene, full, group_w = _both(seed)
    assert judge(scene.at(group_w), BOUND).evidence == pytest.approx(full.evidence(group_w, BOUND))


@pytest.mark.parametrize(("block", "cells"), [(1 << 20, 1 << 21), (3, 1 << 21), (1 << 20, 0), (3, 0)])
@settings(deadline=None, max_examples=30)
@seeds
def test_two_workers_are_compared_on_every_task_they_share(block: int, cells: int, seed: int) -> None:
    """In one block or many, with a number for every pair or for those that occur."""
    votes, gold_t, weight_v, _ = _drawn(seed)
    expected = FullScene(votes, gold_t, weight_v).pairs()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs_module, "BLOCK", block)
        patch.setattr(pairs_module, "MOST_CELLS", cells)
        found = compare(votes, weight_v=weight_v, gold_t=gold_t)
    names = list(zip(found.first_p.tolist(), found.second_p.tolist(), strict=True))
    assert names == sorted(expected)
    for name, same, differ in zip(names, found.same_contest_p, found.differ_contest_p, strict=True):
        assert (same, differ) == pytest.approx(expected[name])


def test_other_weights_change_only_what_votes_count() -> None:
    votes, gold_t, weight_v, _ = _drawn(1)
    laid_out, order = sorted_votes(votes)
    halved = Scene.of(laid_out, gold_t, weight_v[order]).weighed(weight_v[order] / 2)
    afresh = Scene.of(laid_out, gold_t, weight_v[order] / 2)
    assert (halved.voices_tl == afresh.voices_tl).all()
    assert (halved.start_t == afresh.start_t).all()


def test_a_group_of_nobody_answered_nothing() -> None:
    scene, _, group_w = _both(3)
    view = scene.at(np.zeros_like(group_w))
    assert (len(view.task_a), len(view.mine), len(view.here)) == (0, 0, 0)
