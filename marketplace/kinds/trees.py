"""The tree of a taxonomy, read from JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.kinds.characters import storable
from marketplace.kinds.kind import Json, Problem
from marketplace.kinds.options import LONGEST_LABEL, LONGEST_VALUE, as_value, is_list

MOST_NODES, MOST_DEPTH = 5_000, 12
#: so many problems are named, not more
MOST_PROBLEMS = 50


@dataclass(frozen=True)
class Node:
    """One node: `value` is stored, unlike its siblings'; `label` is shown."""

    value: str
    label: str
    children: tuple[Node, ...] = ()


def read_tree(raw: object, problems: list[Problem]) -> tuple[Node, ...]:
    """Nodes from JSON: texts, whole numbers or {"value", "label", "children"}; faults go to `problems`."""
    reader = _Reader(problems)
    tree = reader.level(raw, "tree", 1)
    if len(tree) == 1 and not tree[0].children:
        problems.append(Problem("tree", "tree_too_small", "There is nothing to choose between."))
    return tree


def describe_tree(nodes: Sequence[Node]) -> list[Json]:
    """Nodes as full JSON."""
    return [
        {"value": node.value, "label": node.label, "children": describe_tree(node.children)} for node in nodes
    ]


class _Reader:
    """Goes down a tree once, counting nodes, and stops where it is too large or too deep."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.before = len(problems)
        self.nodes = 0

    def level(self, raw: object, where: str, depth: int) -> tuple[Node, ...]:
        """The nodes of one list and all below them."""
        if not is_list(raw) or not raw:
            self.refuse(where, "nodes_missing", "Give a list of nodes.")
            return ()
        if depth > MOST_DEPTH:
            self.refuse(where, "tree_too_deep", f"A tree has at most {MOST_DEPTH} levels.")
            return ()
        self.nodes += len(raw)
        if self.nodes > MOST_NODES:
            self.refuse(where, "tree_too_large", f"A tree has at most {MOST_NODES} nodes.")
            return ()
        found: dict[str, Node] = {}
        for i, item in enumerate(raw):
            node = self.node(item, f"{where}.{i}", depth)
            if node and node.value in found:
                self.refuse(f"{where}.{i}", "node_twice", f"“{node.value}” appears twice here.")
            elif node:
                found[node.value] = node
        return tuple(found.values())

    def node(self, item: object, where: str, depth: int) -> Node | None:
        """One node with all below it; None when it cannot be read."""
        inner = item if isinstance(item, Mapping) else {"value": item}
        value = as_value(inner.get("value"))
        label = inner.get("label")
        label = value if label is None else label
        if not value or len(value) > LONGEST_VALUE or not storable(value):
            self.refuse(where, "node_invalid", "A node needs a value: a short text or a whole number.")
            return None
        if (
            not isinstance(label, str)
            or not label.strip()
            or len(label) > LONGEST_LABEL
            or not storable(label)
        ):
            self.refuse(where, "node_label_invalid", "A node's label must be a text.")
            return None
        children = inner.get("children")
        if children is None or children == []:
            return Node(value, label.strip())
        return Node(value, label.strip(), self.level(children, f"{where}.children", depth + 1))

    def refuse(self, where: str, code: str, message: str) -> None:
        """Note a fault, unless enough are noted."""
        if len(self.problems) - self.before < MOST_PROBLEMS:
            self.problems.append(Problem(where, code, message))
