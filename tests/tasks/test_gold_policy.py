"""How much gold a worker is due."""

from __future__ import annotations

import random

import pytest

from tasks.assignment.policy import GoldRecord, gold_count, gold_share_of

NEWCOMER = GoldRecord(0, 0, 2)
PROVEN = GoldRecord(30, 30, 2)


def share(*records: GoldRecord, answers: int = 200, gold_share: float = 0.05) -> float:
    return gold_share_of(records, answers=answers, gold_share=gold_share)


def test_it_is_much_for_whom_nobody_knows_and_as_the_client_wants_it_for_the_proven() -> None:
    assert share(NEWCOMER, answers=0) == share(answers=0) == 0.25
    assert share(PROVEN) == 0.05


def test_it_falls_in_steps_as_gold_is_answered_right() -> None:
    shares = [share(GoldRecord(right, right, 2), answers=10 * right) for right in range(31)]
    assert shares == sorted(shares, reverse=True)
    assert set(shares) == {0.25, 0.10, 0.05}


def test_it_stays_high_for_whom_gold_shows_to_guess() -> None:
    assert share(GoldRecord(15, 30, 2)) == 0.25


def test_it_is_that_of_the_question_a_worker_is_least_known_on() -> None:
    assert share(PROVEN, GoldRecord(2, 3, 5)) == 0.25


def test_it_asks_the_most_of_kinds_that_have_no_classes() -> None:
    assert share(GoldRecord(6, 6, None)) >= share(GoldRecord(6, 6, 10))


def test_it_is_never_less_than_the_client_wants() -> None:
    assert share(PROVEN, gold_share=0.4) == share(NEWCOMER, gold_share=0.4) == 0.4


def test_it_is_none_where_the_client_wants_none() -> None:
    assert share(NEWCOMER, gold_share=0.0) == 0.0


@pytest.mark.parametrize("size", [2, 5, 50])
def test_it_leaves_a_place_for_work(size: int) -> None:
    assert gold_count(size, share=1.0, rng=random.Random(0)) == size - 1


def test_it_may_fill_a_suite_of_one() -> None:
    assert gold_count(1, share=1.0, rng=random.Random(0)) == 1


def test_it_comes_to_the_share_in_the_long_run() -> None:
    rng = random.Random(7)
    drawn = [gold_count(10, share=0.25, rng=rng) for _ in range(2000)]
    assert abs(sum(drawn) / len(drawn) - 2.5) < 0.1
    assert set(drawn) >= {0, 1, 2, 3, 4, 5}
