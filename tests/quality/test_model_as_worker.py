"""A model's predictions as the votes of one more worker: measured like anybody, heard as far as right."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.quality import simulate
from tasks.quality.promise.engine import Learned, learn
from tasks.quality.promise.stopping import Decision, Rule, threshold
from tasks.quality.simulate import Crowd, Makeup
from tasks.quality.votes import IntArray, VoteTable

N_TASKS, GOLD = 1000, 100
TARGET = 0.9


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    return simulate.crowd(
        np.random.default_rng(3), N_TASKS, 30, 2, answers_per_task=4, makeup=Makeup(accuracy=0.8)
    )


def predicted(crowd: Crowd, accuracy: float) -> IntArray:
    """What a model says of each task."""
    rng = np.random.default_rng(4)
    return np.where(rng.random(N_TASKS) < accuracy, crowd.truth_t, 1 - crowd.truth_t)


def with_model(votes: VoteTable, said_t: IntArray) -> VoteTable:
    """The crowd's votes and those of a model: its last worker."""
    return VoteTable(
        np.concatenate([votes.task, np.arange(N_TASKS)]),
        np.concatenate([votes.worker, np.full(N_TASKS, votes.n_workers)]),
        np.concatenate([votes.label, said_t]),
        N_TASKS,
        votes.n_workers + 1,
        2,
    )


def gold_of(crowd: Crowd) -> IntArray:
    return np.where(np.arange(N_TASKS) < GOLD, crowd.truth_t, -1)


def accuracy(crowd: Crowd, learned: Learned) -> float:
    return float((learned.label_t[GOLD:] == crowd.truth_t[GOLD:]).mean())


def test_a_good_model_makes_labels_righter_and_weighs_more_than_the_mean_worker(crowd: Crowd) -> None:
    alone = learn(crowd.votes, gold_of(crowd))
    joined = learn(with_model(crowd.votes, predicted(crowd, 0.93)), gold_of(crowd))
    assert accuracy(crowd, joined) > accuracy(crowd, alone) + 0.02
    assert joined.teaches_w[-1] > 1.5 * joined.teaches_w[:-1].mean()


def test_a_model_that_guesses_is_not_heard(crowd: Crowd) -> None:
    alone = learn(crowd.votes, gold_of(crowd))
    joined = learn(with_model(crowd.votes, predicted(crowd, 0.5)), gold_of(crowd))
    assert (joined.label_t != alone.label_t).mean() < 0.02
    assert np.abs(joined.log_weights_wkl[-1, :, 0] - joined.log_weights_wkl[-1, :, 1]).max() < 1.0


def test_one_answer_settles_a_task_where_a_trusted_worker_and_the_model_agree(crowd: Crowd) -> None:
    said_t = predicted(crowd, 0.93)
    known = learn(with_model(crowd.votes, said_t), gold_of(crowd))
    trusted = int(known.teaches_w[:-1].argmax())
    theirs_v = np.flatnonzero((crowd.votes.worker == trusted) & (crowd.votes.task >= GOLD))
    task_v, label_v = crowd.votes.task[theirs_v], crowd.votes.label[theirs_v]
    log_vk = known.log_prior_k + known.log_weights_wkl[trusted][:, label_v].T
    log_vk = log_vk + known.log_weights_wkl[-1][:, said_t[task_v]].T
    confidence_v = 1.0 / (1.0 + np.exp(log_vk.min(axis=1) - log_vk.max(axis=1)))
    # a prediction costs nothing and is no answer: the least that is bought is one
    rule = Rule(threshold(TARGET), min_overlap=1, max_overlap=5)
    settled_v = np.array([rule.decide(float(sure), 1) is Decision.RESOLVE for sure in confidence_v])
    agree_v = label_v == said_t[task_v]
    assert settled_v[agree_v].all()
    assert not settled_v[~agree_v].all()
    right_v = log_vk.argmax(axis=1) == crowd.truth_t[task_v]
    assert right_v[settled_v].mean() >= TARGET
