"""numeric_best.best: each crowd gets the estimator that errs least on what was held back from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tasks.quality.truth.numbers import NumericVotes
from tasks.quality.truth.numeric_best import DEFAULT, LEAST_GOLD, best
from tasks.quality.votes import FloatArray

N_TASKS = 400


@dataclass(frozen=True)
class People:
    """A crowd: how far its workers' biases and (in logs) spreads are apart, and what else happens."""

    n_workers: int = 60
    answers_per_task: int = 7
    bias: float = 0.0
    spread: float = 0.0
    #: share of answers that are far off
    slips: float = 0.0
    #: if given, numbers are whole, and each worker is exactly right as often as a draw from this Beta says
    exact: tuple[float, float] | None = None
    #: errors are shares of the number
    relative: bool = False


ALIKE_AND_MILD = People(n_workers=400)
MOSTLY_EXACT = People(n_workers=400, exact=(600.0, 400.0))
SOME_ARE_EXACT = People(exact=(0.9, 0.9))
THEY_DIFFER = People(bias=0.5, spread=0.7, slips=0.05)
SHARES = People(bias=0.2, spread=0.8, relative=True)


def answers(people: People, seed: int = 0) -> tuple[NumericVotes, FloatArray]:
    """A batch answered by such people, and the real numbers."""
    rng = np.random.default_rng(seed)
    number_t = np.exp(rng.normal(1, 0.7, N_TASKS)) if people.relative else rng.normal(0, 5, N_TASKS)
    seats = rng.random((N_TASKS, people.n_workers)).argsort(axis=1)[:, : people.answers_per_task]
    worker, task = seats.ravel(), np.repeat(np.arange(N_TASKS), people.answers_per_task)
    bias_w = rng.normal(0, people.bias, people.n_workers)
    spread_w = np.exp(rng.normal(0, people.spread, people.n_workers))
    error = bias_w[worker] + spread_w[worker] * rng.normal(size=len(task))
    error += np.where(rng.random(len(task)) < people.slips, rng.normal(0, 20, len(task)), 0.0)
    if people.exact:
        number_t, right_w = np.round(3 * number_t), rng.beta(*people.exact, size=people.n_workers)
        error = np.where(rng.random(len(task)) < right_w[worker], 0.0, rng.normal(0, 4, len(task)))
    value = number_t[task] * np.exp(0.3 * error) if people.relative else number_t[task] + error
    return NumericVotes(task, worker, value, N_TASKS, people.n_workers), number_t


@pytest.mark.parametrize(
    ("people", "method"),
    [
        (ALIKE_AND_MILD, "mean"),
        (SOME_ARE_EXACT, "weighted median"),
        (THEY_DIFFER, "robust mean"),
        (SHARES, "robust mean of logarithms"),
    ],
)
def test_each_crowd_gets_its_own_method(people: People, method: str) -> None:
    """Or, where the evidence does not carry that, the default: never a third."""
    found = [best(answers(people, seed)[0], seed=seed) for seed in range(3)]
    assert all(numbers.method == chosen.method for numbers, chosen in found)
    names = [chosen.method for _, chosen in found]
    assert names.count(method) >= 2
    assert set(names) <= {method, DEFAULT}


def test_where_most_are_exactly_right_it_takes_a_median() -> None:
    """Of people alike the weighted one is as good: which of the two does not matter."""
    found = {best(answers(MOSTLY_EXACT, seed)[0], seed=seed)[1].method for seed in range(3)}
    assert found <= {"median", "weighted median"}
    assert "median" in found


@pytest.mark.parametrize("people", [ALIKE_AND_MILD, MOSTLY_EXACT, SOME_ARE_EXACT, THEY_DIFFER, SHARES])
def test_what_it_chooses_errs_hardly_more_than_any_other(people: People) -> None:
    """Judged by the real numbers, which it never saw."""
    votes, number_t = answers(people, 5)
    numbers, chosen = best(votes, seed=5)
    plain = np.array([np.median(votes.value[votes.task == task]) for task in range(N_TASKS)])
    mean = np.bincount(votes.task, weights=votes.value) / people.answers_per_task
    least = min(float(np.abs(each - number_t).mean()) for each in (plain, mean))
    assert float(np.abs(numbers.value_t - number_t).mean()) <= 1.1 * least
    assert chosen.evidence == "answers"


