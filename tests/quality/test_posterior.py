"""The step after each answer."""

from __future__ import annotations

from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.quality.promise.engine import learn
from tasks.quality.truth import dawid_skene, posterior
from tasks.quality.truth.prior import DEFAULT_PRIOR, Prior
from tasks.quality.votes import FloatArray, VoteTable
from tests.quality import anaesthetists
from tests.quality.crowds import priors, vote_tables

EVEN = [0.5, 0.5]


def strangers(n: int, n_labels: int = 2) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.zeros((n, n_labels, n_labels))


def of_counts(
    labels: npt.ArrayLike, counts_nkl: FloatArray, prior_k: npt.ArrayLike, prior: Prior = DEFAULT_PRIOR
) -> FloatArray:
    """The step with the weights a plain prior gives workers with these counts."""
    return posterior.of_weights(labels, prior.log_weights(counts_nkl), np.log(prior_k), prior.correlation)


def test_it_returns_the_class_frequencies_without_answers() -> None:
    assert of_counts([], strangers(0), [0.3, 0.7]) == pytest.approx([0.3, 0.7])


def test_it_leans_towards_a_stranger_without_trusting_one() -> None:
    post_k = of_counts([1], strangers(1), EVEN)
    assert 0.55 < post_k[1] < 0.8


def test_it_grows_surer_with_each_agreeing_answer() -> None:
    sure = [of_counts([1] * n, strangers(n), EVEN)[1] for n in range(1, 8)]
    assert sure == sorted(sure)
    assert sure[-1] < 0.99


def test_it_believes_the_proven_worker_against_two_strangers() -> None:
    counts = strangers(3)
    counts[0] = [[60, 1], [1, 60]]
    assert of_counts([0, 1, 1], counts, EVEN)[0] > 0.5


def test_it_ignores_who_always_says_the_same() -> None:
    counts = strangers(1)
    counts[0] = [[0, 50], [0, 50]]
    assert of_counts([1], counts, EVEN)[1] < 0.7


def test_it_is_the_same_step_as_a_whole_fit() -> None:
    votes = anaesthetists.votes()
    estimate = dawid_skene.fit(votes, tol=1e-12, max_iter=2000)
    for task in (1, 11, 35):
        mine = votes.task == task
        post_k = of_counts(votes.label[mine], estimate.counts_wkl[votes.worker[mine]], estimate.prior_k)
        assert post_k == pytest.approx(estimate.post_tk[task], abs=1e-4)


def test_it_refuses_shapes_and_labels_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="shape"):
        of_counts([0, 1], strangers(1), EVEN)
    with pytest.raises(ValueError, match="must lie"):
        of_counts([2], strangers(1), EVEN)


@settings(deadline=None)
@given(vote_tables(), priors(), st.randoms(use_true_random=False))
def test_the_order_of_answers_changes_nothing(votes: VoteTable, prior: Prior, random: Random) -> None:
    counts = np.random.default_rng(0).random((votes.n_votes, votes.n_labels, votes.n_labels))
    even = np.full(votes.n_labels, 1 / votes.n_labels)
    order = random.sample(range(votes.n_votes), votes.n_votes)
    before = of_counts(votes.label, counts, even, prior)
    after = of_counts(votes.label[order], counts[order], even, prior)
    assert after == pytest.approx(before)
    assert before.sum() == pytest.approx(1.0)


def test_open_answers_leave_room_for_none_of_these() -> None:
    post = posterior.of_values(["cat", "cat", "hat"], [0.8, 0.7, 0.6])
    assert post["cat"] > post["hat"] > 0
    assert sum(post.values()) < 1
    assert posterior.of_values(["cat"], [0.8])["cat"] == pytest.approx(0.8)


CAREFUL, CARELESS = np.log([[0.9, 0.1], [0.1, 0.9]]), np.log([[0.6, 0.4], [0.4, 0.6]])
LEVEL = np.zeros(2)


