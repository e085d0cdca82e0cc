"""What others say of a worker, without the worker's own vote."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quality.simulate import Makeup, crowd
from tasks.quality.trust import evidence
from tasks.quality.truth import dawid_skene
from tasks.quality.truth.prior import DEFAULT_PRIOR, Prior
from tasks.quality.votes import FloatArray, VoteTable
from tests.quality.crowds import vote_tables


def _rest(votes: VoteTable, prior: Prior = DEFAULT_PRIOR) -> FloatArray:
    """The posteriors without each vote, after a fit of all."""
    estimate = dawid_skene.fit(votes, prior=prior)
    n_t = votes.per_task()
    weights_wkl = prior.log_weights(estimate.counts_wkl)
    log_vk = evidence.vote_log_weights(votes, weights_wkl, prior.evidence(n_t))
    return evidence.without_own_vote(votes.task, log_vk, estimate.log_post_tk)


def test_taking_away_the_only_vote_leaves_what_was_believed_before() -> None:
    log_vk = np.log([[0.9, 0.2]])
    log_post_tk = np.log([[0.9, 0.2]]) + np.log([[0.3, 0.7]])
    rest_vk = evidence.without_own_vote([0], log_vk, log_post_tk)
    assert rest_vk == pytest.approx(np.array([[0.3, 0.7]]))


def test_taking_away_one_of_two_votes_leaves_the_other() -> None:
    log_vk = np.log([[0.9, 0.1], [0.4, 0.6]])
    rest_vk = evidence.without_own_vote([0, 0], log_vk, log_vk.sum(axis=0, keepdims=True))
    assert rest_vk == pytest.approx(np.array([[0.4, 0.6], [0.9, 0.1]]))


def test_gold_stays_certain() -> None:
    rest_vk = evidence.without_own_vote([0], np.log([[0.9, 0.1]]), np.array([[-np.inf, 0.0]]))
    assert rest_vk.tolist() == [[0.0, 1.0]]


@given(st.data())
def test_what_is_left_is_a_distribution(data: st.DataObject) -> None:
    rest_vk = _rest(data.draw(vote_tables()))
    assert rest_vk.sum(axis=1) == pytest.approx(np.ones(len(rest_vk)))


def test_who_answers_alone_is_not_praised_for_agreeing_with_themselves() -> None:
    votes = VoteTable(np.arange(40), np.zeros(40, dtype=int), np.arange(40) % 2, 40, 1, 2)
    found = evidence.agreement(votes, _rest(votes))
    assert found.total_w[0] < 1.0


def test_it_finds_the_accuracy_of_workers_without_gold() -> None:
    drawn = crowd(np.random.default_rng(1), 2000, 20, 3, answers_per_task=5, makeup=Makeup(accuracy=0.75))
    plain = Prior(coin=0.35, correlation=0.0)
    found = evidence.agreement(drawn.votes, _rest(drawn.votes, plain))
    accuracy_w = found.right_w / found.total_w
    assert np.abs(accuracy_w - drawn.accuracy_w).max() < 0.06
    assert abs(float((accuracy_w - drawn.accuracy_w).mean())) < 0.02


def test_doubtful_company_makes_little_evidence_and_no_bias() -> None:
    rng = np.random.default_rng(2)
    n = 4000
    truth = rng.integers(2, size=n)
    label = np.where(rng.random(n) < 0.9, truth, 1 - truth)
    # The others know each truth with 70 % and say so.
    said = np.where(rng.random(n) < 0.7, truth, 1 - truth)
    rest_vk = np.where(said[:, None] == np.arange(2), 0.7, 0.3)
    votes = VoteTable(np.arange(n), np.zeros(n, dtype=int), label, n, 1, 2)
    found = evidence.agreement(votes, rest_vk)
    assert found.right_w[0] / found.total_w[0] == pytest.approx(0.9, abs=0.05)
    assert found.total_w[0] < 0.2 * n
    assert evidence.agreement(votes, np.full((n, 2), 0.5)).total_w[0] == pytest.approx(0.0)


def test_certain_company_is_as_good_as_gold() -> None:
    label = np.array([0, 0, 0, 1])
    votes = VoteTable(np.arange(4), np.zeros(4, dtype=int), label, 4, 1, 2)
    found = evidence.agreement(votes, np.tile([1.0, 0.0], (4, 1)), prior=(1e-9, 1e-9)).of(0)
    assert (found.right, found.total) == pytest.approx((3.0, 4.0), abs=1e-6)


def test_it_refuses_weights_of_another_crowd() -> None:
    votes = VoteTable(np.array([0]), np.array([0]), np.array([0]), 1, 1, 2)
    with pytest.raises(ValueError, match="rest_vk"):
        evidence.agreement(votes, np.ones((2, 2)))
    with pytest.raises(ValueError, match="log_weight_vk"):
        evidence.without_own_vote([0], np.ones((2, 2)), np.zeros((1, 2)))
