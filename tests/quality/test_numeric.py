"""Numeric answers: robust numbers, and each worker's bias and spread."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.quality.truth import numeric
from tasks.quality.truth.median import weighted_median
from tasks.quality.truth.numbers import NumericVotes
from tasks.quality.truth.numeric import NumericPrior
from tasks.quality.votes import FloatArray


def answers(
    seed: int, *, n_tasks: int = 300, answers_per_task: int = 5, bias: float = 0.5, slips: float = 0.05
) -> tuple[NumericVotes, FloatArray, FloatArray, FloatArray]:
    """Answers of 40 workers, and the real numbers, biases and spreads; a slip lies twenty spreads away."""
    rng = np.random.default_rng(seed)
    number_t, bias_w = rng.normal(0, 5, n_tasks), rng.normal(0, bias, 40)
    spread_w = np.exp(rng.normal(0, 0.6, 40))
    worker = rng.random((n_tasks, 40)).argsort(axis=1)[:, :answers_per_task].ravel()
    task = np.repeat(np.arange(n_tasks), answers_per_task)
    value = number_t[task] + bias_w[worker] + spread_w[worker] * rng.normal(size=len(task))
    value = value + np.where(rng.random(len(task)) < slips, rng.normal(0, 20, len(task)), 0.0)
    return NumericVotes(task, worker, value, n_tasks, 40), number_t, bias_w, spread_w


def plain_medians(votes: NumericVotes) -> FloatArray:
    """The median of each task's answers."""
    return np.array([np.median(votes.value[votes.task == task]) for task in range(votes.n_tasks)])


def test_it_beats_mean_and_median_where_workers_differ() -> None:
    votes, number_t, bias_w, _ = answers(0)
    target_t = number_t + bias_w.mean()  # what the crowd is wrong about as one, no one can know
    estimate = numeric.fit(votes)
    ours, robust = (
        float(np.abs(found - target_t).mean()) for found in (estimate.numbers.value_t, estimate.median_t)
    )
    plain = float(np.abs(plain_medians(votes) - target_t).mean())
    mean_t = np.bincount(votes.task, weights=votes.value) / 5
    assert ours < 0.75 * plain
    assert robust < 0.8 * plain
    assert ours < 0.4 * float(np.abs(mean_t - target_t).mean())


def test_it_finds_who_answers_too_high_and_who_errs_far() -> None:
    votes, _, bias_w, spread_w = answers(1, n_tasks=600, bias=1.0)
    estimate = numeric.fit(votes)
    assert estimate.bias_w == pytest.approx(bias_w - bias_w.mean(), abs=0.8)
    assert np.corrcoef(np.log(estimate.spread_w), np.log(spread_w))[0, 1] > 0.9


def test_its_interval_holds_the_number_about_as_often_as_it_says() -> None:
    held = []
    for seed in range(3):
        votes, number_t, bias_w, _ = answers(seed, slips=0.0)
        low_t, high_t = numeric.fit(votes).numbers.interval()
        target_t = number_t + bias_w.mean()
        held.append(((low_t <= target_t) & (target_t <= high_t)).mean())
    assert 0.92 <= np.mean(held) <= 0.99


def test_gold_is_clamped_and_takes_the_crowds_common_bias_away() -> None:
    votes, number_t, _, _ = answers(2, slips=0.0)
    shifted = NumericVotes(votes.task, votes.worker, votes.value + 3.0, votes.n_tasks, votes.n_workers)
    gold_t = np.where(np.arange(votes.n_tasks) % 3 == 0, number_t, np.nan)
    with_gold, without = numeric.fit(shifted, gold=gold_t), numeric.fit(shifted)
    known = ~np.isnan(gold_t)
    assert np.array_equal(with_gold.numbers.value_t[known], number_t[known])
    assert np.array_equal(with_gold.median_t[known], number_t[known])
    assert not with_gold.numbers.error_t[known].any()
    off, off_without = (
        float((one.numbers.value_t - number_t)[~known].mean()) for one in (with_gold, without)
    )
    assert abs(off) < 0.5
    assert off_without == pytest.approx(3.0, abs=0.5)


def test_a_worker_with_few_answers_is_nobody_special() -> None:
    votes, *_ = answers(3, slips=0.0)
    outlier = NumericVotes(
        np.append(votes.task, [0, 1]),
        np.append(votes.worker, [40, 40]),
        np.append(votes.value, votes.value[[0, 5]] + 0.01),
        votes.n_tasks,
        41,
    )
    estimate = numeric.fit(outlier)
    crowd = float(np.exp(np.log(estimate.spread_w[:40]).mean()))
    assert 0.5 * crowd < estimate.spread_w[40] < 2 * crowd


def test_one_slip_hardly_moves_a_number() -> None:
    task, worker = np.repeat(np.arange(30), 5), np.tile(np.arange(5), 30)
    value = task + np.tile([-0.2, -0.1, 0.0, 0.1, 0.2], 30) * np.repeat([1.0, -1.0], 75)
    slipped = np.where(np.arange(150) == 0, value + 1000.0, value)
    before, after = (
        numeric.fit(NumericVotes(task, worker, np.asarray(each, dtype=np.float64), 30, 5)).numbers.value_t[0]
        for each in (value, slipped)
    )
    assert after == pytest.approx(before, abs=0.3)


