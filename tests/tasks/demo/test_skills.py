"""How well and how fast simulated workers are."""

from __future__ import annotations

import random

import pytest

from tasks.demo.content import DemoRow
from tasks.demo.skills import AVERAGE, GOOD, SLOPPY, SPAMMER, Skill, answer, seconds, skills

ROW = DemoRow("r", {"text": "x"}, truth="a", wrong=["b", "c"])
HARD = DemoRow("r", {"text": "x"}, truth="a", wrong=["b", "c"], hard=1.0)


def share_right(row: DemoRow, skill: Skill) -> float:
    rng = random.Random(1)
    return sum(answer(row, skill, rng) == row.truth for _ in range(4000)) / 4000


@pytest.mark.parametrize("skill", [GOOD, AVERAGE, SLOPPY], ids=lambda skill: skill.name)
def test_a_worker_is_as_often_right_as_their_skill_says(skill: Skill) -> None:
    assert share_right(ROW, skill) == pytest.approx(skill.accuracy, abs=0.03)


def test_a_spammer_guesses() -> None:
    assert share_right(ROW, SPAMMER) == pytest.approx(1 / 3, abs=0.03)


def test_everybody_guesses_where_nobody_can_tell() -> None:
    assert share_right(HARD, GOOD) == pytest.approx(1 / 3, abs=0.03)


def test_the_sloppy_are_faster_and_nobody_takes_no_time() -> None:
    def mean(skill: Skill) -> float:
        rng = random.Random(2)
        taken = [seconds(10.0, skill, rng) for _ in range(2000)]
        assert min(taken) > 0
        return sum(taken) / len(taken)

    assert mean(AVERAGE) == pytest.approx(10.0, rel=0.05)
    assert mean(SPAMMER) < mean(SLOPPY) < mean(AVERAGE) < mean(GOOD)


def test_a_crowd_of_forty_has_people_of_every_kind() -> None:
    crowd = skills(40)
    assert crowd == skills(40)
    assert {skill.name: crowd.count(skill) for skill in set(crowd)} == {
        "good": 14,
        "average": 16,
        "sloppy": 8,
        "spammer": 2,
    }
