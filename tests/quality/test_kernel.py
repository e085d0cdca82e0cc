"""The quick sums are the plain sums, however the votes are laid out."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from tasks.quality.encoding import encode
from tasks.quality.truth import blocks, dawid_skene, kernel
from tasks.quality.truth.kernel import VoteMatrix, normalise_columns
from tasks.quality.truth.majority import shares
from tasks.quality.truth.prior import Prior
from tasks.quality.votes import FloatArray, VoteTable, known_labels
from tests.quality.crowds import gold_for, priors, vote_tables

PRECISIONS = st.sampled_from([np.float32, np.float64])


@contextmanager
def layout(kind: str) -> Iterator[None]:
    """Lay out small tables as if they were large: several blocks, groups of two tasks, one row at a time."""
    sizes = {"as it is": (blocks.BLOCK, blocks.GROUP, kernel.RUN), "groups": (1 << 17, 2, 1 << 20)}
    block, group, run = sizes.get(kind, (1, 2, 1))
    with (
        patch.object(blocks, "BLOCK", block),
        patch.object(blocks, "GROUP", group),
        patch.object(kernel, "RUN", run),
    ):
        yield


LAYOUTS = st.sampled_from(["as it is", "groups", "blocks"])


def some_weights(votes: VoteTable, seed: int = 0) -> FloatArray:
    shape = (votes.n_workers, votes.n_labels, votes.n_labels)
    return np.random.default_rng(seed).normal(size=shape)


@settings(deadline=None)
@given(vote_tables(), PRECISIONS, LAYOUTS)
def test_it_sums_the_weights_of_a_tasks_votes(votes: VoteTable, dtype: npt.DTypeLike, kind: str) -> None:
    weights_wkl = some_weights(votes)
    plain_tk = np.zeros((votes.n_tasks, votes.n_labels))
    for task, worker, label in zip(votes.task, votes.worker, votes.label, strict=True):
        plain_tk[task] += weights_wkl[worker, :, label]
    with layout(kind):
        sum_tk = VoteMatrix.of(votes, dtype).sum_log_weights(weights_wkl)
    assert sum_tk.dtype == dtype
    assert sum_tk == pytest.approx(plain_tk, abs=1e-4 if dtype == np.float32 else 1e-12)


@settings(deadline=None)
@given(vote_tables(), PRECISIONS, LAYOUTS)
def test_it_counts_answers_by_the_posteriors_of_their_tasks(
    votes: VoteTable, dtype: npt.DTypeLike, kind: str
) -> None:
    post_tk = np.random.default_rng(0).dirichlet(np.ones(votes.n_labels), votes.n_tasks)
    plain_wkl = np.zeros((votes.n_workers, votes.n_labels, votes.n_labels))
    for task, worker, label in zip(votes.task, votes.worker, votes.label, strict=True):
        plain_wkl[worker, :, label] += post_tk[task]
    with layout(kind):
        counts_wkl = VoteMatrix.of(votes, dtype).expected_counts(post_tk)
    assert counts_wkl.dtype == np.float64
    assert counts_wkl == pytest.approx(plain_wkl, abs=1e-4 if dtype == np.float32 else 1e-12)


@settings(deadline=None)
@given(vote_tables(), LAYOUTS, st.randoms(use_true_random=False))
def test_the_order_of_votes_changes_not_even_the_rounding(
    votes: VoteTable, kind: str, random: object
) -> None:
    order = np.random.default_rng(random.randrange(1000)).permutation(votes.n_votes)  # type: ignore[attr-defined]
    shuffled = VoteTable(
        votes.task[order],
        votes.worker[order],
        votes.label[order],
        votes.n_tasks,
        votes.n_workers,
        votes.n_labels,
    )
    with layout(kind):
        before, after = (dawid_skene.fit(table, max_iter=5, tol=0.0) for table in (votes, shuffled))
    assert np.array_equal(before.log_post_tk, after.log_post_tk)
    assert np.array_equal(before.counts_wkl, after.counts_wkl)
    assert before.bound_history == after.bound_history


@settings(deadline=None)
@given(vote_tables(), st.data())
def test_a_weight_of_two_is_the_same_vote_twice_and_of_zero_is_none(
    votes: VoteTable, data: st.DataObject
) -> None:
    times = np.array(data.draw(st.lists(st.integers(0, 2), min_size=votes.n_votes, max_size=votes.n_votes)))
    times = times.astype(np.int64)
    repeated = VoteTable(
        np.repeat(votes.task, times),
        np.repeat(votes.worker, times),
        np.repeat(votes.label, times),
        votes.n_tasks,
        votes.n_workers,
        votes.n_labels,
    )
    weights_wkl, post_tk = some_weights(votes), shares(votes)
    weighted, plain = VoteMatrix.of(votes, weight_v=times.astype(float)), VoteMatrix.of(repeated)
    assert weighted.sum_log_weights(weights_wkl) == pytest.approx(plain.sum_log_weights(weights_wkl))
    assert weighted.expected_counts(post_tk) == pytest.approx(plain.expected_counts(post_tk))


@settings(deadline=None)
@given(vote_tables(), priors(), LAYOUTS, st.data())
def test_a_pass_is_the_textbook_step(votes: VoteTable, prior: Prior, kind: str, data: st.DataObject) -> None:
    gold_t = known_labels(data.draw(gold_for(votes)), votes.n_tasks, votes.n_labels)
    weights_wkl, prior_k = some_weights(votes), np.full(votes.n_labels, 1.0 / votes.n_labels)
    with layout(kind):
        part = dawid_skene.lay_out(votes, gold_t, prior)
        found, log_post_tk = part.step(weights_wkl, prior_k), part.log_posterior(weights_wkl, np.log(prior_k))
    likelihood, counts_wkl, class_k = 0.0, np.zeros_like(weights_wkl), np.zeros(votes.n_labels)
    for task in range(votes.n_tasks):
        mine = np.flatnonzero(votes.task == task)
        log_k = sum((weights_wkl[votes.worker[v], :, votes.label[v]] for v in mine), np.zeros(votes.n_labels))
        if gold_t[task] >= 0:
            evidence, post_k = 1.0, np.eye(votes.n_labels)[gold_t[task]]
            likelihood += log_k[gold_t[task]]
        else:
            evidence = float(prior.evidence(len(mine)))
            joint_k = evidence * log_k + np.log(prior_k)
            post_k = np.exp(joint_k - logsumexp(joint_k))
            likelihood += float(logsumexp(joint_k))
            class_k += post_k if len(mine) else 0.0
        assert np.exp(log_post_tk[task]) == pytest.approx(post_k)
        for v in mine:
            counts_wkl[votes.worker[v], :, votes.label[v]] += evidence * post_k
    assert found.log_likelihood == pytest.approx(likelihood)
    assert found.class_k == pytest.approx(class_k)
    assert found.counts_wkl == pytest.approx(counts_wkl)
    assert found.n_free == int(((gold_t < 0) & (votes.per_task() > 0)).sum())


@settings(deadline=None)
@given(vote_tables(), LAYOUTS)
def test_it_begins_with_the_shares_of_the_vote(votes: VoteTable, kind: str) -> None:
    with layout(kind):
        first = dawid_skene.lay_out(votes, None, Prior(correlation=0.0)).begin()
    assert first.class_k == pytest.approx(shares(votes)[votes.per_task() > 0].sum(axis=0))
    assert first.counts_wkl == pytest.approx(VoteMatrix.of(votes).expected_counts(shares(votes)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_normalises_where_probabilities_would_underflow(dtype: npt.DTypeLike) -> None:
    log_kt = np.array([[-10_000.0, 0.0, -3.0], [-10_001.0, -800.0, -3.0]], dtype=dtype)
    expected = logsumexp(log_kt.astype(float), axis=0)
    post_kt = log_kt.copy()
    assert normalise_columns(post_kt) == pytest.approx(expected)
    assert post_kt.sum(axis=0) == pytest.approx(1.0)
    assert post_kt[0] == pytest.approx([1 / (1 + np.exp(-1)), 1.0, 0.5], abs=1e-6)


def large_crowd(n_answers: int) -> tuple[list[npt.NDArray[np.int64]], npt.NDArray[np.int64]]:
    rng = np.random.default_rng(7)
    truth_t = rng.integers(0, 4, n_answers // 5)
    task = rng.permutation(np.arange(n_answers) % len(truth_t))
    worker = rng.integers(0, n_answers // 500, n_answers)
    right = rng.random(n_answers) < 0.7
    label = np.where(right, truth_t[task], rng.integers(0, 4, n_answers))
    return [task, worker, label], truth_t


def test_single_precision_decides_like_double() -> None:
    (task, worker, label), truth_t = large_crowd(20_000)
    votes = VoteTable(task, worker, label, len(truth_t), 40, 4)
    double, single = (dawid_skene.fit(votes, dtype=dtype) for dtype in (np.float64, np.float32))
    assert single.log_post_tk.dtype == np.float32
    assert single.post_tk == pytest.approx(double.post_tk, abs=1e-4)
    assert single.n_iter == double.n_iter
    assert float((single.label_t == truth_t).mean()) > 0.9


def test_it_refuses_other_precisions_and_weights_that_do_not_fit() -> None:
    one = np.zeros(1, dtype=np.int64)
    votes = VoteTable(one, one, one, 1, 1, 2)
    with pytest.raises(ValueError, match="float32 or float64"):
        dawid_skene.fit(votes, dtype=np.int64)
    with pytest.raises(ValueError, match="weight_v"):
        VoteMatrix.of(votes, weight_v=np.ones(2))


def test_it_takes_a_table_without_tasks_or_workers() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert VoteMatrix.of(VoteTable(none, none, none, 0, 3, 2)).sum_log_weights(np.zeros((3, 2, 2))).shape == (
        0,
        2,
    )
    nobody = VoteMatrix.of(VoteTable(none, none, none, 3, 0, 2))
    assert nobody.sum_log_weights(np.zeros((0, 2, 2))).tolist() == [[0.0, 0.0]] * 3
    assert nobody.expected_counts(np.ones((3, 2))).shape == (0, 2, 2)


def coded(columns: list[npt.NDArray[np.int64]]) -> VoteTable:
    """The votes alone: the maps back to the ids are the caller's, and as long as its list of tasks."""
    (task, tasks), (worker, workers), (label, labels) = (encode(column) for column in columns)
    return VoteTable(task, worker, label, len(tasks), len(workers), len(labels))


def test_it_needs_twenty_bytes_an_answer_from_ids_to_posteriors() -> None:
    columns, _ = large_crowd(1_000_000)
    tracemalloc.start()
    try:
        votes = coded(columns)
        dawid_skene.fit(votes, dtype=np.float32, prior=Prior(correlation=0.0), max_iter=3)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= 20 * votes.n_votes
