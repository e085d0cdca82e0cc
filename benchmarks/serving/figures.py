"""Figures of a run: latencies, who answered what, ratios in one run and their medians. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

PERCENTILES = (50, 95, 99)


@dataclass
class Tally:
    """What happened under a load: seconds of each act, what was kept (item, worker), what was not.

    `unknown` answers were sent and nobody knows whether they were kept, for the reply did not come. `seconds`
    is how long it lasted where the system was driven by its own means, else 0.
    """

    next_s: list[float] = field(default_factory=list)
    submit_s: list[float] = field(default_factory=list)
    empty_s: list[float] = field(default_factory=list)
    kept: list[tuple[Hashable, Hashable]] = field(default_factory=list)
    refused: int = 0
    unknown: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    last_fault: str = ""
    seconds: float = 0.0

    def fault(self, act: str, error: BaseException) -> None:
        """Note that an act failed."""
        what = getattr(error, "status", None) or type(error).__name__
        self.faults[f"{act} {what}"] += 1
        self.last_fault = str(error)[:200]


@dataclass(frozen=True)
class Counts:
    """Answers as counted in one place: all of them, items with more than their overlap, answers beyond it,
    second answers of a worker to an item; items that have their full overlap. In Assay's database also the
    answers to known rows, which are among `answers` and not among `full`, and what the books add up to.
    """

    answers: int
    items_over: int
    surplus: int
    twice: int
    full: int = 0
    gold_answers: int = 0
    ledger_sum_micros: int = 0


class Ledger:
    """Every answer a system said it kept, on the driver's side: what its database must agree with."""

    def __init__(self) -> None:
        self._workers: dict[Hashable, list[Hashable]] = defaultdict(list)
        #: answers of which nobody knows whether they were kept
        self.unknown = 0

    def add(self, kept: Iterable[tuple[Hashable, Hashable]], *, unknown: int = 0) -> None:
        """Note answers that were kept, and how many may have been."""
        for item, worker in kept:
            self._workers[item].append(worker)
        self.unknown += unknown

    @property
    def answers(self) -> int:
        """How many."""
        return sum(map(len, self._workers.values()))

    def counts(self, overlap: int) -> Counts:
        """How they stand against the overlap."""
        numbers = [len(workers) for workers in self._workers.values()]
        twice = sum(len(workers) - len(set(workers)) for workers in self._workers.values())
        over = [number - overlap for number in numbers if number > overlap]
        return Counts(sum(numbers), len(over), sum(over), twice, sum(number >= overlap for number in numbers))


@dataclass(frozen=True)
class Times:
    """Percentiles of an act, in milliseconds; None without any."""

    n: int
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True)
class Cell:
    """One system under one load in one round.

    `cpu_ms` is CPU per answer by part of the system; `others` is how many cores everybody else used
    meanwhile, the driver apart.
    """

    system: str
    round: int
    items: int
    workers: int
    suite: int
    seconds: float
    answers: int
    per_second: float
    next: Times
    submit: Times
    cpu_ms: dict[str, float]
    web_pss_mib: float
    driver_cpu_ms: float
    others: float
    load: float
    refused: int
    empty: int
    faults: dict[str, int]
    last_fault: str

    @property
    def cpu(self) -> float:
        """CPU milliseconds per answer, all parts."""
        return sum(self.cpu_ms.values())

    def flat(self) -> dict[str, Any]:
        """For a JSON file."""
        return asdict(self) | {"cpu_ms_per_answer": self.cpu}


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that at least `share` percent of all do not exceed; None without any."""
    if not values:
        return None
    place = -(-len(values) * share // 100)  # rounded up
    return sorted(values)[max(0, int(place) - 1)]


def times_of(seconds: Sequence[float]) -> Times:
    """Percentiles in milliseconds."""
    ordered = sorted(seconds)
    found = [percentile(ordered, share) for share in PERCENTILES]
    return Times(len(seconds), *(None if value is None else round(value * 1000, 3) for value in found))


def ratios(cells: Iterable[Cell], one: str, other: str, value: Callable[[Cell], float | None]) -> list[float]:
    """`value` of one system over that of the other, wherever both stood under the same load in one round."""
    by_load: dict[tuple[int, ...], dict[str, Cell]] = defaultdict(dict)
    for cell in cells:
        by_load[cell.round, cell.items, cell.workers, cell.suite][cell.system] = cell
    pairs = [(found[one], found[other]) for found in by_load.values() if one in found and other in found]
    return divided((value(mine), value(theirs)) for mine, theirs in pairs)


def growth(
    cells: Iterable[Cell],
    system: str,
    field_name: str,
    ends: tuple[int, int],
    value: Callable[[Cell], float | None],
) -> list[float]:
    """`value` of one system where a field ("items", "suite") is `ends[1]`, over its value where it is
    `ends[0]`, all else and the round equal.
    """
    axes = [name for name in ("round", "items", "workers", "suite") if name != field_name]
    by_rest: dict[tuple[int, ...], dict[int, Cell]] = defaultdict(dict)
    for cell in cells:
        if cell.system == system:
            rest = tuple(getattr(cell, axis) for axis in axes)
            by_rest[rest][getattr(cell, field_name)] = cell
    pairs = [(found[ends[1]], found[ends[0]]) for found in by_rest.values() if set(ends) <= set(found)]
    return divided((value(last), value(first)) for last, first in pairs)


def divided(pairs: Iterable[tuple[float | None, float | None]]) -> list[float]:
    """Quotients of the pairs that have one."""
    return [first / second for first, second in pairs if first is not None and second]


def middle(values: Sequence[float]) -> float | None:
    """Median; None without any."""
    return median(values) if values else None


def merged(parts: Mapping[str, float], answers: int) -> dict[str, float]:
    """CPU seconds by part as milliseconds per answer."""
    return {name: round(seconds * 1000 / max(1, answers), 4) for name, seconds in parts.items()}