def test_a_task_without_answers_says_so() -> None:
    estimate = numeric.fit(NumericVotes(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 2.0]), 2, 3))
    assert np.isnan(estimate.numbers.value_t[1])
    assert np.isnan(estimate.median_t[1])
    assert np.isinf(estimate.numbers.error_t[1])
    assert np.all(np.isfinite(estimate.spread_w))
    empty = numeric.fit(NumericVotes(np.array([], int), np.array([], int), np.array([]), 0, 0))
    assert empty.converged


def test_full_agreement_is_certain_and_finite() -> None:
    task, worker = np.repeat(np.arange(5), 3), np.tile(np.arange(3), 5)
    estimate = numeric.fit(NumericVotes(task, worker, np.repeat(np.arange(5) * 2.0, 3), 5, 3))
    assert estimate.numbers.value_t == pytest.approx(np.arange(5) * 2.0)
    assert np.all(estimate.numbers.error_t < 1e-3)


def test_it_says_when_it_has_not_converged() -> None:
    votes, *_ = answers(4)
    early = numeric.fit(votes, max_iter=2)
    assert (early.n_iter, early.converged) == (2, False)
    assert numeric.fit(votes).converged


number = st.floats(-50, 50).map(lambda x: round(x, 2))


@st.composite
def small_tables(draw: st.DrawFn) -> NumericVotes:
    n_tasks, n_workers = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    row = st.tuples(st.integers(0, n_tasks - 1), st.integers(0, n_workers - 1), number)
    rows = draw(st.lists(row, min_size=1, max_size=25))
    task, worker, value = zip(*rows, strict=True)
    return NumericVotes(np.array(task), np.array(worker), np.array(value), n_tasks, n_workers)


@settings(deadline=None)
@given(small_tables(), st.floats(0.5, 100), st.floats(-100, 100))
def test_units_change_nothing(votes: NumericVotes, factor: float, shift: float) -> None:
    other = NumericVotes(
        votes.task, votes.worker, factor * votes.value + shift, votes.n_tasks, votes.n_workers
    )
    before, after = (numeric.fit(each, tol=0.0, max_iter=20) for each in (votes, other))
    scale = factor * (1.0 + float(np.ptp(votes.value)))
    assert after.numbers.value_t == pytest.approx(
        factor * before.numbers.value_t + shift, abs=1e-4 * scale, nan_ok=True
    )


@settings(deadline=None)
@given(small_tables(), st.data())
def test_the_order_of_votes_and_the_names_of_workers_change_nothing(
    votes: NumericVotes, data: st.DataObject
) -> None:
    order = np.array(data.draw(st.permutations(range(len(votes.value)))), dtype=np.int64)
    names = np.array(data.draw(st.permutations(range(votes.n_workers))), dtype=np.int64)
    renamed = NumericVotes(
        votes.task[order], names[votes.worker[order]], votes.value[order], votes.n_tasks, votes.n_workers
    )
    before, after = (numeric.fit(each, tol=0.0, max_iter=20) for each in (votes, renamed))
    assert after.numbers.value_t == pytest.approx(before.numbers.value_t, abs=1e-5, nan_ok=True)
    assert after.bias_w[names] == pytest.approx(before.bias_w, abs=1e-5)


@settings(deadline=None)
@given(small_tables())
def test_nothing_lies_beyond_what_was_said_and_biases_explain(votes: NumericVotes) -> None:
    estimate = numeric.fit(votes)
    told = votes.value - estimate.bias_w[votes.worker]
    for task in range(votes.n_tasks):
        here = told[votes.task == task]
        if len(here):
            slack = 1e-3 * (1.0 + float(np.ptp(votes.value)))
            assert here.min() - slack <= estimate.numbers.value_t[task] <= here.max() + slack
            assert here.min() - 1e-9 <= estimate.median_t[task] <= here.max() + 1e-9


@given(st.lists(st.tuples(number, st.floats(0.1, 5)), min_size=1, max_size=15))
def test_the_weighted_median_has_half_of_the_weight_on_each_side(rows: list[tuple[float, float]]) -> None:
    value, weight = (np.array(column) for column in zip(*rows, strict=True))
    middle = weighted_median(np.zeros(len(value), int), value, weight, 1)[0]
    half = weight.sum() / 2
    assert weight[value < middle - 1e-9].sum() <= half + 1e-6
    assert weight[value > middle + 1e-9].sum() <= half + 1e-6


def test_equal_weights_give_the_plain_median() -> None:
    group = np.array([2, 0, 0, 2, 0, 0, 2])
    value = np.array([5.0, 4.0, 1.0, 7.0, 2.0, 9.0, -1.0])
    found = weighted_median(group, value, np.ones(7), 3)
    assert found[[0, 2]].tolist() == [3.0, 5.0]
    assert np.isnan(found[1])


def test_it_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="finite"):
        NumericVotes(np.array([0]), np.array([0]), np.array([np.nan]), 1, 1)
    with pytest.raises(ValueError, match="length"):
        NumericVotes(np.array([0]), np.array([0]), np.array([1.0, 2.0]), 1, 1)
    votes = NumericVotes(np.array([0]), np.array([0]), np.array([1.0]), 1, 1)
    with pytest.raises(ValueError, match="gold"):
        numeric.fit(votes, gold=[1.0, 2.0])
    with pytest.raises(ValueError, match="level"):
        numeric.fit(votes).numbers.interval(1.0)
    with pytest.raises(ValueError, match="prior"):
        NumericPrior(tails=0.0)
