"""Kinds of question that are not regions of an image, tried by the laws."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from marketplace.kinds import (
    choice,
    choices,
    number,
    pairwise,
    ranking,
    rating,
    segments,
    spans,
    taxonomy,
    text,
)
from tests.kinds.cases import Case, case

OPTIONS = ["a", "b", "c", "d"]
MANY = [str(n) for n in range(12)]
TREE = [
    {"value": "animal", "children": ["cat", "dog", {"value": "bird", "children": ["hen", "owl"]}]},
    {"value": "plant", "children": ["oak", "ivy"]},
    "stone",
]
LEAVES = [
    ["animal", "cat"],
    ["animal", "dog"],
    ["animal", "bird", "hen"],
    ["animal", "bird", "owl"],
    ["plant", "oak"],
    ["plant", "ivy"],
    ["stone"],
]
INNER = [["animal"], ["plant"], ["animal", "bird"]]
LABELS = ["who", "where"]


def sorted_apart(ends: list[tuple[float, float]], labels: list[str]) -> list[dict[str, Any]]:
    """Ranges with these lengths and gaps, one behind the other; a gap may be nought."""
    ranges, place = [], 0.0
    for (gap, length), label in zip(ends, labels, strict=False):
        start = place + gap
        place = start + length
        ranges.append({"start": start, "end": place, "label": label})
    return ranges


def ranges(step: float) -> st.SearchStrategy[Any]:
    """Up to four ranges that do not overlap, their ends multiples of `step`."""
    some = st.integers(0, 4).map(lambda n: n * step)
    length = st.integers(1, 5).map(lambda n: n * step)
    pairs = st.lists(st.tuples(some, length), max_size=4)
    return st.builds(sorted_apart, pairs, st.lists(st.sampled_from(LABELS), min_size=4, max_size=4))


def layered(step: float) -> st.SearchStrategy[Any]:
    """Ranges of which only those of one label do not overlap."""

    def relabel(layers: tuple[Any, Any]) -> list[Any]:
        return [
            {**each, "label": label} for label, layer in zip(LABELS, layers, strict=True) for each in layer
        ]

    return st.tuples(ranges(step), ranges(step)).map(relabel)


def spans_case(answers: st.SearchStrategy[Any], **extra: object) -> Case:
    return case(spans, {"column": "text", "labels": LABELS, **extra}, answers)


sentences = st.lists(st.sampled_from(["the", "The", "red", "car", "cat"]), min_size=1, max_size=6)

CASES: dict[str, Case] = {
    "choice": case(choice, {"options": OPTIONS}, st.sampled_from(OPTIONS)),
    "choices": case(
        choices,
        {"options": OPTIONS, "min": 1, "max": 3},
        st.lists(st.sampled_from(OPTIONS), min_size=1, max_size=3),
    ),
    "number": case(
        number,
        {"min": -5, "max": 5, "tolerance": 0.25},
        st.floats(-5, 5, allow_nan=False) | st.integers(-5, 5),
    ),
    "number, exact": case(number, {}, st.integers(-2, 2) | st.just(0.1)),
    "number, in steps": case(
        number, {"step": 0.1, "tolerance": 0.2}, st.integers(-9, 9).map(lambda n: n / 10)
    ),
    "number, relative": case(number, {"tolerance": 0.05, "relative": True}, st.floats(-1e12, 1e12)),
    "pairwise": case(pairwise, {"left": "a", "right": "b"}, st.sampled_from(["left", "right", "tie"])),
    "pairwise, no tie": case(
        pairwise, {"left": "a", "right": "b", "tie": False}, st.sampled_from(["left", "right"])
    ),
    "ranking": case(ranking, {"options": OPTIONS}, st.permutations(OPTIONS)),
    "ranking, many": case(ranking, {"options": MANY}, st.permutations(MANY)),
    "rating": case(rating, {"min": 0, "max": 4, "labels": {"0": "bad"}}, st.integers(0, 4)),
    "rating, fine": case(rating, {"min": -50, "max": 50}, st.integers(-50, 50)),
    "segments": case(segments, {"column": "audio", "labels": LABELS}, ranges(0.1)),
    "segments, overlapping": case(
        segments, {"column": "audio", "labels": LABELS, "overlap": True}, layered(0.1)
    ),
    "spans": spans_case(ranges(1)),
    "spans, exact": spans_case(ranges(1), match="exact"),
    "spans, overlapping": spans_case(layered(1), overlap=True),
    "spans, counted": spans_case(ranges(1).filter(lambda found: 1 <= len(found) <= 2), min=1, max=2),
    "spans, required": spans_case(
        ranges(1).filter(lambda found: any(each["label"] == "who" for each in found)), required_labels=["who"]
    ),
    "taxonomy": case(taxonomy, {"tree": TREE}, st.sampled_from(LEAVES)),
    "taxonomy, inner": case(taxonomy, {"tree": TREE, "inner": True}, st.sampled_from([*LEAVES, *INNER])),
    "text": case(text, {}, st.text("abAB ", min_size=1, max_size=8).filter(str.strip)),
    "text, by words": case(text, {"merge": "words", "metric": "words"}, sentences.map(" ".join)),
    "text, in lines": case(
        text,
        {"merge": "words", "multiline": True, "max_length": 20},
        st.text("ab \n", max_size=20).filter(str.strip),
    ),
}
