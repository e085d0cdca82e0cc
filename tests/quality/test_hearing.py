"""hearing.hear: what a ring cannot do."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.quality.collusion import ACCOUNTS, with_ring
from tasks.quality import simulate
from tasks.quality.promise.engine import learn
from tasks.quality.simulate import Crowd, Makeup
from tasks.quality.trust.hearing import hear
from tasks.quality.votes import IntArray, VoteTable


def _honest(n_labels: int) -> Crowd:
    makeup = Makeup(accuracy=0.75, sameness=6.0, hard=0.2)
    return simulate.crowd(np.random.default_rng(0), 400, 30, n_labels, answers_per_task=5, makeup=makeup)


def _with_ring(crowd: Crowd, volume: float) -> VoteTable:
    return with_ring(crowd.votes, volume, np.random.default_rng(1))


def _gold(crowd: Crowd) -> IntArray:
    return np.where(np.arange(400) < 20, crowd.truth_t, -1)


@pytest.mark.parametrize("n_labels", [2, 5])
def test_it_makes_a_ring_as_large_as_the_crowd_cost_nothing(n_labels: int) -> None:
    crowd = _honest(n_labels)
    gold = _gold(crowd)
    alone = learn(crowd.votes, gold).label_t
    heard = hear(_with_ring(crowd, 1.0), gold)
    beset = learn(heard.votes, gold).label_t
    right = [(label_t == crowd.truth_t)[20:].mean() for label_t in (alone, beset)]
    assert right[1] >= right[0] - 0.01


def test_it_silences_a_ring_that_gold_shows_to_guess() -> None:
    crowd = _honest(5)
    heard = hear(_with_ring(crowd, 0.6), _gold(crowd))
    assert heard.ears.weight_w[30:].tolist() == [0.0] * ACCOUNTS
    assert heard.ears.weight_w[:30].tolist() == [1.0] * 30
    assert not (heard.votes.worker >= 30).any()


def test_it_leaves_an_honest_crowd_as_it_is() -> None:
    crowd = _honest(3)
    heard = hear(crowd.votes, _gold(crowd))
    assert heard.votes is crowd.votes
    assert heard.ears.weight_w.tolist() == [1.0] * 30
    assert heard.ears.speaker_w.tolist() == list(range(30))


def test_it_lets_a_ring_speak_once_while_gold_says_nothing() -> None:
    crowd = _honest(2)
    heard = hear(_with_ring(crowd, 0.6), np.full(400, -1))
    spoken = heard.votes.worker >= 30
    assert len(np.unique(heard.votes.task[spoken])) == spoken.sum()
    assert heard.ears.weight_w[30:].sum() == pytest.approx(1.0)
    assert set(heard.ears.speaker_w[30:]) == {30}


def test_it_takes_an_empty_table() -> None:
    empty = np.zeros(0, dtype=np.int64)
    assert hear(VoteTable(empty, empty, empty, 0, 0, 2), empty).votes.n_votes == 0
