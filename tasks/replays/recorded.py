"""Folders of recorded answers: labels.csv, gold.csv and, where there is one, items.csv. Pure."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

LONGEST_ID = 200
MOST_CLASSES, LONGEST_CLASS = 200, 100
RESERVED = ("id", "gold", "gold_reason")


class RecordingUnreadable(Exception):
    """The folder cannot be replayed; the text says why, in one line."""


class Answer(NamedTuple):
    """One recorded answer; `seconds` the worker took, where it was noted."""

    task: str
    worker: str
    label: str
    seconds: float | None


@dataclass(frozen=True)
class Recording:
    """A crowd's answers in recorded order, and the truth where somebody established it.

    `items` holds each task's content, `classes` every class that was answered or is true.
    """

    name: str
    answers: tuple[Answer, ...]
    truth: Mapping[str, str]
    items: Mapping[str, Mapping[str, str]]
    classes: tuple[str, ...]

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks with an answer, in the order of their first."""
        return tuple(dict.fromkeys(answer.task for answer in self.answers))

    @property
    def workers(self) -> tuple[str, ...]:
        """Workers in the order of their first answer."""
        return tuple(dict.fromkeys(answer.worker for answer in self.answers))

    def first(self, answers: int) -> Recording:
        """Only the first so many answers."""
        return replace(self, answers=self.answers[:answers])


def read_recording(folder: Path) -> Recording:
    """Read a folder; RecordingUnreadable says in one line what stands in the way.

    Only answers out of a list of classes can be replayed: boxes, spans and texts are refused.
    """
    answers = tuple(_answers(folder / "labels.csv"))
    if not answers:
        raise RecordingUnreadable(f"{folder / 'labels.csv'} holds no answers")
    truth = {row["task"]: row["label"] for row in _rows(folder / "gold.csv", ("task", "label"))}
    found = sorted({answer.label for answer in answers} | set(truth.values()), key=_in_order)
    if not _are_classes(found):
        raise RecordingUnreadable(
            f"{folder.name}: the answers are not out of a list of classes; only such answers can be replayed"
        )
    items = {}
    if (folder / "items.csv").is_file():
        for row in _rows(folder / "items.csv", ("task",)):
            items[row["task"]] = {_column(name): text for name, text in row.items() if name != "task"}
    return Recording(folder.resolve().name, answers, truth, items, tuple(found))


def choose_gold(recording: Recording, *, share: float, seed: int) -> frozenset[str]:
    """Tasks whose truth is given away beforehand: `share` (0..1) of all tasks, drawn from those with a truth.

    Never more than half of these: the others must tell how good the result is.
    """
    tasks = recording.tasks
    known = [task for task in tasks if task in recording.truth]
    count = min(round(share * len(tasks)), len(known) // 2)
    return frozenset(random.Random(f"gold {seed}").sample(known, count))  # noqa: S311


def _answers(path: Path) -> Iterator[Answer]:
    for row in _rows(path, ("task", "worker", "label")):
        yield Answer(row["task"], row["worker"], row["label"], _seconds(row.get("seconds", "")))


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Rows of a CSV file whose needed cells are all filled, without surrounding white space."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise RecordingUnreadable(f"{path} has no column {', '.join(missing)}")
            for raw in reader:
                row = {str(name): str(cell or "").strip() for name, cell in raw.items() if name is not None}
                if not all(row[name] for name in needed) or len(row["task"]) > LONGEST_ID:
                    raise RecordingUnreadable(f"{path}, line {reader.line_num}: a cell is empty or too long")
                yield row
    except OSError as error:
        raise RecordingUnreadable(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecordingUnreadable(f"{path} is not a CSV file in UTF-8: {error}") from error


def _column(name: str) -> str:
    return f"item_{name}" if name in RESERVED else name


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds <= 86_400 else None


def _in_order(label: str) -> tuple[int, str]:
    """Numbers by size, then words."""
    return (int(label), "") if label.isdecimal() and len(label) < 10 else (10**10, label)


def _are_classes(labels: list[str]) -> bool:
    lists = sum(label.startswith("[") for label in labels)
    return len(labels) <= MOST_CLASSES and max(map(len, labels)) <= LONGEST_CLASS and lists < len(labels) / 2
