"""Choose a place in a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from marketplace.kinds import coin, trees
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.numbers import read_number
from marketplace.kinds.options import as_value, is_list, read_flag, refuse_unknown
from marketplace.kinds.trees import MOST_DEPTH, Node
from marketplace.kinds.weights import heard

SETTINGS = ("tree", "inner", "gold_score")


@dataclass(frozen=True)
class Config:
    """The tree and which of its places may be chosen."""

    tree: tuple[Node, ...]
    #: whether a node with others below it may be chosen
    inner: bool = False
    #: the least agreement with a known place, 0..1, that passes
    gold_score: float = 1.0


def parse(config: Mapping[str, object]) -> Config:
    """Read `{"tree": [{"value", "label", "children": [...]}], "inner": false, "gold_score": 1}`.

    ConfigInvalid lists all that is wrong.
    """
    problems: list[Problem] = []
    tree = trees.read_tree(config.get("tree"), problems)
    inner = read_flag(config, "inner", Config.inner, problems)
    gold_score = read_number(config, "gold_score", Config.gold_score, (0.0, 1.0), problems)
    refuse_unknown(config, SETTINGS, problems)
    if problems:
        raise ConfigInvalid(*problems)
    return Config(tree, inner, gold_score)


def describe(config: Config) -> dict[str, Json]:
    """The settings as full JSON."""
    return {
        "tree": trees.describe_tree(config.tree),
        "inner": config.inner,
        "gold_score": config.gold_score,
    }


def canonical(config: Config, answer: object) -> list[Json]:
    """The values from the root down to the chosen node; AnswerInvalid when there is no such way."""
    if not is_list(answer) or not answer:
        raise AnswerInvalid(Problem("", "not_a_path", "Give the list of nodes from the root down."))
    if len(answer) > MOST_DEPTH:
        raise AnswerInvalid(Problem("", "node_unknown", "No way down the tree is as long."))
    path: list[Json] = []
    level = config.tree
    for depth, raw in enumerate(answer):
        value = as_value(raw)
        node = next((node for node in level if node.value == value), None)
        if node is None:
            raise AnswerInvalid(Problem(str(depth), "node_unknown", "There is no such node here."))
        path.append(node.value)
        level = node.children
    if level and not config.inner:
        raise AnswerInvalid(Problem("", "not_a_leaf", "Go on to the end of a branch."))
    return path


def validate(config: Config, answer: object) -> None:
    """AnswerInvalid when there is no such way down the tree."""
    canonical(config, answer)


def agree(config: Config, a: Json, b: Json) -> float:
    """Twice the shared part of the way over the length of both (Wu and Palmer's likeness, roots apart)."""
    one, other = _path(a), _path(b)
    shared = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        shared += 1
    return 2 * shared / (len(one) + len(other))


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """Down the tree by weighted vote: at each node the most probable step of those who came so far.

    A weight is the accuracy on the whole way; a way of n steps, each right with the same probability, has
    the n-th root of it per step (`coin.among`; stopping at an inner node is a step). Who left the way earlier
    says nothing of what lies below. A tie goes to the step more often taken, then to the first shown. `parts`
    holds, under the place in the list, the probability that the way is right so far; it falls along the way,
    and `confidence` is the last.
    """
    pairs = [(_path(answer), weight) for answer, weight in heard(answers, weights)]
    level = config.tree
    walked: list[str] = []
    chances: list[float] = []
    stopped = 1.0
    while level:
        steps = [node.value for node in level]
        may_stop = config.inner and bool(walked)
        here = [(path, weight) for path, weight in pairs if path[: len(walked)] == walked]
        best, chance = _step(config, [*steps, *([None] if may_stop else [])], here, len(walked))
        if best is None:
            stopped = chance
            break
        walked = [*walked, best]
        chances.append(chance)
        level = next(node.children for node in level if node.value == best)
    so_far = [prod(chances[: i + 1]) for i in range(len(chances))]
    so_far[-1] *= stopped
    value: list[Json] = list(walked)
    return Merged(value, so_far[-1], {str(i): chance for i, chance in enumerate(so_far)})


def grade(config: Config, answer: Json, gold: Json) -> Grade:
    """The score is the agreement; passed from `gold_score` on."""
    score = agree(config, answer, gold)
    return Grade(score, score >= config.gold_score - 1e-9)


def n_labels(config: Config) -> None:
    """A place in a tree is not merged as one of a list of classes: its ancestors would be forgotten."""
    return


def label(config: Config, value: Json) -> None:
    """A place in a tree is not one of a list of classes."""
    return


def value_of(config: Config, label: int) -> Json:
    """A place in a tree is not one of a list of classes: LookupError."""
    raise LookupError("a place in a tree has no class code")


def _step(
    config: Config, steps: Sequence[str | None], here: Sequence[tuple[list[str], float]], depth: int
) -> tuple[str | None, float]:
    """The most probable step from here (None: stop) and its probability."""
    taken = [path[depth] if depth < len(path) else None for path, _ in here]
    labels = [steps.index(step) for step in taken]
    accuracies = [weight ** (1 / _length(config, path)) for path, weight in here]
    post = coin.among(labels, accuracies, len(steps))
    best = max(range(len(post)), key=lambda code: (round(post[code], 12), labels.count(code), -code))
    return steps[best], post[best]


def _length(config: Config, path: Sequence[str]) -> int:
    """How many steps were decided on the way, stopping at an inner node among them."""
    level = config.tree
    for value in path:
        level = next(node.children for node in level if node.value == value)
    return len(path) + bool(level)


def _path(value: Json) -> list[str]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a canonical answer")
    return [str(item) for item in value]
