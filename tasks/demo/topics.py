"""Lines from a small town's notice board, each about one or two topics. Pure."""

from __future__ import annotations

import random

from tasks.demo.content import DemoProject, DemoRow

ROWS = 90
CLAUSES = {
    "food": (
        "the market has ripe pears again",
        "the bakery is looking for old rye recipes",
        "there is soup for everybody on Sunday",
        "somebody brought three jars of plum jam",
        "the mill sells fresh flour on Fridays",
        "the school garden has too many courgettes",
    ),
    "transport": (
        "the 14 bus takes the long way round",
        "the ferry runs every half hour",
        "a bicycle with a red basket was found",
        "the bridge is closed to cars until May",
        "two seats are free in a car to the coast",
        "the night train stops here again",
    ),
    "money": (
        "the rent for the hall goes up by a tenth",
        "the choir collects for a new piano",
        "library fines are forgiven this month",
        "tickets cost half before noon",
        "the council pays for new windows",
        "an envelope with forty crowns was handed in",
    ),
    "weather": (
        "the first frost is expected tonight",
        "fog will hang over the harbour",
        "after the storm the lane is under water",
        "it has not rained for five weeks",
        "the heat lasts until Thursday",
        "strong wind may bring down branches",
    ),
    "music": (
        "the brass band rehearses on the square",
        "a drummer is wanted for a small wedding",
        "the old organ is played once more",
        "there is singing by the fire",
        "a violin was left on the tram",
        "the record shop moves next door",
    ),
    "animals": (
        "a grey cat answers to the name of Minister",
        "the swans are back on the pond",
        "dogs stay on the lead in the park",
        "the beekeeper gives a talk",
        "hedgehogs need a gap under the fence",
        "somebody's hens walk on the road",
    ),
}
#: where people honestly differ; with what an expert says
UNCLEAR = {
    "The fish van broke down on the bridge and gives its load away.": ["food", "transport"],
    "The ferryman whistles for his tip.": ["transport", "money"],
    "The organ fund is frozen until spring.": ["money", "music"],
}
GUIDELINES = """
Tick **every** topic the notice is about. Most are about one or two.

- Tick what is said, not what might follow from it: rain is *weather* only, whatever it may spoil.
- A thing that moves people is *transport*, a bicycle on a lost-property list too.
- Prices, rents and collections are *money*, whatever they pay for.
"""


def topics() -> DemoProject:
    """Notices joined from one or two clauses whose topics are known."""
    rng = random.Random("topics")  # noqa: S311  (drawn the same for everybody)
    seen: set[str] = set()
    rows: list[DemoRow] = []
    while len(rows) < ROWS:
        row = _row(rng, len(rows))
        if row.data["notice"] not in seen:
            seen.add(row.data["notice"])
            rows.append(row)
    rows += [_unclear(notice, truth) for notice, truth in UNCLEAR.items()]
    return DemoProject(
        key="topics",
        name="Topics on the notice board",
        question={
            "name": "topics",
            "kind": "choices",
            "title": "What is the notice about?",
            "min": 1,
            "options": [{"value": topic, "label": topic.capitalize()} for topic in CLAUSES],
        },
        display=[{"field": "notice", "as": "text"}],
        guidelines=GUIDELINES,
        rows=rows,
        terms={"reward_micros": 60_000, "seconds_per_task": 15, "suite_size": 5},
    )


def _row(rng: random.Random, number: int) -> DemoRow:
    chosen = rng.sample(list(CLAUSES), rng.choice((1, 2, 2)))
    clauses = [rng.choice(CLAUSES[topic]) for topic in chosen]
    text = ", and ".join(clauses)
    truth = [topic for topic in CLAUSES if topic in chosen]
    others = [topic for topic in CLAUSES if topic not in chosen]
    extra = [[topic for topic in CLAUSES if topic in (*truth, other)] for other in rng.sample(others, 2)]
    fewer = [[topic] for topic in truth] if len(truth) > 1 else [[others[0]]]
    told = "; ".join(f"“{clause}” is {topic}" for topic, clause in zip(chosen, clauses, strict=True))
    return DemoRow(
        id=f"notice-{number + 1:03}",
        data={"notice": f"{text[0].upper()}{text[1:]}."},
        truth=list(truth),
        wrong=[*fewer, *extra],
        hard=0.1,
        reason=f"{told[0].upper()}{told[1:]}." if number % 8 == 5 else "",
    )


def _unclear(notice: str, truth: list[str]) -> DemoRow:
    return DemoRow(
        id=f"notice-{notice.split()[1]}",
        data={"notice": notice},
        truth=list(truth),
        wrong=[[topic] for topic in truth],
        hard=1.0,
    )
