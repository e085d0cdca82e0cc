"""Which labels an expert looks at, and how many it takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.quality.promise.audit import LEAST, audits_needed, draw_audit
from tasks.quality.promise.certificate import certify

SURE_AND_DOUBTFUL = np.repeat([0.99, 0.7], [800, 200])


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=60), st.integers(0, 60), st.integers(0, 9))
def test_it_draws_as_many_as_asked_each_once_with_the_chance_it_tells(
    confidences: list[float], n: int, seed: int
) -> None:
    n = min(n, len(confidences))
    audit = draw_audit(np.random.default_rng(seed), confidences, n)
    assert len(audit.task_i) == len({*audit.task_i.tolist()}) == n
    assert sum(stratum.tasks for stratum in audit.strata) == len(confidences)
    for number, stratum in enumerate(audit.strata):
        here = audit.stratum_i == number
        assert np.all(audit.inclusion_i[here] == here.sum() / stratum.tasks)
        drawn = np.array(confidences)[audit.task_i[here]]
        assert np.all((drawn >= stratum.confidence_low) & (drawn <= stratum.confidence_high))


def test_every_task_comes_up_as_often_as_its_inclusion_says() -> None:
    rng = np.random.default_rng(0)
    seen_t, said_t = np.zeros(100), np.zeros(100)
    confidences = np.repeat([0.99, 0.7], [70, 30])
    for _ in range(2000):
        audit = draw_audit(rng, confidences, 25)
        seen_t[audit.task_i] += 1
        said_t[audit.task_i] = audit.inclusion_i
    assert seen_t / 2000 == pytest.approx(said_t, abs=0.05)


def test_doubtful_tasks_are_drawn_more_often() -> None:
    audit = draw_audit(np.random.default_rng(1), SURE_AND_DOUBTFUL, 100)
    sure, doubtful = np.bincount(audit.stratum_i)
    assert [stratum.tasks for stratum in audit.strata] == [800, 200]
    assert doubtful / 200 > 1.5 * sure / 800


def test_no_stratum_goes_unseen() -> None:
    confidences = np.repeat([1.0, 0.5], [5000, 20])
    audit = draw_audit(np.random.default_rng(2), confidences, 30)
    assert np.bincount(audit.stratum_i).min() >= LEAST


def test_few_audits_and_equal_confidences_make_one_stratum() -> None:
    rng = np.random.default_rng(3)
    assert len(draw_audit(rng, SURE_AND_DOUBTFUL, 10).strata) == 1
    assert len(draw_audit(rng, np.full(50, 0.9), 30).strata) == 1
    assert draw_audit(rng, [], 0).strata == ()


def test_the_order_is_random_over_the_strata() -> None:
    audit = draw_audit(np.random.default_rng(4), SURE_AND_DOUBTFUL, 100)
    first, second = audit.stratum_i[:50].mean(), audit.stratum_i[50:].mean()
    assert first == pytest.approx(second, abs=0.2)


def test_the_same_seed_draws_the_same_audit() -> None:
    one, other = (draw_audit(np.random.default_rng(5), SURE_AND_DOUBTFUL, 40) for _ in range(2))
    assert np.array_equal(one.task_i, other.task_i)


def test_58_flawless_audits_promise_95_percent() -> None:
    assert audits_needed(np.ones(100_000), 0.95) == 59  # 58 reach 94.97 %


def test_it_plans_audits_that_keep_what_they_promise() -> None:
    n = audits_needed(SURE_AND_DOUBTFUL, 0.9, chance=0.8)
    assert n is not None
    rng = np.random.default_rng(6)
    kept = 0
    for _ in range(120):
        audit = draw_audit(rng, SURE_AND_DOUBTFUL, n)
        right = rng.random(n) < SURE_AND_DOUBTFUL[audit.task_i]
        bound = certify(SURE_AND_DOUBTFUL, audit=audit, right=right.tolist()).accuracy_at_least
        kept += bound is not None and bound >= 0.9
    assert kept / 120 == pytest.approx(0.8, abs=0.12)


def test_more_is_needed_to_promise_more_or_when_experts_err() -> None:
    modest, bold, strict = (
        audits_needed(SURE_AND_DOUBTFUL, *at_least, expert_error=error)
        for at_least, error in (((0.88,), 0.0), ((0.91,), 0.0), ((0.88,), 0.02))
    )
    assert modest is not None
    assert bold is not None
    assert strict is not None
    assert modest < min(bold, strict)


def test_no_audit_promises_what_the_confidences_do_not_hold() -> None:
    assert audits_needed(SURE_AND_DOUBTFUL, 0.95) is None
    assert audits_needed([], 0.5) is None


@pytest.mark.parametrize("n", [-1, 4])
def test_it_refuses_more_audits_than_tasks(n: int) -> None:
    with pytest.raises(ValueError, match=r"0\.\.3"):
        draw_audit(np.random.default_rng(0), [0.9, 0.9, 0.9], n)


@pytest.mark.parametrize(("at_least", "chance"), [(1.0, 0.8), (0.9, 0.0)])
def test_it_refuses_impossible_plans(at_least: float, chance: float) -> None:
    with pytest.raises(ValueError, match="at_least and chance"):
        audits_needed([0.9], at_least, chance=chance)
