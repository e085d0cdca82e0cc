"""Recorded structured answers, and what the workers' agreement says of each of them."""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace.kinds.kind import Json, Kind

#: answers' worth of belief that a worker is like the crowd
BELIEF = 3.0
#: what a weight is when nothing is known of anybody
ALIKE = 0.75


@dataclass(frozen=True)
class Answered:
    """One task: (worker, canonical answer) in the order recorded, and the truth where it is known."""

    task: str
    given: Sequence[tuple[str, Json]]
    truth: Json

    @property
    def answers(self) -> list[Json]:
        """The answers without who gave them."""
        return [answer for _, answer in self.given]


def read_crowd(folder: Path, kind: Kind[Any], config: Any, shaped: Any) -> list[Answered]:
    """All tasks of `labels.csv`, with the truth of `gold.csv`; `shaped` makes a raw answer of a cell."""
    given: dict[str, list[tuple[str, Json]]] = defaultdict(list)
    for row in _rows(folder / "labels.csv"):
        given[row["task"]].append((row["worker"], kind.canonical(config, shaped(row["label"]))))
    truth = {row["task"]: kind.canonical(config, shaped(row["label"])) for row in _rows(folder / "gold.csv")}
    return [Answered(task, answers, truth.get(task)) for task, answers in given.items()]


def accuracies(kind: Kind[Any], config: Any, crowd: Sequence[Answered]) -> Mapping[str, float]:
    """Each worker's accuracy without any truth, from how far they agree with the others.

    The mean agreement of their answers with the merged answers of all others to the same task, shrunk to the
    crowd's by `BELIEF` answers. Others' answers are merged with equal weights; a task counts where at least
    two others answered.
    """
    seen: dict[str, list[float]] = defaultdict(list)
    for each in crowd:
        for i, (worker, answer) in enumerate(each.given):
            others = [other for j, (who, other) in enumerate(each.given) if j != i and who != worker]
            if len(others) >= 2:
                merged = kind.merge(config, others, [ALIKE] * len(others)).value
                seen[worker].append(kind.agree(config, answer, merged))
    everybody = [score for scores in seen.values() for score in scores]
    typical = sum(everybody) / len(everybody)
    found = {
        worker: (sum(scores) + BELIEF * typical) / (len(scores) + BELIEF) for worker, scores in seen.items()
    }
    return defaultdict(lambda: typical, found)


def as_json(cell: str) -> Any:
    """A cell that holds JSON."""
    return json.loads(cell)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
