"""What a part measured, and how it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line: a way to turn recorded answers into one, and how near it came to the truth."""

    #: of the recorded crowd
    crowd: str
    #: who or what was held against the truth: `mean worker`, `plain majority`, `consensus` ...
    name: str
    #: what was measured, and whether more of it is better: `token F1`, `WER`
    measure: str
    value: float
    tasks: int
    answers: int
    #: the figure to beat for the same crowd, measured before this project; None where there is none
    known: float | None = None


def show(rows: Sequence[Row]) -> None:
    """Print a table."""
    print(f"\n{'crowd':18}{'what':40}{'measure':16}{'value':>8}{'known':>8}{'tasks':>8}{'answers':>9}")
    for row in rows:
        known = "-" if row.known is None else f"{row.known:.3f}"
        print(
            f"{row.crowd:18}{row.name:40}{row.measure:16}{row.value:8.3f}{known:>8}"
            f"{row.tasks:8,}{row.answers:9,}"
        )
