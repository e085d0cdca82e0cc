"""Boxes of the crowd `pedestrian_boxes`: consensus, single workers and plain majority against experts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.kinds.crowds import ALIKE, Answered, accuracies, read_crowd
from benchmarks.kinds.tables import Row
from marketplace.kinds import boxes, matching
from marketplace.kinds.kind import Json
from marketplace.kinds.regions import frame_of, regions_of

CROWD = "pedestrian_boxes"
WIDTH, HEIGHT = 1280, 720
WORKERS = 7
#: gold_match is the IoU at which a box counts as found
CONFIG = boxes.parse({"labels": ["pedestrian"], "max": 500, "gold_match": 0.5})
#: with fewer answers to known images a worker is the best by luck, or by easy images
LEAST_ANSWERS = 200
#: best of what was measured by workers an image, before these kinds were written, with weights from gold
BEFORE = {3: {"F1": 0.920, "mean IoU": 0.819}, 7: {"F1": 0.929, "mean IoU": 0.844}}
MEASURES = ("F1", "mean IoU", "agreement")
#: ways to draw some of the workers of each image; a figure is their mean
SEEDS = 3


def run(folder: Path) -> list[Row]:
    """Each way's F1 at an IoU of .5, mean IoU of what was found, and agreement with the experts."""
    crowd = read_crowd(folder / CROWD, boxes, CONFIG, as_answer)
    trusted = accuracies(boxes, CONFIG, crowd)
    known = {each.task: each for each in crowd if each.truth is not None}
    rows, best = _singles(known)
    consensus: dict[str, Json] = {}
    for overlap, before in BEFORE.items():
        rounds = range(SEEDS if overlap < WORKERS else 1)
        for name in ("plain majority", "consensus"):
            found = []
            for seed in rounds:
                given = {task: some(each, overlap, seed) for task, each in known.items()}
                found.append({task: merged(name, pairs, trusted) for task, pairs in given.items()})
            rows += _rows(f"{name} of {overlap}", known, found, overlap, before)
            consensus = found[0]
    # the best worker's images may be easier than all
    theirs = {task: consensus[task] for task in known if best in dict(known[task].given)}
    return rows + _rows("consensus, best worker's images", known, [theirs], WORKERS, {})


def as_answer(cell: str) -> Json:
    """Boxes given as left, top, right, bottom, cut to the image; those under a pixel then are left out."""
    regions: list[Json] = []
    for left, top, right, bottom in dict.fromkeys(map(tuple, json.loads(cell))):
        x0, x1 = max(left, 0.0), min(right, WIDTH)
        y0, y1 = max(top, 0.0), min(bottom, HEIGHT)
        if x1 - x0 >= 1 and y1 - y0 >= 1:
            regions.append(
                {"label": "pedestrian", "x": x0, "y": y0, "width": x1 - x0, "height": y1 - y0},
            )
    return {"width": WIDTH, "height": HEIGHT, "regions": regions}


def some(each: Answered, overlap: int, seed: int) -> Sequence[tuple[str, Json]]:
    """So many of the workers' answers to one image, at random."""
    order = np.random.default_rng(seed).permutation(len(each.given))[:overlap]
    return [each.given[int(i)] for i in order]


def merged(name: str, given: Sequence[tuple[str, Json]], trusted: Mapping[str, float]) -> Json:
    """One answer of several: every worker alike, or each by how much they agree with the others."""
    weights = [ALIKE if name == "plain majority" else trusted[worker] for worker, _ in given]
    return boxes.merge(CONFIG, [answer for _, answer in given], weights).value


def score(known: Mapping[str, Answered], found: Mapping[str, Json]) -> dict[str, float]:
    """F1 over all boxes of all images, mean IoU of the boxes found, mean agreement over images."""
    near: list[float] = []
    count = 0
    for task, answer in found.items():
        left, right = regions_of(answer), regions_of(known[task].truth)
        count += len(left) + len(right)
        if left and right:
            alike = CONFIG.shape.likeness(left, right, frame_of(answer))
            pairs = matching.assign(np.where(alike >= CONFIG.regions.gold_match, alike, 0.0))
            near.extend(float(alike[pair]) for pair in pairs)
    agreed = [boxes.agree(CONFIG, answer, known[task].truth) for task, answer in found.items()]
    values = (2 * len(near) / count, float(np.mean(near)), float(np.mean(agreed)))
    return dict(zip(MEASURES, values, strict=True))


def _singles(known: Mapping[str, Answered]) -> tuple[list[Row], str]:
    """The mean worker by answers, the best worker, and who that is."""
    answers: dict[str, dict[str, Json]] = defaultdict(dict)
    for task, each in known.items():
        for worker, answer in each.given:
            answers[worker][task] = answer
    scored = {worker: score(known, given) for worker, given in answers.items()}
    total = sum(len(given) for given in answers.values())
    rows = []
    for measure in MEASURES:
        mean = sum(len(answers[worker]) / total * scored[worker][measure] for worker in answers)
        rows.append(Row(CROWD, "mean worker", measure, mean, len(known), total))
    often = [worker for worker in answers if len(answers[worker]) >= LEAST_ANSWERS]
    best = max(often, key=lambda worker: scored[worker]["F1"])
    count = len(answers[best])
    rows += [Row(CROWD, "best worker", measure, scored[best][measure], count, count) for measure in MEASURES]
    return rows, best


def _rows(
    name: str,
    known: Mapping[str, Answered],
    found: Sequence[Mapping[str, Json]],
    overlap: int,
    before: Mapping[str, float],
) -> list[Row]:
    scored = [score(known, each) for each in found]
    tasks = len(found[0])
    rows = []
    for measure in MEASURES:
        value = float(np.mean([each[measure] for each in scored]))
        rows.append(Row(CROWD, name, measure, value, tasks, tasks * overlap, before.get(measure)))
    return rows
