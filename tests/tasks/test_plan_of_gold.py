"""The plan of a batch: what replayed gold says of a client's target, and the rule that follows for a task."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pytest

from tasks.consensus.rules import BatchPlan, Terms, plan_of, rule_of
from tasks.quality.promise import spending
from tasks.quality.promise.calibration import LEAST_GOLD
from tasks.quality.promise.prefixes import Replays
from tasks.quality.promise.stopping import threshold

TERMS = Terms(target=0.95, min_overlap=2, max_overlap=9, expert_cost=10.0)
LONGEST = 9


def replays(*, tasks: int, answers: int | Sequence[int] = LONGEST, skill: float = 0.8) -> Replays:
    """Gold answered by people who are right in `skill` of the cases, by an engine that knows it."""
    rng = np.random.default_rng(7)
    ahead_tn = np.where(rng.random((tasks, LONGEST)) < skill, 1, -1).cumsum(axis=1)
    odds_tn = (skill / (1 - skill)) ** np.abs(ahead_tn)
    return Replays(
        task_r=np.arange(tasks),
        confidence_rn=odds_tn / (1 + odds_tn),
        right_rn=(ahead_tn > 0) | ((ahead_tn == 0) & (rng.random(ahead_tn.shape) < 0.5)),
        valid_rn=np.arange(LONGEST) < np.broadcast_to(answers, tasks)[:, None],
    )


def planned(found: Replays, terms: Terms = TERMS) -> BatchPlan:
    plan = plan_of(found, terms)
    assert plan is not None
    return plan


def test_without_a_plan_the_target_alone_is_the_rule() -> None:
    rule = rule_of(TERMS)
    assert (rule.threshold, rule.min_overlap, rule.max_overlap) == (threshold(0.95), 2, 9)


def test_it_plans_nothing_on_a_handful_of_gold() -> None:
    assert plan_of(replays(tasks=LEAST_GOLD - 1), TERMS) is None
    assert plan_of(replays(tasks=LEAST_GOLD), TERMS) is not None


def test_gold_with_fewer_answers_than_every_task_gets_says_nothing() -> None:
    assert plan_of(replays(tasks=40, answers=1), TERMS) is None
    assert planned(replays(tasks=40, answers=[1] * 20 + [5] * 20)).gold_tasks == 20


def test_it_keeps_the_target_at_the_least_cost() -> None:
    plan = planned(replays(tasks=400))
    assert plan.feasible
    assert plan.accuracy is not None
    assert plan.accuracy_low is not None
    assert 0.95 <= plan.accuracy < 1
    assert plan.accuracy_low <= plan.accuracy
    # three people ahead are sure by 0.985: more would cost more than was asked for
    assert plan.threshold < 0.985
    rule = rule_of(TERMS, plan)
    assert (rule.threshold, rule.max_overlap) == (plan.threshold, plan.overlap)


def test_nothing_is_planned_below_the_overlap_the_client_pays_for() -> None:
    assert planned(replays(tasks=400), replace(TERMS, min_overlap=6)).overlap >= 6


@pytest.mark.parametrize(("overlap", "asked"), [(1, 2), (3, 3), (20, 9)])
def test_the_client_s_overlap_bounds_the_plan_s(overlap: int, asked: int) -> None:
    plan = replace(planned(replays(tasks=100)), overlap=overlap)
    assert rule_of(TERMS, plan).max_overlap == asked


def test_it_asks_people_longer_the_dearer_the_expert_is() -> None:
    gold = replays(tasks=400)
    overlaps = [planned(gold, replace(TERMS, expert_cost=cost)).overlap for cost in (0.0, 3.0, 30.0)]
    assert overlaps == sorted(overlaps)
    assert overlaps[0] < overlaps[-1]


def test_it_says_when_the_target_is_out_of_reach_and_what_the_crowd_can_do() -> None:
    plan = planned(replays(tasks=200, skill=0.65), replace(TERMS, target=0.99))
    assert (plan.feasible, plan.accuracy, plan.accuracy_low) == (False, None, None)
    assert 0.7 < plan.crowd_low < plan.crowd_accuracy < 0.9


def test_out_of_reach_it_settles_at_the_target_itself_and_asks_all_the_people_it_may() -> None:
    terms = replace(TERMS, target=0.99)
    rule = rule_of(terms, planned(replays(tasks=200, skill=0.65), terms))
    assert (rule.threshold, rule.max_overlap) == (0.99, 9)


def test_where_gold_is_shallow_it_does_not_take_the_end_of_the_evidence_for_the_best_overlap() -> None:
    """Nobody has seen what a fourth answer does: the expert is the last resort, not the next step."""
    dear = replace(TERMS, target=0.87, expert_cost=30.0)
    plan = planned(replays(tasks=400, answers=3), dear)
    assert plan.feasible
    assert plan.overlap == 9
    assert plan.threshold >= threshold(0.87)


def test_where_gold_is_shallow_a_lower_overlap_than_was_tried_still_counts() -> None:
    """With four answers tried and fewer found best there is nothing to learn from a fifth."""
    cheap = replace(TERMS, expert_cost=1.0)
    assert planned(replays(tasks=400, answers=4), cheap).overlap < 4


def test_it_prices_the_client_s_target_among_others() -> None:
    plan = planned(replays(tasks=400), replace(TERMS, target=0.94))
    own = next(price for price in plan.prices if price.target == 0.94)
    assert (own.threshold, own.overlap, own.accuracy) == (plan.threshold, plan.overlap, plan.accuracy)
    assert sorted([*spending.TARGETS, 0.94]) == [price.target for price in plan.prices]
    costs = [price.cost_to_come[0] for price in plan.prices]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


def test_it_gives_no_price_for_what_is_out_of_reach() -> None:
    """Experts, who are right in 98 of 100 cases, cannot make up for the crowd here."""
    plan = planned(replays(tasks=200, skill=0.65))
    assert plan.out_of_reach == (0.98, 0.99)
    assert max(price.target for price in plan.prices) < 0.98


def test_each_price_is_that_of_the_rule_its_target_would_run_by() -> None:
    gold = replays(tasks=400, answers=3)
    for price in planned(gold, replace(TERMS, expert_cost=30.0)).prices:
        terms = replace(TERMS, target=price.target, expert_cost=30.0)
        rule = rule_of(terms, planned(gold, terms))
        assert (rule.threshold, rule.max_overlap) == (price.threshold, price.overlap)
        assert len(price.cost_to_come) == price.tried + 1


def test_where_gold_is_shallow_a_price_says_how_many_answers_were_tried() -> None:
    """Two were enough for the easy targets; whoever needs the third may need a fourth, which nobody tried."""
    prices = planned(replays(tasks=400, answers=3), replace(TERMS, expert_cost=30.0)).prices
    assert {(price.tried, price.overlap) for price in prices} == {(2, 2), (3, 9)}


def test_a_plan_comes_back_as_it_was_stored() -> None:
    plan = planned(replays(tasks=50))
    assert BatchPlan.stored(json.loads(json.dumps(asdict(plan)))) == plan


def test_a_plan_from_before_there_were_prices_can_be_read() -> None:
    old = asdict(planned(replays(tasks=50)))
    del old["prices"], old["out_of_reach"]
    assert BatchPlan.stored(old).prices == ()


def test_it_leaves_the_replays_as_they_were() -> None:
    found = replays(tasks=20)
    before = found.confidence_rn.copy()
    plan_of(found, replace(TERMS, min_overlap=3))
    assert (found.confidence_rn == before).all()
