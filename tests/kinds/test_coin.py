"""One-coin posteriors."""

from __future__ import annotations

import pytest

from marketplace.kinds import coin


def test_one_answer_is_worth_its_workers_accuracy() -> None:
    assert coin.among([1], [0.7], 3)[1] == pytest.approx(0.7)
    assert coin.among_seen(["x"], [0.7]) == pytest.approx({"x": 0.7})


def test_nobodys_answer_leaves_all_classes_alike() -> None:
    assert coin.among([], [], 4) == pytest.approx([0.25] * 4)
    assert coin.among_seen([], []) == {}


def test_a_certain_worker_can_still_be_outvoted() -> None:
    assert coin.among([0, 1, 1, 1], [1.0, 0.95, 0.95, 0.95], 2)[1] > 0.5


def test_it_refuses_weights_of_another_length() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        coin.among([0, 1], [0.5], 2)
