"""The step after each answer."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.quality.truth import dawid_skene, posterior
from tasks.quality.truth.prior import Prior
from tasks.quality.votes import VoteTable
from tests.quality import anaesthetists
from tests.quality.crowds import priors, vote_tables

EVEN = [0.5, 0.5]


def strangers(n: int, n_labels: int = 2) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.zeros((n, n_labels, n_labels))


def test_it_returns_the_class_frequencies_without_answers() -> None:
    assert posterior.of_task([], strangers(0), [0.3, 0.7]) == pytest.approx([0.3, 0.7])


def test_it_leans_towards_a_stranger_without_trusting_one() -> None:
    post_k = posterior.of_task([1], strangers(1), EVEN)
    assert 0.55 < post_k[1] < 0.8


def test_it_grows_surer_with_each_agreeing_answer() -> None:
    sure = [posterior.of_task([1] * n, strangers(n), EVEN)[1] for n in range(1, 8)]
    assert sure == sorted(sure)
    assert sure[-1] < 0.99


def test_it_believes_the_proven_worker_against_two_strangers() -> None:
    counts = strangers(3)
    counts[0] = [[60, 1], [1, 60]]
    assert posterior.of_task([0, 1, 1], counts, EVEN)[0] > 0.5


def test_it_ignores_who_always_says_the_same() -> None:
    counts = strangers(1)
    counts[0] = [[0, 50], [0, 50]]
    assert posterior.of_task([1], counts, EVEN)[1] < 0.7


def test_it_is_the_same_step_as_a_whole_fit() -> None:
    votes = anaesthetists.votes()
    estimate = dawid_skene.fit(votes, tol=1e-12, max_iter=2000)
    for task in (1, 11, 35):
        mine = votes.task == task
        post_k = posterior.of_task(
            votes.label[mine], estimate.counts_wkl[votes.worker[mine]], estimate.prior_k
        )
        assert post_k == pytest.approx(estimate.post_tk[task], abs=1e-4)


def test_it_refuses_shapes_and_labels_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="shape"):
        posterior.of_task([0, 1], strangers(1), EVEN)
    with pytest.raises(ValueError, match="must lie"):
        posterior.of_task([2], strangers(1), EVEN)


@settings(deadline=None)
@given(vote_tables(), priors(), st.randoms(use_true_random=False))
def test_the_order_of_answers_changes_nothing(votes: VoteTable, prior: Prior, random: Random) -> None:
    counts = np.random.default_rng(0).random((votes.n_votes, votes.n_labels, votes.n_labels))
    even = np.full(votes.n_labels, 1 / votes.n_labels)
    order = random.sample(range(votes.n_votes), votes.n_votes)
    before = posterior.of_task(votes.label, counts, even, prior)
    after = posterior.of_task(votes.label[order], counts[order], even, prior)
    assert after == pytest.approx(before)
    assert before.sum() == pytest.approx(1.0)


def test_open_answers_leave_room_for_none_of_these() -> None:
    post = posterior.of_values(["cat", "cat", "hat"], [0.8, 0.7, 0.6])
    assert post["cat"] > post["hat"] > 0
    assert sum(post.values()) < 1
    assert posterior.of_values(["cat"], [0.8])["cat"] == pytest.approx(0.8)
