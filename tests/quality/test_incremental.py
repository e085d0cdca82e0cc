"""Answer by answer to the same place as all at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.quality.truth import dawid_skene, posterior
from tasks.quality.truth.incremental import IncrementalFit
from tasks.quality.truth.kernel import VoteMatrix
from tasks.quality.truth.prior import DEFAULT_PRIOR, Prior, frequencies
from tasks.quality.votes import IntArray, VoteTable
from tests.quality import anaesthetists
from tests.quality.crowds import gold_for, priors, vote_tables


def fed(votes: VoteTable, gold: IntArray | None = None, prior: Prior | None = None) -> IncrementalFit:
    fit = IncrementalFit(votes.n_tasks, votes.n_workers, votes.n_labels, gold=gold, prior=prior or Prior())
    for task, worker, label in zip(
        votes.task.tolist(), votes.worker.tolist(), votes.label.tolist(), strict=True
    ):
        fit.add(task, worker, label)
    return fit


@settings(deadline=None)
@given(vote_tables(), priors(), st.data())
def test_counts_always_belong_to_the_posteriors(votes: VoteTable, prior: Prior, data: st.DataObject) -> None:
    gold = data.draw(gold_for(votes))
    fit = fed(votes, gold, prior)
    weight_t = np.where(gold >= 0, 1.0, prior.evidence(votes.per_task()))
    expected = VoteMatrix.of(votes).expected_counts(fit.post_tk * weight_t[:, None])
    assert fit.counts_wkl == pytest.approx(expected, abs=1e-9)
    free = fit.post_tk[(gold < 0) & (votes.per_task() > 0)]
    assert fit.prior_k == pytest.approx(frequencies(free.sum(axis=0), len(free), prior.balance))
    assert fit.post_tk.sum(axis=1) == pytest.approx(1.0)


def test_it_ends_where_the_batch_fit_ends() -> None:
    votes = anaesthetists.votes()
    gold = np.where(np.arange(votes.n_tasks) == 5, 2, -1)
    batch = dawid_skene.fit(votes, gold=gold, tol=-np.inf, max_iter=3000)
    fit = fed(votes, gold)
    fit.sweep(3000)
    assert fit.post_tk == pytest.approx(batch.post_tk, abs=1e-6)
    assert fit.counts_wkl == pytest.approx(batch.counts_wkl, abs=1e-6)
    assert fit.prior_k == pytest.approx(batch.prior_k, abs=1e-6)


def test_a_sweep_is_one_update_of_the_batch_fit() -> None:
    votes = anaesthetists.votes()
    two = dawid_skene.fit(votes, tol=-np.inf, max_iter=2)
    three = dawid_skene.fit(votes, tol=-np.inf, max_iter=3)
    fit = IncrementalFit.after(votes, two)
    fit.sweep()
    assert fit.post_tk == pytest.approx(three.post_tk)
    assert fit.counts_wkl == pytest.approx(three.counts_wkl)


def test_it_goes_on_from_a_batch_fit_and_hears_the_next_answer() -> None:
    votes = anaesthetists.votes()
    batch = dawid_skene.fit(votes)
    fit = IncrementalFit.after(votes, batch)
    assert fit.post_tk == pytest.approx(batch.post_tk)
    # Task 1 leans to one class; who is nearly always right now says another.
    least = int(batch.post_tk[1].argmin())
    heard = fit.add(1, 0, least)
    assert heard[least] > batch.post_tk[1, least]
    assert fit.post_tk[1] == pytest.approx(heard)
    others = np.arange(votes.n_tasks) != 1
    assert np.array_equal(fit.post_tk[others], batch.post_tk[others])
    assert fit.counts_wkl.sum() > batch.counts_wkl.sum()


def test_the_first_answer_is_weighed_as_everywhere_else() -> None:
    fit = IncrementalFit(1, 1, 2)
    weights = DEFAULT_PRIOR.log_weights(np.zeros((1, 2, 2)))
    expected = posterior.of_weights([1], weights, np.log([0.5, 0.5]), DEFAULT_PRIOR.correlation)
    assert fit.add(0, 0, 1) == pytest.approx(expected)


def test_gold_stays_and_teaches_whole_answers() -> None:
    fit = IncrementalFit(1, 2, 2, gold=[1])
    assert fit.add(0, 0, 1).tolist() == [0.0, 1.0]
    assert fit.add(0, 1, 0).tolist() == [0.0, 1.0]
    assert fit.counts_wkl.tolist() == [[[0.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [1.0, 0.0]]]


def test_what_it_hands_out_cannot_change_it() -> None:
    fit = IncrementalFit(1, 1, 2, gold=[1])
    fit.add(0, 0, 1)[:] = 7.0
    fit.post_tk[:] = 7.0
    fit.counts_wkl[:] = 7.0
    assert fit.post_tk.tolist() == [[0.0, 1.0]]
    assert fit.counts_wkl.sum() == 1.0


@pytest.mark.parametrize("answer", [(-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, -1), (0, 0, 2)])
def test_it_refuses_codes_out_of_range_and_stays_as_it_was(answer: tuple[int, int, int]) -> None:
    fit = IncrementalFit(1, 1, 2)
    with pytest.raises(ValueError, match="no such"):
        fit.add(*answer)
    assert not fit.counts_wkl.any()
