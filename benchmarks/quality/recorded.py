"""Read a recorded crowd: a folder with labels.csv (task, worker, label) and gold.csv (task, label)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasks.quality.votes import IntArray, VoteTable


@dataclass(frozen=True, eq=False)
class Recorded:
    """A crowd's answers in the order of the file, and the truth where somebody established it."""

    name: str
    #: a worker's second answer to the same task is left out
    votes: VoteTable
    #: shape (n_tasks,), -1 where unknown
    truth_t: IntArray


#: more distinct answers than this are not classes
MOST_CLASSES = 50


def is_categorical(folder: Path) -> bool:
    """Whether the answers of the folder are classes, not boxes, spans or texts."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        return len({row["label"] for row in csv.DictReader(file)}) <= MOST_CLASSES


def read_crowd(folder: Path) -> Recorded:
    """Read the folder; FileNotFoundError or KeyError when a file or a column is missing."""
    tasks: dict[str, int] = {}
    workers: dict[str, int] = {}
    answers: dict[tuple[int, int], str] = {}
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            task = tasks.setdefault(row["task"], len(tasks))
            worker = workers.setdefault(row["worker"], len(workers))
            answers.setdefault((task, worker), row["label"])
    with (folder / "gold.csv").open(newline="", encoding="utf-8") as file:
        known = {row["task"]: row["label"] for row in csv.DictReader(file)}
    classes = sorted({*answers.values(), *known.values()})
    code = {label: i for i, label in enumerate(classes)}
    pairs = np.array(list(answers), dtype=np.int64).reshape(-1, 2)
    label = np.array([code[label] for label in answers.values()], dtype=np.int64)
    truth_t = np.full(len(tasks), -1, dtype=np.int64)
    for name, value in known.items():
        if name in tasks:
            truth_t[tasks[name]] = code[value]
    votes = VoteTable(pairs[:, 0], pairs[:, 1], label, len(tasks), len(workers), len(classes))
    return Recorded(folder.name, votes, truth_t)


def draw_gold(truth_t: IntArray, share: float, rng: np.random.Generator) -> IntArray:
    """Truth of a random share of the tasks with one, two at least, and -1 elsewhere."""
    known = np.flatnonzero(truth_t >= 0)
    gold_t = np.full(len(truth_t), -1)
    chosen = rng.choice(known, max(2, round(share * len(known))), replace=False)
    gold_t[chosen] = truth_t[chosen]
    return gold_t
