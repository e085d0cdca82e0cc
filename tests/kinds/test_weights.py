"""What accuracies make of answers."""

from __future__ import annotations

import math

import pytest

from marketplace.kinds.weights import heard, log_odds, nearness


def test_answers_of_weight_nought_are_not_heard_unless_there_are_no_others() -> None:
    assert heard(["a", "b", "c"], [0.0, 0.6, 0.5]) == [("c", 0.5), ("b", 0.6)]
    assert heard(["b", "a"], [0.0, 0.0]) == [("a", 0.0), ("b", 0.0)]


def test_who_answered_first_does_not_matter() -> None:
    assert heard([{"b": 1, "a": 2}, [1]], [0.6, 0.6]) == heard([[1], {"a": 2, "b": 1}], [0.6, 0.6])


def test_it_refuses_nothing_and_weights_of_another_length() -> None:
    with pytest.raises(ValueError, match="nothing"):
        heard([], [])
    with pytest.raises(ValueError, match=r"shorter|longer"):
        heard(["a", "b"], [0.5])


def test_who_is_no_better_than_chance_has_no_log_odds() -> None:
    assert [log_odds(0.5), log_odds(0.2), log_odds(0.0)] == [0, 0, 0]
    assert log_odds(0.8) == pytest.approx(math.log(4))
    assert log_odds(0.5, chance=0.25) == pytest.approx(math.log(3))


def test_nobody_is_certain() -> None:
    assert log_odds(1.0) == log_odds(0.99)
    assert nearness(1.0) == nearness(0.99)


def test_nearness_is_how_errors_must_fall_for_so_many_to_be_within_the_tolerance() -> None:
    assert 1 - math.exp(-nearness(0.7)) == pytest.approx(0.7)
    assert nearness(0.0) == 0
