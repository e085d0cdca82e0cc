"""Choosing a place in a tree."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.kinds import taxonomy
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid
from marketplace.kinds.trees import MOST_DEPTH, MOST_NODES

TREE = [
    {
        "value": "animal",
        "label": "Animal",
        "children": ["cat", "dog", {"value": "bird", "children": ["hen", "owl"]}],
    },
    {"value": "plant", "children": ["oak", "ivy"]},
    "stone",
]
LEAVES = taxonomy.parse({"tree": TREE})
ANY = taxonomy.parse({"tree": TREE, "inner": True})


def deep(levels: int) -> list[object]:
    tree: list[object] = ["end", "other"]
    for _ in range(levels):
        tree = [{"value": "down", "children": tree}]
    return tree


def test_it_reads_words_and_pairs_and_what_lies_below() -> None:
    assert [node.label for node in LEAVES.tree] == ["Animal", "plant", "stone"]
    assert [node.value for node in LEAVES.tree[0].children[2].children] == ["hen", "owl"]


@pytest.mark.parametrize(
    ("config", "where", "code"),
    [
        ({}, "tree", "nodes_missing"),
        ({"tree": ["alone"]}, "tree", "tree_too_small"),
        ({"tree": ["a", "a"]}, "tree.1", "node_twice"),
        (
            {"tree": ["a", {"value": "b", "children": [{"label": "x"}, "c"]}]},
            "tree.1.children.0",
            "node_invalid",
        ),
        ({"tree": ["a", {"value": "b", "label": 5}]}, "tree.1", "node_label_invalid"),
        ({"tree": ["a", {"value": "b", "children": "c"}]}, "tree.1.children", "nodes_missing"),
        ({"tree": list(range(MOST_NODES + 1))}, "tree", "tree_too_large"),
        ({"tree": ["a", "b"], "inner": 1}, "inner", "not_true_or_false"),
        ({"tree": ["a", "b"], "leaf": True}, "leaf", "setting_unknown"),
    ],
)
def test_it_refuses_a_config_and_names_the_place(config: dict[str, object], where: str, code: str) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        taxonomy.parse(config)
    assert (where, code) in [(problem.where, problem.code) for problem in refusal.value.problems]


def test_it_refuses_a_tree_deeper_than_anybody_would_walk() -> None:
    taxonomy.parse({"tree": deep(MOST_DEPTH - 1)})
    with pytest.raises(ConfigInvalid) as refusal:
        taxonomy.parse({"tree": deep(MOST_DEPTH)})
    assert refusal.value.problems[0].code == "tree_too_deep"


@pytest.mark.parametrize(
    ("answer", "where", "code"),
    [
        ("stone", "", "not_a_path"),
        ([], "", "not_a_path"),
        (["animal"], "", "not_a_leaf"),
        (["animal", "oak"], "1", "node_unknown"),
        (["stone", "flint"], "1", "node_unknown"),
        ([["stone"]], "0", "node_unknown"),
    ],
)
def test_it_refuses_an_answer_and_names_the_step(answer: object, where: str, code: str) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        taxonomy.validate(LEAVES, answer)
    assert [(problem.where, problem.code) for problem in refusal.value.problems] == [(where, code)]


def test_an_inner_node_can_be_chosen_where_it_may() -> None:
    assert taxonomy.canonical(ANY, ["animal", "bird"]) == ["animal", "bird"]


def test_it_agrees_by_how_far_two_ways_are_the_same() -> None:
    owl: list[Any] = ["animal", "bird", "owl"]
    hen: list[Any] = ["animal", "bird", "hen"]
    cat: list[Any] = ["animal", "cat"]
    oak: list[Any] = ["plant", "oak"]
    assert taxonomy.agree(LEAVES, owl, hen) == pytest.approx(2 / 3)
    assert taxonomy.agree(LEAVES, owl, cat) == pytest.approx(2 / 5)
    assert taxonomy.agree(LEAVES, owl, oak) == 0


def test_it_walks_down_with_most_of_those_who_came_so_far() -> None:
    answers: list[Any] = [["animal", "cat"], ["animal", "dog"], ["animal", "dog"], ["stone"], ["stone"]]
    assert taxonomy.merge(LEAVES, answers, [0.8] * 5).value == ["animal", "dog"]


def test_the_confidence_falls_along_the_way() -> None:
    answers: list[Any] = [
        ["animal", "bird", "owl"],
        ["animal", "bird", "hen"],
        ["animal", "bird", "owl"],
        ["animal", "cat"],
    ]
    merged = taxonomy.merge(LEAVES, answers, [0.8] * 4)
    assert merged.value == ["animal", "bird", "owl"]
    assert 1 >= merged.parts["0"] > merged.parts["1"] > merged.parts["2"] == merged.confidence


def test_one_answer_is_worth_its_workers_accuracy() -> None:
    assert taxonomy.merge(LEAVES, [["animal", "bird", "owl"]], [0.7]).confidence == pytest.approx(0.7)
    assert taxonomy.merge(ANY, [["animal", "bird"]], [0.7]).confidence == pytest.approx(0.7)


def test_it_stops_where_most_stopped() -> None:
    answers: list[Any] = [["animal"], ["animal"], ["animal", "cat"]]
    assert taxonomy.merge(ANY, answers, [0.8] * 3).value == ["animal"]


def test_it_passes_gold_only_at_the_end_of_the_way_unless_told() -> None:
    near = taxonomy.grade(LEAVES, ["animal", "bird", "hen"], ["animal", "bird", "owl"])
    assert near.score == pytest.approx(2 / 3)
    assert not near.passed
    lenient = taxonomy.parse({"tree": TREE, "gold_score": 0.6})
    assert taxonomy.grade(lenient, ["animal", "bird", "hen"], ["animal", "bird", "owl"]).passed


def test_it_has_no_class_codes() -> None:
    with pytest.raises(LookupError):
        taxonomy.value_of(LEAVES, 0)