def test_weights_without_answers_leave_the_class_frequencies() -> None:
    post_k = posterior.of_weights([], np.zeros((0, 2, 2)), np.log([0.3, 0.7]), 0.05)
    assert post_k == pytest.approx([0.3, 0.7])


def test_weights_add_up() -> None:
    post_k = posterior.of_weights([1, 0], np.stack([CAREFUL, CARELESS]), LEVEL, 0.0)
    odds = (0.9 / 0.1) / (0.6 / 0.4)
    assert post_k[1] == pytest.approx(odds / (1 + odds))


def test_correlated_answers_count_less() -> None:
    tables = np.stack([CAREFUL] * 3)
    sure = [posterior.of_weights([1] * 3, tables, LEVEL, correlation)[1] for correlation in (0.0, 0.1, 0.5)]
    assert sure == sorted(sure, reverse=True)


@pytest.mark.parametrize("known", [0, 12])
def test_weights_give_the_very_posterior_of_the_whole_batch(known: int) -> None:
    votes = anaesthetists.votes()
    gold_t = np.full(votes.n_tasks, -1)
    gold_t[:known] = dawid_skene.fit(votes).label_t[:known]
    learned = learn(votes, gold_t)
    for task in range(known, votes.n_tasks):
        mine = votes.task == task
        tables_nkl = learned.log_weights_wkl[votes.worker[mine]]
        heard = (votes.label[mine], tables_nkl, learned.log_prior_k, learned.correlation)
        assert posterior.of_weights(*heard) == pytest.approx(np.exp(learned.log_post_tk[task]), abs=1e-9)


@given(vote_tables(), st.randoms(use_true_random=False), st.floats(0, 1), st.floats(-3, 3))
def test_neither_the_order_of_answers_nor_a_common_weight_changes_anything(
    votes: VoteTable, random: Random, correlation: float, common: float
) -> None:
    tables_nkl = np.random.default_rng(0).normal(size=(votes.n_votes, votes.n_labels, votes.n_labels))
    level = np.zeros(votes.n_labels)
    order = random.sample(range(votes.n_votes), votes.n_votes)
    before = posterior.of_weights(votes.label, tables_nkl, level, correlation)
    after = posterior.of_weights(votes.label[order], tables_nkl[order] + common, level + common, correlation)
    assert after == pytest.approx(before)
    assert before.sum() == pytest.approx(1.0)


def test_weights_refuse_shapes_and_labels_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="shape"):
        posterior.of_weights([0, 1], CAREFUL[None], LEVEL, 0.05)
    with pytest.raises(ValueError, match="must lie"):
        posterior.of_weights([2], CAREFUL[None], LEVEL, 0.05)
    with pytest.raises(ValueError, match="without an answer"):
        posterior.reachable([], np.zeros((0, 2, 2)), LEVEL, 0.05, 1)


def test_what_can_be_reached_is_the_hope_in_the_best_who_answered() -> None:
    tables = np.stack([CARELESS, CAREFUL])
    heard = ([1, 0], tables, LEVEL, 0.05)
    now = posterior.of_weights(*heard).max()
    assert posterior.reachable(*heard, 0) == pytest.approx(now)
    hoped = posterior.of_weights([1, 0, 0, 0], np.stack([CARELESS, *[CAREFUL] * 3]), LEVEL, 0.05).max()
    assert posterior.reachable(*heard, 2) == pytest.approx(hoped)
    one, many = (posterior.reachable(*heard, more) for more in (1, 5))
    assert now < one < many < 1


def test_hardly_anything_can_be_reached_with_people_who_guess() -> None:
    tables = np.log(np.full((2, 2, 2), 0.5))
    assert posterior.reachable([0, 1], tables, LEVEL, 0.05, 9) == pytest.approx(0.5)


def test_a_distant_hope_is_a_probability_whatever_people_are_worth() -> None:
    tables = np.stack([1e4 * CAREFUL, -1e4 * CAREFUL])
    assert 0 <= posterior.reachable([1, 0], tables, LEVEL, 0.0, 1000) <= 1
