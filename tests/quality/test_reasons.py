"""Why an estimate changed, in one sentence."""

from __future__ import annotations

import pytest

from tasks.quality.trust.reasons import SENTENCES, Cause, Change, percent, sentence
from tasks.quality.trust.reliability import Reliability, of_gold


def _change(cause: Cause, right: float = 0, total: float = 0) -> Change:
    return Change(
        cause, Reliability(0.82, 0.7, 0.9, 16, 20), Reliability(0.79, 0.61, 0.92, 19, 25), right, total
    )


def test_it_says_what_was_seen_what_follows_and_how_sure_that_is() -> None:
    assert sentence(_change(Cause.GOLD, 3, 5)) == (
        "3 of the last 5 known questions right; the estimate moves from 82 % to 79 %; "
        "with 95 % probability the true share is between 61 % and 92 %."
    )


def test_one_answer_is_told_as_one() -> None:
    assert sentence(_change(Cause.GOLD, 0, 1)).startswith("The last known question was answered wrong;")
    assert sentence(_change(Cause.VERDICT, 1, 1)).startswith("An expert found the answer right;")


def test_an_estimate_that_does_not_move_is_said_to_stay() -> None:
    same = of_gold(8, 10)
    assert "stays at 75 %" in sentence(Change(Cause.AGE, same, same))


def test_every_code_has_a_sentence_and_every_sentence_its_numbers() -> None:
    codes = set()
    for cause in Cause:
        for total in (1, 2):
            change = _change(cause, 1, total)
            codes.add(change.code)
            assert "{" not in sentence(change)
    assert codes == set(SENTENCES)


def test_the_numbers_can_be_put_into_another_language() -> None:
    numbers = _change(Cause.CONSENSUS, 3.25, 5.0).numbers
    assert numbers["before"] == 82
    assert (numbers["right"], numbers["total"]) == (3.2, 5.0)


def test_nobody_is_called_perfect_or_hopeless() -> None:
    assert (percent(0.999), percent(0.001)) == (99, 1)
    assert (percent(1.0), percent(0.0), percent(0.5)) == (100, 0, 50)


def test_it_refuses_impossible_counts() -> None:
    with pytest.raises(ValueError, match="right"):
        _change(Cause.GOLD, 3, 2)
