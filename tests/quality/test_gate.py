"""Whose votes count: gold says, and gold alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quality.trust.gate import (
    DEFAULT_GATE,
    Entry,
    GatePolicy,
    State,
    accuracy_at,
    gate,
    gold_evidence,
    sprt,
)
from tasks.quality.votes import VoteTable

NEWCOMER, TRUSTED, EXCLUDED = (state.value for state in (State.NEWCOMER, State.TRUSTED, State.EXCLUDED))


@pytest.mark.parametrize("n_labels", [2, 3, 5, 10, 50])
def test_a_newcomer_is_heard_in_part(n_labels: int) -> None:
    found = gate([0], [0], n_labels)
    assert found.state_w[0] == NEWCOMER
    assert 0 < found.weight_w[0] < 0.7


def test_influence_grows_with_right_answers_until_trust_is_earned() -> None:
    right = np.arange(9)
    found = gate(right, right, 2)
    assert (np.diff(found.weight_w) >= 0).all()
    assert found.weight_w[4] < 1.0
    assert found.state_w[8] == TRUSTED
    assert found.weight_w[8] == 1.0


def test_five_classes_need_less_gold_than_two() -> None:
    right = np.arange(12)
    first = [int((gate(right, right, n).state_w == TRUSTED).argmax()) for n in (2, 5)]
    assert first[1] < first[0]
    assert first[1] <= 4


def test_who_is_near_chance_beyond_doubt_is_not_heard() -> None:
    found = gate([15, 4, 2], [20, 20, 5], 5)
    assert found.state_w.tolist() == [TRUSTED, EXCLUDED, NEWCOMER]
    assert found.weight_w[1] == 0.0


def test_little_gold_excludes_nobody() -> None:
    assert (gate([0, 0], [1, 2], 10).state_w == NEWCOMER).all()


def test_members_of_a_ring_share_their_gold() -> None:
    right, total = [1, 0, 0, 0, 3], [3, 3, 3, 3, 3]
    alone = gate(right, total, 5)
    pooled = gate(right, total, 5, [0, 0, 0, 0, -1])
    assert alone.state_w[0] == NEWCOMER
    assert (pooled.state_w[:4] == EXCLUDED).all()
    assert pooled.weight_w[4] == alone.weight_w[4]


def test_copies_of_one_lucky_answer_are_one_observation() -> None:
    lucky = gate([3] * 10, [3] * 10, 2, [0] * 10, gold_tasks=3)
    assert (lucky.state_w == NEWCOMER).all()
    assert lucky.weight_w == pytest.approx(gate([3], [3], 2).weight_w[0])


def test_who_guesses_well_by_the_class_balance_can_be_measured_against_it() -> None:
    assert gate([80], [100], 2).state_w[0] == TRUSTED
    assert gate([80], [100], 2, chance=0.9).state_w[0] == EXCLUDED


@given(st.integers(0, 30), st.integers(0, 30), st.integers(2, 12))
def test_a_right_answer_never_lowers_and_a_wrong_one_never_raises_the_weight(
    right: int, wrong: int, n_labels: int
) -> None:
    before, better, worse = gate(
        [right, right + 1, right], [right + wrong, right + wrong + 1, right + wrong + 1], n_labels
    ).weight_w
    assert worse <= before + 1e-12
    assert before <= better + 1e-12
    assert 0 <= worse <= better <= 1


@pytest.mark.parametrize("n_labels", [2, 5])
def test_the_test_at_the_entry_keeps_its_promises(n_labels: int) -> None:
    rng = np.random.default_rng(4)
    wrongly = {}
    for informedness, mistake in ((DEFAULT_GATE.poor, Entry.ACCEPT), (DEFAULT_GATE.fair, Entry.REJECT)):
        right_wn = rng.random((4000, 200)) < accuracy_at(informedness, 1 / n_labels)
        code_wn = sprt(right_wn.cumsum(axis=1), np.broadcast_to(np.arange(1, 201), (4000, 200)), 1 / n_labels)
        first_w = (code_wn != Entry.CONTINUE.value).argmax(axis=1)
        code_w = code_wn[np.arange(4000), first_w]
        assert (code_w != Entry.CONTINUE.value).mean() > 0.99
        wrongly[mistake] = float((code_w == mistake.value).mean())
    assert max(wrongly.values()) < 0.06


def test_gold_is_counted_once_per_ring_and_task() -> None:
    task = np.array([0, 0, 1, 1, 2, 2, 3])
    worker = np.array([0, 1, 0, 2, 1, 2, 2])
    label = np.array([1, 1, 0, 1, 0, 0, 0])
    votes = VoteTable(task, worker, label, 4, 4, 2)
    gold = [1, 0, 1, -1]
    right_w, total_w = gold_evidence(votes, gold)
    assert (right_w.tolist(), total_w.tolist()) == ([2, 1, 0, 0], [2, 2, 2, 0])
    right_w, total_w = gold_evidence(votes, gold, [0, 0, -1, -1])
    assert (right_w.tolist(), total_w.tolist()) == ([2, 2, 0, 0], [3, 3, 2, 0])
    halves, _ = gold_evidence(votes, gold, [5, -1, 5, -1])
    assert halves.tolist() == [1.5, 1, 1.5, 0]


def test_a_crowd_without_gold_is_all_newcomers() -> None:
    votes = VoteTable(np.array([0]), np.array([0]), np.array([0]), 1, 3, 2)
    assert gold_evidence(votes, [-1])[1].tolist() == [0, 0, 0]
    found = gate(np.zeros(3), np.zeros(3), 2)
    assert (found.weight_w == found.weight_w[0]).all()


def test_it_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="right <= total"):
        gate([2], [1], 2)
    with pytest.raises(ValueError, match="shape"):
        gate([1, 1], [1], 2)
    with pytest.raises(ValueError, match="cluster_w"):
        gate([1], [1], 2, [0, 0])
    with pytest.raises(ValueError, match="two classes"):
        gate([1], [1], 1)
    with pytest.raises(ValueError, match="poor"):
        GatePolicy(poor=0.8)
