"""What somebody sends who wants to break things is refused by name and quickly, whatever the kind."""

from __future__ import annotations

import math
from typing import Any

import pytest

from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Kind
from tests.kinds.simple_cases import CASES

MANY = 100_000


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def nested_tree(levels: int) -> list[Any]:
    tree: list[Any] = ["end"]
    for _ in range(levels):
        tree = [{"value": "down", "children": tree}]
    return tree


A_RANGE = {"start": 0, "end": 1, "label": "who"}
ANSWERS: dict[str, Any] = {
    "not a number": math.nan,
    "endless": -math.inf,
    "huge": 10**5_000,
    "huge and negative": -(10**5_000),
    "true": True,
    "nothing": None,
    "an object": {"value": "a", "start": 0},
    "bytes": b"a",
    "half a character": "\ud800",
    "nul": "\x00",
    "a very long text": "a" * 5_000_000,
    "deep": nested(10_000),
    "many words": ["a"] * MANY,
    "many numbers": list(range(MANY)),
    "many of the same range": [A_RANGE] * MANY,
    "many ranges": [{"start": 2 * i, "end": 2 * i + 1, "label": "who"} for i in range(MANY)],
    "many empty objects": [{}] * MANY,
    "a range of no number": [{**A_RANGE, "start": math.nan}],
    "a range without end": [{**A_RANGE, "end": math.inf}],
    "a range of huge numbers": [{**A_RANGE, "end": 10**5_000}],
    "a range of truths": [{**A_RANGE, "start": False, "end": True}],
    "a range of lists": [{"start": [], "end": {}, "label": ["who"]}],
    "the same range twice": [A_RANGE, A_RANGE],
    "ranges that overlap": [{**A_RANGE, "end": 5}, {**A_RANGE, "end": 9}],
    "half characters in a list": ["\ud800", "\udfff"],
    "a huge number in a list": [10**5_000],
    "truths in a list": [True, False],
    "a label of half a character": [{**A_RANGE, "label": "\ud800"}],
    "many keys": {str(i): i for i in range(MANY)},
    "a range with many keys": [{**A_RANGE, **{str(i): i for i in range(MANY)}}],
}
#: what a setting may be given; every setting of every kind gets each of them
SETTINGS: dict[str, Any] = {
    "not a number": math.nan,
    "endless": math.inf,
    "huge": 10**5_000,
    "half a character": "\ud800",
    "nul": "\x00",
    "a very long text": "a" * 5_000_000,
    "deep": nested(10_000),
    "a deep tree": nested_tree(10_000),
    "many": list(range(MANY)),
    "many half characters": ["\ud800"] * MANY,
    "many keys": {f"key {i}": i for i in range(MANY)},
    "options of half characters": ["a", "\ud800"],
    "options of huge numbers": ["a", 10**5_000],
    "labels of half characters": [{"value": "a", "label": "\ud800"}, {"value": "b", "label": "\x00"}],
    "nothing of nothing": [[], {}, None],
}
each_kind = pytest.mark.parametrize("name", CASES)


@pytest.mark.timeout(30)
@each_kind
@pytest.mark.parametrize("sent", ANSWERS)
def test_a_hostile_answer_is_refused_with_a_code(name: str, sent: str) -> None:
    kind, config, _ = CASES[name]
    with pytest.raises(AnswerInvalid) as refusal:
        kind.canonical(config, ANSWERS[sent])
    for where, code, message in refusal.value.problems:
        assert code.isidentifier()
        assert len(where) < 300
        assert len(message) < 1_000


#: settings that are odd, but not wrong: what an option holds besides its value and its label is left alone
HARMLESS = {("spans", "labels", "a deep tree"), ("segments", "labels", "a deep tree")}


def refusal_of(kind: Kind[Any], settings: dict[str, Any]) -> ConfigInvalid | None:
    try:
        kind.parse(settings)
    except ConfigInvalid as refusal:
        return refusal
    return None


@pytest.mark.timeout(60)
@each_kind
@pytest.mark.parametrize("sent", SETTINGS)
def test_a_hostile_setting_is_refused_by_name(name: str, sent: str) -> None:
    kind, config, _ = CASES[name]
    settings = kind.describe(config)
    for key in settings:
        refusal = refusal_of(kind, {**settings, key: SETTINGS[sent]})
        if (name.split(",")[0], key, sent) in HARMLESS:
            continue
        assert refusal is not None
        # a setting that depends on the hostile one may be named beside it, or in its place
        named = {problem.where.split(".")[0] for problem in refusal.problems}
        assert named & {key, "min", "required_labels"}
        assert all(len(problem.message) < 1_000 for problem in refusal.problems)


@each_kind
def test_many_unknown_settings_are_not_all_listed(name: str) -> None:
    kind, config, _ = CASES[name]
    with pytest.raises(ConfigInvalid) as refusal:
        kind.parse({**kind.describe(config), **{f"key {i}": i for i in range(MANY)}})
    assert 0 < len(refusal.value.problems) < 100