def test_it_says_what_it_tried_and_why_it_chose() -> None:
    _, chosen = best(answers(SOME_ARE_EXACT)[0])
    assert [score.method for score in chosen.scores] == [DEFAULT, "weighted median", "mean", "median"]
    own = next(score for score in chosen.scores if score.method == chosen.method)
    assert own.error < chosen.scores[0].error
    assert own.better_by == pytest.approx(chosen.scores[0].error - own.error)
    assert own.better_by > 2 * own.standard_error
    assert chosen.reason == (
        f"on {chosen.held_back} answers held back it erred by {own.error:.4g}, "
        f"robust mean by {chosen.scores[0].error:.4g}"
    )


def test_without_a_clear_winner_the_default_stays() -> None:
    _, chosen = best(answers(THEY_DIFFER)[0])
    assert chosen.method == DEFAULT
    assert chosen.reason.endswith("and no other method by clearly less")


def test_three_answers_a_task_tell_nothing_so_the_default_stays() -> None:
    votes, _ = answers(People(n_workers=400, answers_per_task=3))
    numbers, chosen = best(votes)
    assert (chosen.method, chosen.evidence, chosen.held_back) == (DEFAULT, "none", 0)
    assert numbers.method == DEFAULT


def test_gold_judges_where_there_is_enough_of_it() -> None:
    votes, number_t = answers(People(exact=(0.9, 0.9), answers_per_task=3))
    few_t, enough_t = (np.where(np.arange(N_TASKS) < n, number_t, np.nan) for n in (LEAST_GOLD - 1, 150))
    assert best(votes, gold=few_t)[1].evidence == "none"
    numbers, chosen = best(votes, gold=enough_t)
    assert (chosen.evidence, chosen.held_back) == ("gold", 150)
    assert "median" in chosen.method
    assert "known numbers held back" in chosen.reason
    assert (numbers.value_t[:150] == number_t[:150]).all()
    assert not numbers.error_t[:150].any()


def test_logarithms_are_for_numbers_above_nought() -> None:
    votes, _ = answers(SHARES)
    below = NumericVotes(votes.task, votes.worker, votes.value - 100, votes.n_tasks, votes.n_workers)
    names = [[score.method for score in best(each)[1].scores] for each in (votes, below)]
    assert "robust mean of logarithms" in names[0]
    assert "robust mean of logarithms" not in names[1]


@pytest.mark.parametrize("people", [ALIKE_AND_MILD, THEY_DIFFER, SHARES])
def test_its_interval_holds_the_number_about_as_often_as_it_says(people: People) -> None:
    held = []
    for seed in range(3):
        votes, number_t = answers(people, seed)
        low_t, high_t = best(votes, seed=seed)[0].interval()
        held.append(((low_t <= number_t) & (number_t <= high_t)).mean())
    assert 0.9 <= np.mean(held) <= 0.99


def test_the_same_seed_gives_the_same_choice() -> None:
    votes, _ = answers(ALIKE_AND_MILD)
    assert best(votes, seed=3)[1] == best(votes, seed=3)[1]


def test_a_task_without_answers_has_no_number_whatever_is_chosen() -> None:
    votes, _ = answers(SOME_ARE_EXACT)
    wider = NumericVotes(votes.task, votes.worker, votes.value, N_TASKS + 1, votes.n_workers)
    numbers, chosen = best(wider)
    assert chosen.method == "weighted median"
    assert np.isnan(numbers.value_t[-1])
    assert np.isinf(numbers.error_t[-1])


def test_it_takes_nothing_at_all_and_a_single_answer() -> None:
    nobody = NumericVotes(np.array([], int), np.array([], int), np.array([]), 0, 0)
    assert best(nobody)[1].evidence == "none"
    one = NumericVotes(np.array([0]), np.array([0]), np.array([7.0]), 1, 1)
    assert best(one)[0].value_t.tolist() == pytest.approx([7.0])
