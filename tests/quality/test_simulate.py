"""Simulated crowds are what they say they are."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.quality.simulate import Makeup, confusions, crowd


def test_nobody_answers_a_task_twice() -> None:
    votes = crowd(np.random.default_rng(0), 50, 8, 3, answers_per_task=5).votes
    assert len({*zip(votes.task.tolist(), votes.worker.tolist(), strict=True)}) == votes.n_votes == 250


def test_the_same_seed_draws_the_same_crowd() -> None:
    one, other = (crowd(np.random.default_rng(7), 20, 6, 2) for _ in range(2))
    assert np.array_equal(one.votes.label, other.votes.label)


def test_workers_answer_as_their_confusion_says() -> None:
    drawn = crowd(np.random.default_rng(1), 4000, 5, 3, makeup=Makeup(accuracy=0.7))
    votes = drawn.votes
    right = drawn.truth_t[votes.task] == votes.label
    share_w = np.bincount(votes.worker, weights=right) / np.bincount(votes.worker)
    assert share_w == pytest.approx(drawn.accuracy_w, abs=0.03)


def test_hard_tasks_cost_accuracy() -> None:
    easy, hard = (
        crowd(np.random.default_rng(2), 2000, 10, 2, makeup=Makeup(accuracy=0.9, hard=share))
        for share in (0.0, 1.0)
    )
    easy_right, hard_right = (
        float((one.truth_t[one.votes.task] == one.votes.label).mean()) for one in (easy, hard)
    )
    assert easy_right - hard_right == pytest.approx(0.2, abs=0.05)


def test_spammers_answer_at_random() -> None:
    confusion_wkl = confusions(np.random.default_rng(3), 20, 4, Makeup(spammers=1.0))
    assert confusion_wkl == pytest.approx(np.full((20, 4, 4), 0.25))


def test_it_refuses_more_answers_than_workers() -> None:
    with pytest.raises(ValueError, match="as many workers"):
        crowd(np.random.default_rng(0), 5, 2, 2, answers_per_task=3)
