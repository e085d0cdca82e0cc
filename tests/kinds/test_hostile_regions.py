"""Answers about regions nobody draws by hand: refused with a code and a place, or fine."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kinds.kind import AnswerInvalid
from tests.kinds.region_cases import CASES

WIDTH, HEIGHT = 40, 30
NAN, INFINITE = float("nan"), float("inf")
GEOMETRY: dict[str, dict[str, Any]] = {
    "boxes": {"x": 1, "y": 1, "width": 9, "height": 9},
    "turned boxes": {"x": 10, "y": 10, "width": 9, "height": 9, "rotation": 5},
    "polygons": {"points": [[1, 1], [9, 1], [9, 9]]},
    "mask": {"rle": {"size": [HEIGHT, WIDTH], "counts": [0, 5, WIDTH * HEIGHT - 5]}},
    "keypoints": {"points": [[1, 1, 2], [2, 2, 1], [0, 0, 0]]},
}
STRANGE: list[Any] = [
    *(None, True, False, NAN, INFINITE, -INFINITE, 1e308, -1e308, 10**5_000, -(10**5_000), -1, 1e-320, 10**9),
    *("", "5", "\ud800", "\x00", "x" * 100_000, [], {}, [[]], [None], {"x": NAN}, b"5", (), object()),
]
every_kind = pytest.mark.parametrize("name", GEOMETRY)


def fine(name: str) -> dict[str, Any]:
    region = {"id": "a", "label": "cat", **copy.deepcopy(GEOMETRY[name])}
    return {"width": WIDTH, "height": HEIGHT, "regions": [region]}


def refusal_of(name: str, answer: object) -> AnswerInvalid | None:
    kind, config, _ = CASES[name]
    refusal = None
    try:
        kind.validate(config, answer)
    except AnswerInvalid as error:
        refusal = error
    if refusal is not None:
        assert 1 <= len(refusal.problems) <= 20
        assert all(problem.code and problem.message for problem in refusal.problems)
    return refusal


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from places(each, (*path, key))


def changed(answer: dict[str, Any], path: tuple[Any, ...], value: object) -> dict[str, Any]:
    target: Any = copy.deepcopy(answer)
    inner = target
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return dict(target)


@every_kind
def test_the_answers_tried_here_are_fine_before_they_are_changed(name: str) -> None:
    assert refusal_of(name, fine(name)) is None


@every_kind
@pytest.mark.parametrize("answer", STRANGE, ids=lambda value: type(value).__name__)
def test_nothing_strange_is_an_answer(name: str, answer: object) -> None:
    assert refusal_of(name, answer) is not None


@every_kind
def test_a_strange_value_anywhere_is_refused_where_it_is(name: str) -> None:
    answer = fine(name)
    for path in places(answer):
        for value in STRANGE:
            # a text is a fine id, so is any whole number
            if path[-1] == "id" and isinstance(value, str | int):
                continue
            refusal = refusal_of(name, changed(answer, path, value))
            if refusal is None:
                # small numbers are fine where a number stands
                assert value in (10**9, -1, 1e-320, False) or value == b"5", path
                continue
            where = ".".join(map(str, path))
            assert any(
                where.startswith(each.where) or each.where.startswith(where) for each in refusal.problems
            )


@every_kind
@given(data=st.data())
def test_any_json_in_any_place_is_refused_or_fine(name: str, data: st.DataObject) -> None:
    json = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    )
    answer = fine(name)
    refusal_of(name, changed(answer, data.draw(st.sampled_from(list(places(answer)))), data.draw(json)))


@every_kind
@pytest.mark.parametrize("key", ["width", "height"])
@pytest.mark.parametrize("size", [0, -1, 1.5, 40.0, "40", True, None, NAN, INFINITE, 10**30, 100_001])
def test_an_image_size_is_a_whole_number_of_pixels(name: str, key: str, size: object) -> None:
    refusal = refusal_of(name, {**fine(name), key: size})
    assert refusal is not None
    assert (refusal.problems[0].where, refusal.problems[0].code) == (key, "image_size_invalid")


@every_kind
def test_an_image_has_no_more_pixels_than_anybody_looks_at(name: str) -> None:
    refusal = refusal_of(name, {**fine(name), "width": 100_000, "height": 100_000})
    assert refusal is not None
    assert refusal.problems[0].code == "image_too_large"


@every_kind
def test_ids_are_there_once(name: str) -> None:
    answer = fine(name)
    answer["regions"] *= 2
    refusal = refusal_of(name, answer)
    assert refusal is not None
    assert refusal.problems[0][:2] == ("regions.1.id", "id_twice")


@every_kind
def test_a_hundred_thousand_regions_are_not_read(name: str) -> None:
    answer = fine(name)
    answer["regions"] *= 100_000
    refusal = refusal_of(name, answer)
    assert refusal is not None
    assert refusal.problems == (("regions", "too_many", "Mark at most 4."),) or name == "mask"


@every_kind
def test_a_hundred_thousand_unknown_keys_are_not_listed(name: str) -> None:
    refusal = refusal_of(name, {**{str(i): i for i in range(100_000)}, **fine(name)})
    assert refusal is not None
    assert [problem.code for problem in refusal.problems] == ["key_unknown"] * 20


@pytest.mark.parametrize("name", ["polygons", "keypoints"])
def test_a_hundred_thousand_points_are_not_read(name: str) -> None:
    answer = fine(name)
    answer["regions"][0]["points"] = [
        [i % 39, i % 29, 2][: 3 if name == "keypoints" else 2] for i in range(100_000)
    ]
    refusal = refusal_of(name, answer)
    assert refusal is not None
    assert refusal.problems[0].where == "regions.0.points"


def test_polygons_of_many_points_each_are_too_much_together() -> None:
    kind = CASES["polygons"].kind
    config = kind.parse({"labels": ["cat"], "max": 500})
    regions = [
        {
            "label": "cat",
            "points": [[x / 50, y / 100 + x % 2] for x in range(1, 1_000)] + [[19.98, 29], [0.02, 29]],
        }
        for y in range(120)
    ]
    answer = {"width": WIDTH, "height": HEIGHT, "regions": regions}
    with pytest.raises(AnswerInvalid) as refusal:
        kind.validate(config, answer)
    assert refusal.value.problems[-1].code == "answer_too_large"


@pytest.mark.parametrize(
    "counts",
    [
        "0" * 5_000_000,
        "o" * 900_000,
        "\ud800" * 1_000,
        "é" * 1_000,
        [1] * 1_000_000,
        [0, 10**30, 1],
        [2**62, 2**62, 2**62, 2**62],
        "P" * 20,
        [WIDTH * HEIGHT] * 250_000,
    ],
    ids=[
        "5 MB",
        "never ending",
        "surrogates",
        "not ASCII",
        "a million runs",
        "huge",
        "overflow",
        "long",
        "over",
    ],
)
def test_a_hostile_mask_is_refused_where_it_is(counts: object) -> None:
    answer = fine("mask")
    answer["regions"][0]["rle"]["counts"] = counts
    refusal = refusal_of("mask", answer)
    assert refusal is not None
    assert refusal.problems[0].where == "regions.0.rle.counts"
