"""Answers in a few words."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.projects.schema import canonical_answer, parse
from marketplace.projects.words import in_words

OPTIONS = [{"value": "c", "label": "Cat"}, "dog"]
TREE = [{"value": "a", "label": "Animals", "children": [{"value": "d", "label": "Dogs"}, "cats"]}]
SPANS = {"column": "text", "labels": OPTIONS}


@pytest.mark.parametrize(
    ("kind", "of_kind", "value", "words"),
    [
        ("choice", {"options": OPTIONS}, "c", "Cat"),
        ("choices", {"options": OPTIONS}, ["dog", "c"], "Cat, dog"),
        ("choices", {"options": OPTIONS}, [], "-"),
        ("rating", {"labels": {"5": "great"}}, 5, "5 (great)"),
        ("rating", {}, 2, "2"),
        ("number", {"unit": "km"}, 2.5, "2.5 km"),
        ("text", {}, "as it stands", "as it stands"),
        ("pairwise", {"left": "one", "right": "two"}, "right", "two"),
        ("pairwise", {"left": "one", "right": "two"}, "tie", "="),
        ("ranking", {"options": OPTIONS}, ["dog", "c"], "dog > Cat"),
        ("taxonomy", {"tree": TREE}, ["a", "d"], "Animals > Dogs"),
        ("spans", SPANS, [{"start": 3, "end": 7, "label": "c"}], "Cat 3-7"),
        ("spans", SPANS, [], "-"),
    ],
)
def test_it_says_what_was_answered(kind: str, of_kind: dict[str, Any], value: Any, words: str) -> None:
    schema = parse({"questions": [{"name": "q", "kind": kind, **of_kind}]})
    assert in_words(schema, canonical_answer(schema, {"q": value})) == words


def test_it_counts_boxes_by_what_they_hold() -> None:
    schema = parse({"questions": [{"name": "q", "kind": "boxes", "labels": OPTIONS}]})
    box = {"y": 0, "width": 5, "height": 5}
    regions = [{"label": "dog", "x": 0, **box}, {"label": "c", "x": 5, **box}, {"label": "c", "x": 9, **box}]
    value = {"width": 20, "height": 20, "regions": regions}
    assert in_words(schema, canonical_answer(schema, {"q": value})) == "2 x Cat, 1 x dog"
    assert in_words(schema, {"q": {"width": 20, "height": 20, "regions": []}}) == "-"


def test_it_tells_several_questions_in_their_order_and_leaves_out_what_is_open() -> None:
    questions = [
        {"name": "b", "kind": "text"},
        {"name": "a", "kind": "rating"},
        {"name": "c", "kind": "text", "required": False},
    ]
    assert in_words(parse({"questions": questions}), {"a": 3, "b": "words"}) == "words · 3"
