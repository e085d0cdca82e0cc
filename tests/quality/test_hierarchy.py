"""hierarchy.fit: one estimator for few answers and for many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quality import simulate
from tasks.quality.simulate import Makeup
from tasks.quality.truth import hierarchy
from tasks.quality.truth.hierarchy import Hierarchy
from tasks.quality.truth.prior import design_effect
from tasks.quality.votes import VoteTable
from tests.quality.crowds import votes_of


def _posterior(votes: VoteTable, fitted: hierarchy.Fitted, task: int) -> np.ndarray:
    mine = votes.task == task
    log_k = fitted.model.log_weights(fitted.counts_wkl)[votes.worker[mine], :, votes.label[mine]].sum(axis=0)
    log_k = log_k * fitted.model.evidence(mine.sum()) + np.log(fitted.prior_k)
    post_k = np.exp(log_k - log_k.max())
    return np.asarray(post_k / post_k.sum())


def test_it_weighs_a_worker_without_answers_like_the_crowd() -> None:
    crowd = simulate.crowd(np.random.default_rng(0), 300, 20, 3, makeup=Makeup(accuracy=0.9))
    counts = hierarchy.fit(crowd.votes, model=Hierarchy()).counts_wkl
    weights = Hierarchy().log_weights(np.concatenate([counts, np.zeros((1, 3, 3))]))
    newcomer = np.exp(weights[-1]) / np.exp(weights[-1]).sum(axis=-1, keepdims=True)
    assert np.diag(newcomer).mean() == pytest.approx(crowd.accuracy_w.mean(), abs=0.05)


def test_it_lets_many_answers_speak_for_themselves() -> None:
    counts = np.zeros((2, 2, 2))
    counts[0] = [[900.0, 100.0], [400.0, 600.0]]
    confusion = np.exp(Hierarchy(coin=0.0).log_weights(counts))[0]
    assert confusion == pytest.approx(np.array([[0.9, 0.1], [0.4, 0.6]]), abs=0.01)


def test_it_learns_nothing_from_tasks_with_a_single_answer() -> None:
    task, worker = np.arange(50), np.arange(50) % 5
    votes = VoteTable(task, worker, task % 2, 50, 5, 2)
    assert not hierarchy.fit(votes, model=Hierarchy()).counts_wkl.any()


def test_it_learns_from_single_answers_to_gold() -> None:
    votes = votes_of([0, 1], [0, 0], [1, 0], 2, 1, 2)
    counts = hierarchy.fit(votes, model=Hierarchy(), gold=[1, 1]).counts_wkl
    assert counts[0].tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_it_is_right_with_few_answers_and_many_classes() -> None:
    # flat priors leave fewer than half of these right
    makeup = Makeup(accuracy=0.85, sameness=6.0, biased=0.2, spammers=0.1)
    crowd = simulate.crowd(np.random.default_rng(1), 400, 80, 10, answers_per_task=4, makeup=makeup)
    fitted = hierarchy.fit(crowd.votes, model=Hierarchy())
    right = [_posterior(crowd.votes, fitted, t).argmax() == crowd.truth_t[t] for t in range(400)]
    assert np.mean(right) > 0.85


def test_it_lets_answers_outvote_an_expert_who_errs() -> None:
    votes = VoteTable(
        np.repeat(np.arange(40), 5), np.tile(np.arange(5), 40), np.repeat(np.arange(40) % 2, 5), 40, 5, 2
    )
    wrong = np.full(40, -1)
    wrong[0] = 1
    certain, doubtful = (
        hierarchy.fit(votes, model=Hierarchy(), gold=wrong, gold_error=e) for e in (0.0, 0.2)
    )
    assert certain.counts_wkl[0, 1, 0] == pytest.approx(1.0, abs=0.05)
    assert doubtful.counts_wkl[0, 1, 0] < 0.05


def test_it_expects_near_mistakes_where_classes_have_an_order() -> None:
    newcomer = Hierarchy(ordinal=True).log_weights(np.zeros((1, 4, 4)))[0]
    assert newcomer[0, 1] > newcomer[0, 2] > newcomer[0, 3]
    plain = Hierarchy().log_weights(np.zeros((1, 4, 4)))[0]
    assert plain[0, 1] == pytest.approx(plain[0, 3])


@given(seed=st.integers(0, 10_000))
def test_it_does_not_care_about_the_order_of_votes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes = simulate.crowd(rng, 20, 6, 3, answers_per_task=3).votes
    order = rng.permutation(votes.n_votes)
    shuffled = VoteTable(votes.task[order], votes.worker[order], votes.label[order], 20, 6, 3)
    one, other = (hierarchy.fit(table, model=Hierarchy()) for table in (votes, shuffled))
    assert one.counts_wkl == pytest.approx(other.counts_wkl)


def test_it_takes_hostile_input_without_a_word() -> None:
    for votes in (
        votes_of([], [], [], 0, 0, 2),
        votes_of([], [], [], 3, 2, 2),
        votes_of([0, 0], [0, 1], [0, 0], 1, 2, 1),
        votes_of([0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0], 2, 2, 2),
    ):
        fitted = hierarchy.fit(votes, model=Hierarchy())
        assert np.isfinite(fitted.counts_wkl).all()
        assert fitted.prior_k.sum() == pytest.approx(1.0)


def test_it_refuses_a_start_of_another_shape() -> None:
    with pytest.raises(ValueError, match="start must have shape"):
        hierarchy.fit(votes_of([0], [0], [0], 1, 1, 2), model=Hierarchy(), start=np.zeros((2, 2, 2)))


def test_it_discounts_answers_whose_errors_go_together() -> None:
    assert design_effect([1, 2, 11], 0.1) == pytest.approx([1.0, 1 / 1.1, 0.5])
    assert design_effect([1, 5], 0.0).tolist() == [1.0, 1.0]
