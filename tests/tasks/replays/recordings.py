"""Small recordings for tests: written as a folder, or simulated."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tasks.quality.simulate import Makeup, crowd

LABELS = [("a", "w1", "1"), ("a", "w2", "0"), ("b", "w1", "1"), ("a", "w1", "1")]
GOLD = [("a", "1"), ("b", "0"), ("c", "2")]


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """One CSV file with a header."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def write_folder(
    folder: Path,
    *,
    labels: Sequence[Sequence[object]] = LABELS,
    gold: Sequence[Sequence[object]] = GOLD,
    items: Sequence[Sequence[object]] = (),
) -> Path:
    """A folder of recorded answers."""
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "labels.csv", ["task", "worker", "label"], labels)
    write_csv(folder / "gold.csv", ["task", "label"], gold)
    if items:
        write_csv(folder / "items.csv", ["task", "text", "id"], items)
    return folder


def simulate_folder(folder: Path, *, tasks: int, workers: int, answers_per_task: int) -> Path:
    """A simulated crowd as a folder; two classes, mixed skills."""
    made = crowd(
        np.random.default_rng(5),
        tasks,
        workers,
        2,
        answers_per_task=answers_per_task,
        makeup=Makeup(accuracy=0.8),
    )
    votes = made.votes
    triples = zip(votes.task.tolist(), votes.worker.tolist(), votes.label.tolist(), strict=True)
    labels = [(f"t{task}", f"w{worker}", label) for task, worker, label in triples]
    return write_folder(
        folder,
        labels=labels,
        gold=[(f"t{task}", label) for task, label in enumerate(made.truth_t.tolist())],
        items=[(f"t{task}", f"picture {task}", "") for task in range(tasks)],
    )
