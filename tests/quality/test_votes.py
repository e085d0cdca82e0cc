"""VoteTable refuses what would silently count wrong."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.quality.votes import VoteTable, known_labels


def table(task: list[int], worker: list[int], label: list[int]) -> VoteTable:
    return VoteTable(np.array(task), np.array(worker), np.array(label), n_tasks=2, n_workers=2, n_labels=2)


def test_it_holds_votes_as_integers() -> None:
    votes = table([0, 1], [1, 0], [1, 1])
    assert votes.n_votes == 2
    assert votes.label.dtype == np.int64


def test_it_may_be_empty() -> None:
    assert table([], [], []).n_votes == 0


@pytest.mark.parametrize(
    ("task", "worker", "label"), [([2], [0], [0]), ([0], [-1], [0]), ([0], [0], [2]), ([0, 1], [0], [0])]
)
def test_it_refuses_codes_out_of_range_and_ragged_columns(
    task: list[int], worker: list[int], label: list[int]
) -> None:
    with pytest.raises(ValueError, match=r"must lie|differ in length"):
        table(task, worker, label)


def test_it_refuses_fractions() -> None:
    with pytest.raises(ValueError, match="integers"):
        VoteTable(np.array([0.5]), np.array([0]), np.array([0]), 1, 1, 2)


def test_it_does_not_follow_later_changes_of_its_input() -> None:
    task = np.array([0, 1])
    votes = VoteTable(task, np.array([0, 0]), np.array([0, 0]), 2, 1, 2)
    task[0] = 1
    assert votes.task.tolist() == [0, 1]
    with pytest.raises(ValueError, match="read-only"):
        votes.task[0] = 1


def test_it_refuses_gold_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="shape"):
        known_labels([0], n_tasks=2, n_labels=2)
    with pytest.raises(ValueError, match="must lie"):
        known_labels([0, 2], n_tasks=2, n_labels=2)
