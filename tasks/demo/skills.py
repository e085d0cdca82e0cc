"""How well simulated workers see, and how fast: a few kinds of people. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tasks.demo.content import DemoRow, Value


@dataclass(frozen=True)
class Skill:
    """A kind of worker: how often right on an easy row (0..1), and time taken against the usual (1)."""

    name: str
    accuracy: float
    pace: float


GOOD = Skill("good", 0.96, 1.1)
AVERAGE = Skill("average", 0.87, 1.0)
SLOPPY = Skill("sloppy", 0.70, 0.7)
SPAMMER = Skill("spammer", 0.0, 0.3)
#: of twenty workers so many are of each kind
MAKEUP = ((GOOD, 7), (AVERAGE, 8), (SLOPPY, 4), (SPAMMER, 1))


def skills(count: int) -> list[Skill]:
    """The kinds of `count` workers, well mixed, the same for the same count."""
    deck = [skill for skill, share in MAKEUP for _ in range(share)]
    random.Random("skills").shuffle(deck)  # noqa: S311
    return [deck[number % len(deck)] for number in range(count)]


def answer(row: DemoRow, skill: Skill, rng: random.Random) -> Value:
    """What a worker of this skill says of a row.

    A hard row pulls everybody towards guessing among the truth and what it is taken for; a spammer always
    guesses.
    """
    guess = 1.0 / (1 + len(row.wrong))
    right = guess if skill is SPAMMER else guess + (skill.accuracy - guess) * (1.0 - row.hard)
    return row.truth if rng.random() < right else rng.choice(list(row.wrong))


def seconds(usual: float, skill: Skill, rng: random.Random) -> float:
    """How long a worker takes over a row whose usual time is `usual` seconds: log-normal, as people are."""
    return usual * skill.pace * rng.lognormvariate(-0.08, 0.4)
