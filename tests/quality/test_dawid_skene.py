"""The estimator finds what is there to find."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.quality.simulate import Makeup, crowd
from tasks.quality.truth import dawid_skene, majority
from tasks.quality.truth.kernel import VoteMatrix
from tasks.quality.truth.prior import Prior
from tasks.quality.votes import VoteTable
from tests.quality import anaesthetists

#: next to no prior: maximum likelihood, as published
LIKELIHOOD = Prior(diag=1e-9, off=1e-9, balance=0.0, coin=0.0, correlation=0.0)


def test_it_finds_what_dawid_and_skene_published() -> None:
    estimate = dawid_skene.fit(anaesthetists.votes(), prior=LIKELIHOOD, tol=0.0, max_iter=500)
    assert estimate.prior_k == pytest.approx(anaesthetists.CLASS_FREQUENCIES, abs=0.012)
    first = LIKELIHOOD.confusion(estimate.counts_wkl)[0]
    assert np.diag(first)[:2] == pytest.approx([0.89, 0.88], abs=0.01)
    assert first[2].round(2).tolist() == pytest.approx([0.0, 0.34, 0.66, 0.0], abs=0.01)


def test_it_beats_the_plain_vote_by_five_points_on_a_biased_crowd() -> None:
    biased = crowd(
        np.random.default_rng(3), 400, 40, 3, answers_per_task=5, makeup=Makeup(accuracy=0.75, biased=0.6)
    )
    estimate = dawid_skene.fit(biased.votes)
    found = float((estimate.label_t == biased.truth_t).mean())
    assert found >= majority.expected_accuracy(biased.votes, biased.truth_t) + 0.05


def test_it_does_not_follow_spammers() -> None:
    spammed = crowd(
        np.random.default_rng(4), 300, 30, 2, answers_per_task=7, makeup=Makeup(accuracy=0.9, spammers=0.5)
    )
    estimate = dawid_skene.fit(spammed.votes)
    accuracy_w = Prior().accuracy(estimate.counts_wkl)
    assert float((estimate.label_t == spammed.truth_t).mean()) > 0.95
    assert accuracy_w[spammed.accuracy_w > 0.8].min() > accuracy_w[spammed.accuracy_w == 0.5].max()


def test_it_claims_no_more_than_it_knows_where_all_err_on_the_same_tasks() -> None:
    hard = crowd(
        np.random.default_rng(5), 800, 30, 2, answers_per_task=5, makeup=Makeup(accuracy=0.85, hard=0.4)
    )
    estimate = dawid_skene.fit(hard.votes)
    realised = float((estimate.label_t == hard.truth_t).mean())
    assert float(estimate.confidence_t.mean()) <= realised + 0.03


def test_it_gives_a_task_without_votes_the_class_frequencies() -> None:
    votes = VoteTable(np.array([0, 0]), np.array([0, 1]), np.array([1, 1]), 2, 2, 2)
    estimate = dawid_skene.fit(votes, max_iter=3, tol=0.0)
    assert estimate.post_tk[1] == pytest.approx(estimate.prior_k, abs=0.02)


def test_it_says_when_it_has_not_converged() -> None:
    estimate = dawid_skene.fit(anaesthetists.votes(), max_iter=2, tol=0.0)
    assert not estimate.converged
    assert estimate.n_iter == len(estimate.bound_history) == 2


def test_it_starts_from_stored_counts_and_ends_where_it_was() -> None:
    votes = anaesthetists.votes()
    first = dawid_skene.fit(votes, tol=1e-9, max_iter=1000)
    again = dawid_skene.fit(votes, start=first.counts_wkl)
    assert again.n_iter < first.n_iter
    assert again.post_tk == pytest.approx(first.post_tk, abs=0.02)


def test_it_hands_back_counts_that_match_its_posteriors() -> None:
    votes = anaesthetists.votes()
    estimate = dawid_skene.fit(votes, prior=Prior(correlation=0.0))
    assert estimate.counts_wkl == pytest.approx(VoteMatrix.of(votes).expected_counts(estimate.post_tk))
    assert estimate.counts_wkl.sum() == pytest.approx(votes.n_votes)


def test_it_counts_whole_answers_on_gold_and_less_where_many_may_err_alike() -> None:
    votes = VoteTable(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), 2, 2, 2)
    estimate = dawid_skene.fit(votes, gold=[0, -1], prior=Prior(correlation=0.5))
    assert estimate.counts_wkl.sum() == pytest.approx(2 + 2 / 1.5)


def test_it_lets_gold_teach_without_counting_as_a_common_class() -> None:
    votes = VoteTable(np.arange(20), np.zeros(20, dtype=int), np.zeros(20, dtype=int), 20, 1, 2)
    gold = np.where(np.arange(20) < 19, 0, -1)
    estimate = dawid_skene.fit(votes, gold=gold)
    assert Prior().accuracy(estimate.counts_wkl)[0] > 0.85
    assert estimate.prior_k[0] < 0.75


@pytest.mark.parametrize("start", [np.zeros((1, 2, 2)), np.zeros((5, 3, 3))])
def test_it_refuses_a_start_that_does_not_fit(
    start: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> None:
    with pytest.raises(ValueError, match="start"):
        dawid_skene.fit(anaesthetists.votes(), start=start)
