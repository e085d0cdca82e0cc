"""Pictures of labels with a short code to be typed. Pure."""

from __future__ import annotations

import random

from tasks.demo.content import DemoProject, DemoRow
from tasks.demo.pictures import Canvas

CELL, LENGTH, ROWS, SMUDGED = 7, 5, 80, (23, 61)
#: seven rows of five cells each, drawn by hand; letters that look like digits are left out
GLYPHS = {
    "A": "01110 10001 10001 11111 10001 10001 10001",
    "C": "01111 10000 10000 10000 10000 10000 01111",
    "E": "11111 10000 10000 11110 10000 10000 11111",
    "F": "11111 10000 10000 11110 10000 10000 10000",
    "H": "10001 10001 10001 11111 10001 10001 10001",
    "K": "10001 10010 10100 11000 10100 10010 10001",
    "L": "10000 10000 10000 10000 10000 10000 11111",
    "M": "10001 11011 10101 10101 10001 10001 10001",
    "N": "10001 11001 10101 10101 10011 10001 10001",
    "P": "11110 10001 10001 11110 10000 10000 10000",
    "R": "11110 10001 10001 11110 10100 10010 10001",
    "T": "11111 00100 00100 00100 00100 00100 00100",
    "V": "10001 10001 10001 10001 01010 01010 00100",
    "X": "10001 01010 00100 00100 00100 01010 10001",
    "Y": "10001 01010 00100 00100 00100 00100 00100",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "11110 00001 00001 01110 00001 00001 11110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "6": "01110 10000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 00100 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00001 01110",
}
#: what a hasty eye takes a character for
ALIKE = {"A": "H", "C": "E", "E": "F", "F": "E", "H": "N", "K": "X", "L": "E", "M": "N", "N": "M", "P": "R"}
ALIKE |= {"R": "P", "T": "7", "V": "Y", "X": "K", "Y": "V", "2": "7", "3": "8", "4": "9", "6": "8", "7": "T"}
ALIKE |= {"8": "6", "9": "4"}
GUIDELINES = """
Type the five characters on the parcel label, from left to right.

- Letters and digits only; capital or small letters make no difference.
- There is no letter **O**, **I**, **S**, **B** or **Z** and no digit **0**, **1** or **5**.
- The label may be scratched. Read through the scratches and give your best reading.
"""


def codes() -> DemoProject:
    """Scratched labels of five characters; a few are smudged beyond reading."""
    rng = random.Random("codes")  # noqa: S311  (drawn the same for everybody)
    return DemoProject(
        key="codes",
        name="Read the parcel label",
        question={
            "name": "code",
            "kind": "text",
            "title": "Which code is on the label?",
            "min_length": LENGTH,
            "max_length": LENGTH,
            "gold_distance": 0.0,
        },
        display=[{"field": "label", "as": "image"}],
        guidelines=GUIDELINES,
        rows=[_row(rng, number) for number in range(ROWS)],
        terms={"reward_micros": 40_000, "seconds_per_task": 12, "suite_size": 5},
    )


def _row(rng: random.Random, number: int) -> DemoRow:
    smudged = number in SMUDGED
    code = "".join(rng.choices(list(GLYPHS), k=LENGTH))
    sheet = _draw(rng, code)
    if smudged:
        for place in range(LENGTH):
            _smudge(rng, sheet, place)
    else:
        for _ in range(rng.randint(1, 4)):
            _scratch(rng, sheet)
    gold = number % 9 == 4 and not smudged
    return DemoRow(
        id=f"code-{number + 1:03}",
        data={"label": sheet.address()},
        truth=code,
        wrong=[_misread(code, place) for place in range(LENGTH)]
        + [_swapped(code, place) for place in range(LENGTH - 1) if code[place] != code[place + 1]],
        hard=1.0 if smudged else 0.05,
        reason=f"It reads {' '.join(code)}." if gold else "",
    )


def _draw(rng: random.Random, code: str) -> Canvas:
    sheet = Canvas(LENGTH * 6 * CELL + 3 * CELL, 13 * CELL)
    for place, character in enumerate(code):
        left, top = (2 + 6 * place) * CELL, (3 + rng.choice((-1, 0, 0, 1))) * CELL
        for row, cells in enumerate(GLYPHS[character].split()):
            for column, cell in enumerate(cells):
                if cell == "1":
                    sheet.block(left + column * CELL, top + row * CELL, CELL, "slate")
    return sheet


def _scratch(rng: random.Random, sheet: Canvas) -> None:
    start = (0.0, rng.uniform(0, sheet.height))
    sheet.line(start, (float(sheet.width), rng.uniform(0, sheet.height)), "brick")


def _smudge(rng: random.Random, sheet: Canvas, place: int) -> None:
    for _ in range(5):
        x = (2 + 6 * place + rng.uniform(0.5, 4.5)) * CELL
        sheet.dot(x, rng.uniform(3, 10) * CELL, 1.6 * CELL, "slate")


def _swapped(code: str, place: int) -> str:
    return code[:place] + code[place + 1] + code[place] + code[place + 2 :]


def _misread(code: str, place: int) -> str:
    return code[:place] + ALIKE[code[place]] + code[place + 1 :]
