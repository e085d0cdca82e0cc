"""Answers in a few words, for people who look over many. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from marketplace.kinds import boxes, choice, choices, number, pairwise, ranking, rating, spans, taxonomy
from marketplace.kinds.kind import Json
from marketplace.kinds.options import Option
from marketplace.kinds.trees import Node
from marketplace.projects.schema import Schema

NONE = "-"
ORDER = " > "


def in_words(schema: Schema, answer: Mapping[str, Json]) -> str:
    """An answer, question by question in their order; empty where none is answered."""
    told = []
    for question in schema.questions:
        value = answer.get(question.name)
        if value is not None:
            telling = TELLING.get(type(question.config))
            told.append(telling(question.config, value) if telling else str(value))
    return " · ".join(told)


def _labels(options: Iterable[Option]) -> dict[str, str]:
    return {option.value: option.label for option in options}


def _one(config: choice.Config, value: Any) -> str:
    return _labels(config.options).get(str(value), str(value))


def _several(config: choices.Config, value: Any) -> str:
    labels = _labels(config.options)
    return ", ".join(labels.get(str(each), str(each)) for each in value) or NONE


def _point(config: rating.Config, value: Any) -> str:
    label = dict(config.labels).get(value)
    return f"{value} ({label})" if label else str(value)


def _amount(config: number.Config, value: Any) -> str:
    return f"{value} {config.unit}".strip()


def _side(config: pairwise.Config, value: Any) -> str:
    return {pairwise.LEFT: config.left, pairwise.RIGHT: config.right}.get(value, "=")


def _order(config: ranking.Config, value: Any) -> str:
    labels = _labels(config.options)
    return ORDER.join(labels.get(str(each), str(each)) for each in value)


def _way(config: taxonomy.Config, value: Any) -> str:
    level: Sequence[Node] = config.tree
    told = []
    for step in value:
        node = next((node for node in level if node.value == step), None)
        told.append(node.label if node else str(step))
        level = node.children if node else ()
    return ORDER.join(told)


def _ranges(config: spans.Config, value: Any) -> str:
    labels = _labels(config.ranges.labels)
    told = [f"{labels.get(each['label'], each['label'])} {each['start']}-{each['end']}" for each in value]
    return ", ".join(told) or NONE


def _regions(config: boxes.Config, value: Any) -> str:
    labels = _labels(config.regions.labels)
    counts = Counter(labels.get(each["label"], each["label"]) for each in value["regions"])
    return ", ".join(f"{n} x {label}" for label, n in counts.items()) or NONE


#: by the kind's settings; a kind that is not here is told as it stands
TELLING: Mapping[type, Callable[[Any, Any], str]] = {
    choice.Config: _one,
    choices.Config: _several,
    rating.Config: _point,
    number.Config: _amount,
    pairwise.Config: _side,
    ranking.Config: _order,
    taxonomy.Config: _way,
    spans.Config: _ranges,
    boxes.Config: _regions,
}
