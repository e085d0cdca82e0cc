"""Pictures of dots to be counted. Pure."""

from __future__ import annotations

import random
from math import hypot

from tasks.demo.content import DemoProject, DemoRow
from tasks.demo.pictures import Canvas

WIDTH, HEIGHT, RADIUS = 360, 240, 15.0
ROWS, HIDDEN = 120, (17, 58, 93)
GUIDELINES = """
Count the dots in the picture and choose the number.

- Every dot counts, whatever its colour.
- Two dots may touch. Look whether an outline has one bulge or two.
- Unsure? Count once more, row by row. A second look costs less than a wrong answer.
"""


def dots() -> DemoProject:
    """One to nine dots; in a few pictures one hides almost wholly behind another."""
    rng = random.Random("dots")  # noqa: S311  (drawn the same for everybody)
    return DemoProject(
        key="dots",
        name="Count the dots",
        question={
            "name": "count",
            "kind": "choice",
            "title": "How many dots are there?",
            "options": [str(number) for number in range(1, 10)],
        },
        display=[{"field": "picture", "as": "image"}],
        guidelines=GUIDELINES,
        rows=[_row(rng, number) for number in range(ROWS)],
        terms={"reward_micros": 30_000, "seconds_per_task": 8, "suite_size": 6},
    )


def _row(rng: random.Random, number: int) -> DemoRow:
    hidden = number in HIDDEN
    count = rng.randint(4 if hidden else 2, 8)
    places = _places(rng, count)
    if hidden:
        x, y = places[-2]
        places[-1] = (x + 2.5, y + 1.5)
    sheet = Canvas(WIDTH, HEIGHT)
    inks = rng.choices(["slate", "gold", "sea", "brick"], k=count)
    if hidden:
        inks[-1] = inks[-2]
    for (x, y), ink in zip(places, inks, strict=True):
        sheet.dot(x, y, RADIUS, ink)
    gold = number % 8 == 3 and not hidden
    return DemoRow(
        id=f"dots-{number + 1:03}",
        data={"picture": sheet.address()},
        truth=str(count),
        wrong=[str(count - 1)] if hidden else [str(count - 1), str(count + 1)],
        hard=1.0 if hidden else 0.02 * count,
        reason=f"There are {count} dots. Counting row by row from the top helps." if gold else "",
    )


def _places(rng: random.Random, count: int) -> list[tuple[float, float]]:
    """Centres of dots that do not overlap."""
    places: list[tuple[float, float]] = []
    while len(places) < count:
        spot = (rng.uniform(25, WIDTH - 25), rng.uniform(25, HEIGHT - 25))
        if all(hypot(spot[0] - x, spot[1] - y) > 2 * RADIUS + 4 for x, y in places):
            places.append(spot)
    return places
