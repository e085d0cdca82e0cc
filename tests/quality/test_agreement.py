"""Krippendorff's alpha."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from tasks.quality.agreement import krippendorff_alpha
from tasks.quality.votes import VoteTable
from tests.quality.crowds import vote_tables

# Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C: four observers, twelve units.
OBSERVERS = ("123321412___", "1233224125_3", "_3332342251_", "12332441251_")


def published() -> VoteTable:
    rows = [
        (unit, observer, int(value) - 1)
        for observer, values in enumerate(OBSERVERS)
        for unit, value in enumerate(values)
        if value != "_"
    ]
    task, worker, label = np.array(rows).T
    return VoteTable(task, worker, label, 12, 4, 5)


def test_it_gives_the_published_value() -> None:
    assert krippendorff_alpha(published()) == pytest.approx(0.743, abs=0.0005)


def test_it_is_one_for_perfect_agreement_and_below_nought_for_systematic_disagreement() -> None:
    task, worker = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert krippendorff_alpha(VoteTable(task, worker, np.array([0, 0, 1, 1]), 2, 2, 2)) == 1.0
    against = krippendorff_alpha(VoteTable(task, worker, np.array([0, 1, 0, 1]), 2, 2, 2))
    assert against is not None
    assert against < 0


def test_it_says_nothing_where_nothing_can_be_said() -> None:
    assert (
        krippendorff_alpha(VoteTable(np.array([0, 1]), np.array([0, 0]), np.array([0, 1]), 2, 1, 2)) is None
    )
    assert (
        krippendorff_alpha(VoteTable(np.array([0, 0]), np.array([0, 1]), np.array([1, 1]), 1, 2, 2)) is None
    )


@given(vote_tables())
def test_it_never_exceeds_one(votes: VoteTable) -> None:
    alpha = krippendorff_alpha(votes)
    assert alpha is None or alpha <= 1.0 + 1e-12
