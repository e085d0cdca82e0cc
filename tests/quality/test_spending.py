"""spending.plan: the cheapest rule that keeps the promise, tried out on gold."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.quality.promise.prefixes import Replays
from tasks.quality.promise.spending import (
    Goal,
    Plan,
    Promise,
    cost_to_come,
    least_loss,
    outcome,
    plan,
    prices,
)


def _replays(n_tasks: int = 200, *, accuracy: float = 0.8, longest: int = 8, seed: int = 0) -> Replays:
    """Calibrated by construction: binary tasks, independent answers of one accuracy, exact posteriors."""
    rng = np.random.default_rng(seed)
    right = rng.random((n_tasks, longest)) < accuracy
    lead = np.where(right, 1, -1).cumsum(axis=1)
    odds = np.log(accuracy / (1 - accuracy)) * np.abs(lead)
    ahead = np.where(lead == 0, rng.random(lead.shape) < 0.5, lead > 0)
    valid = np.ones_like(right)
    return Replays(np.arange(n_tasks), 1 / (1 + np.exp(-odds)), ahead, valid)


def _plan(target: float, replays: Replays | None = None, **goal: object) -> Plan:
    return plan(replays or _replays(2000), Goal(target, expert_accuracy=1.0, max_overlap=8, **goal))  # type: ignore[arg-type]


def test_it_keeps_the_target_at_the_least_cost() -> None:
    found = _plan(0.95)
    assert found.feasible
    assert found.accuracy >= 0.95
    assert found.cost < _plan(0.97).cost < _plan(0.99).cost


def test_it_asks_experts_less_when_they_are_dearer() -> None:
    assert _plan(0.9, expert_cost=2.0).settled <= _plan(0.9, expert_cost=50.0).settled
    assert _plan(0.9, expert_cost=2.0).answers <= _plan(0.9, expert_cost=50.0).answers


def test_it_settles_nothing_when_the_crowd_cannot_deliver() -> None:
    coin = _replays(500, accuracy=0.5001)
    found = _plan(0.9, coin, promise=Promise.SETTLED)
    assert not found.feasible
    assert found.settled == 0.0
    assert found.threshold > 1.0


def test_it_settles_nothing_without_gold() -> None:
    empty = Replays(np.zeros(0, int), np.zeros((0, 1)), np.zeros((0, 1), bool), np.zeros((0, 1), bool))
    assert not _plan(0.9, empty).feasible


def test_it_is_not_fooled_by_a_handful_of_gold_without_an_error() -> None:
    few = _replays(8, accuracy=0.9)
    sure = Replays(
        few.task_r, np.full_like(few.confidence_rn, 0.97), np.ones_like(few.right_rn), few.valid_rn
    )
    assert not _plan(0.95, sure, promise=Promise.SETTLED).feasible
    assert _plan(0.95, sure, margin=0.0).feasible


def test_it_promises_of_settled_labels_only_what_gold_shows() -> None:
    boastful = _replays(2000)
    claims = Replays(
        boastful.task_r, np.full_like(boastful.confidence_rn, 0.99), boastful.right_rn, boastful.valid_rn
    )
    assert not _plan(0.97, claims, promise=Promise.SETTLED).feasible


def test_it_finds_the_best_accuracy_for_a_budget() -> None:
    cheap, dear = (_plan(1.0, budget=budget) for budget in (2.0, 6.0))
    assert cheap.cost <= 2.0
    assert cheap.accuracy < dear.accuracy
    assert dear.cost <= 6.0


def test_it_says_what_every_other_target_would_take() -> None:
    replays = _replays(2000)
    goal = Goal(0.9, expert_accuracy=1.0, max_overlap=8)
    found = prices(replays, goal, (0.9, 0.95, 0.99))
    assert found[1] == _plan(0.95, replays)
    assert [each.cost for each in found] == sorted(each.cost for each in found)


def test_it_prices_a_target_as_it_would_plan_for_it() -> None:
    replays = _replays(60, longest=12, seed=3)
    goal = Goal(0.9, max_overlap=10)
    targets = (0.7, 0.85, 0.9, 0.97, 0.999)
    assert prices(replays, goal, targets) == tuple(
        plan(replays, Goal(target, max_overlap=10)) for target in targets
    )


def test_it_says_what_one_rule_gives() -> None:
    replays = _replays(300)
    found = plan(replays, Goal(0.95, max_overlap=8))
    assert outcome(replays, Goal(0.95, max_overlap=8), found.threshold, found.overlap) == found
    assert not outcome(replays, Goal(0.999), found.threshold, found.overlap).feasible


def test_a_task_that_has_no_answer_yet_costs_what_a_task_costs() -> None:
    replays, goal = _replays(300), Goal(0.95, expert_cost=7.0, max_overlap=8)
    found = plan(replays, goal)
    assert cost_to_come(replays, goal, found.threshold, found.overlap)[0] == pytest.approx(found.cost)


def test_it_counts_what_replays_that_waited_as_long_went_on_to_cost() -> None:
    """Three tasks: sure after one answer, after three, never; the expert costs ten answers."""
    sure = np.array([[0.9, 0.9, 0.9], [0.6, 0.6, 0.9], [0.6, 0.6, 0.6]])
    replays = Replays(np.arange(3), sure, np.ones((3, 3), bool), np.ones((3, 3), bool))
    found = cost_to_come(replays, Goal(0.9, expert_cost=10.0), 0.85, 3)
    assert found == pytest.approx(((1 + 3 + 13) / 3, (2 + 12) / 2, (1 + 11) / 2, 10.0))


def test_a_task_nobody_waited_for_as_long_costs_an_expert() -> None:
    replays = Replays(np.arange(1), np.full((1, 2), 0.9), np.ones((1, 2), bool), np.ones((1, 2), bool))
    assert cost_to_come(replays, Goal(0.9, expert_cost=10.0), 0.85, 2) == (1.0, 10.0, 10.0)


@pytest.mark.parametrize(
    "goal",
    [
        {"target": 0.0},
        {"target": 1.1},
        {"target": 0.9, "expert_cost": -1.0},
        {"target": 0.9, "max_overlap": 0},
    ],
)
def test_it_refuses_goals_that_make_no_sense(goal: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        Goal(**goal)  # type: ignore[arg-type]


def test_it_takes_the_label_of_least_expected_cost() -> None:
    post = np.array([[0.7, 0.3], [0.95, 0.05]])
    label, loss = least_loss(post, np.array([[0.0, 1.0], [5.0, 0.0]]))
    assert label.tolist() == [1, 0]
    assert loss == pytest.approx([0.7, 0.25])


def test_it_takes_the_likeliest_label_when_errors_cost_the_same() -> None:
    post = np.random.default_rng(0).dirichlet(np.ones(4), 50)
    label, loss = least_loss(post, 1.0 - np.eye(4))
    assert label.tolist() == post.argmax(axis=1).tolist()
    assert loss == pytest.approx(1.0 - post.max(axis=1))


def test_it_refuses_costs_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="diagonal of 0"):
        least_loss(np.ones((1, 2)) / 2, np.ones((2, 2)))
