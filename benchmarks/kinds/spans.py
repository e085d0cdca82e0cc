"""Spans of texts: which characters were marked rightly, over all texts with a truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kinds.crowds import ALIKE, Answered, accuracies, as_json, read_crowd
from benchmarks.kinds.tables import Row
from marketplace.kinds import spans
from marketplace.kinds.kind import Json, Merged
from marketplace.kinds.range_settings import ranges_of, write_ranges
from marketplace.kinds.ranges import Range, cut, share

CROWD = "pico_spans"
#: token F1 as measured before this project (research/quality.md): a worker, a plain vote, the vote that was
#: best in hindsight, and Dawid and Skene's model on tokens
KNOWN = {"mean worker": 0.550, "plain majority": 0.715, "consensus": 0.755}
MEASURE = "character F1"


def run(folder: Path) -> list[Row]:
    """Hold workers, the plain majority and the consensus against the truth."""
    config = spans.parse({"column": "text", "labels": ["participants"], "max": 1000})
    crowd = read_crowd(folder / CROWD, spans, config, _shaped)
    weights = accuracies(spans, config, crowd)
    known = [each for each in crowd if each.truth is not None]
    merged = {
        name: [spans.merge(config, each.answers, weigh(each)) for each in known]
        for name, weigh in _ways(weights).items()
    }
    answers = [(answer, each.truth) for each in known for answer in each.answers]
    rows = [_row("mean worker", answers, known)]
    rows.append(_row("plain majority", [(_majority(each), each.truth) for each in known], known))
    for name, found in merged.items():
        rows.append(_row(name, [(m.value, each.truth) for m, each in zip(found, known, strict=True)], known))
    return [*rows, *_honesty(config, merged["consensus"], known)]


def _ways(weights: Any) -> dict[str, Callable[[Answered], list[float]]]:
    return {
        "consensus, all workers alike": lambda each: [ALIKE] * len(each.given),
        "consensus": lambda each: [weights[worker] for worker, _ in each.given],
    }


def _shaped(cell: str) -> list[dict[str, int]]:
    """Disjoint ranges: a few workers marked the same characters twice."""
    joined: list[list[int]] = []
    for start, end in sorted(as_json(cell)):
        if start >= end:
            continue
        if joined and start < joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return [{"start": start, "end": end} for start, end in joined]


def _majority(each: Answered) -> Json:
    """Characters that at least half of the workers marked."""
    answers = [ranges_of(answer) for answer in each.answers]
    pieces = cut(answers)
    votes = np.sum([pieces.covered(ranges) for ranges in answers], axis=0)
    inside = np.flatnonzero(2 * votes >= len(answers)).tolist()
    cuts = pieces.cuts.tolist()
    return write_ranges([Range(cuts[i], cuts[i + 1], "participants") for i in inside])


def _row(name: str, pairs: Sequence[tuple[Json, Json]], known: Sequence[Answered]) -> Row:
    shared = [share(ranges_of(found), ranges_of(truth)) for found, truth in pairs]
    both = sum(each.same for each in shared)
    marked = sum(each.one + each.other for each in shared)
    n_answers = sum(len(each.given) for each in known)
    return Row(CROWD, name, MEASURE, 2 * both / marked, len(known), n_answers, KNOWN.get(name))


def _honesty(config: spans.Config, found: Sequence[Merged], known: Sequence[Answered]) -> list[Row]:
    """What the confidence promises, the mean F1 of a text, beside what it is."""
    n_answers = sum(len(each.given) for each in known)
    promised = sum(each.confidence for each in found) / len(found)
    kept = sum(
        spans.agree(config, each.value, task.truth) for each, task in zip(found, known, strict=True)
    ) / len(found)
    return [
        Row(CROWD, "consensus, by its own confidence", "mean F1", promised, len(known), n_answers),
        Row(CROWD, "consensus, in fact", "mean F1", kept, len(known), n_answers),
    ]
