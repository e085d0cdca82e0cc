"""What may be claimed of a batch: the bound holds whatever the confidences are worth, and can be checked."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.quality.coverage import KINDS, Setting, fitted, row, simulated
from tasks.quality.promise.audit import Audit, Stratum, draw_audit
from tasks.quality.promise.certificate import Certificate, certify, reproduce
from tasks.quality.promise.stratified import Sample, most_marked
from tasks.quality.trust.reliability import clopper_pearson_low


def draws(tasks: int, drawn: int, marked: int) -> list[float]:
    """The chance to draw 0..drawn marked tasks, by counting."""
    ways = [comb(marked, found) * comb(tasks - marked, drawn - found) for found in range(drawn + 1)]
    return [way / comb(tasks, drawn) for way in ways]


@pytest.mark.parametrize(
    ("tasks", "drawn"), [((12, 9), (5, 4)), ((15, 3), (4, 3)), ((20, 0), (6, 0)), ((6, 6), (0, 3))]
)
@pytest.mark.parametrize("expected", [(0.01, 0.2), (0.9, 0.05)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_bound_holds_for_every_possible_batch(
    tasks: tuple[int, int], drawn: tuple[int, int], expected: tuple[float, float], level: float
) -> None:
    found = list(product(*(range(n + 1) for n in drawn)))
    bound = {
        outcome: most_marked(
            [Sample(*each) for each in zip(tasks, drawn, outcome, expected, strict=True)], level
        )
        for outcome in found
    }
    for marked in product(*(range(size + 1) for size in tasks)):
        first, second = (draws(*each) for each in zip(tasks, drawn, marked, strict=True))
        holds = sum(first[a] * second[b] for a, b in found if bound[a, b] >= sum(marked))
        assert holds >= level - 1e-9


def test_the_bound_is_that_of_a_plain_sample_when_there_is_one_stratum() -> None:
    # the hypergeometric bound by counting: the most marked tasks that leave the outcome a chance above 5 %
    tasks, drawn, found = 40, 11, 2
    most = max(marked for marked in range(tasks + 1) if sum(draws(tasks, drawn, marked)[: found + 1]) > 0.05)
    assert most_marked([Sample(tasks, drawn, found, 0.1)], 0.95) == most


def test_a_large_batch_is_bounded_as_tables_say() -> None:
    # with a batch of a million the draw is as good as with replacement
    for right, total in ((58, 58), (91, 92), (122, 123)):
        most = most_marked([Sample(1_000_000, total, total - right, 0.05)], 0.95)
        assert 1 - most / 1_000_000 == pytest.approx(clopper_pearson_low(right, total), abs=1e-4)


samples = st.builds(
    lambda tasks, drawn, marked, expected: Sample(
        tasks, min(tasks, drawn), min(tasks, drawn, marked), expected
    ),
    st.integers(1, 300),
    st.integers(0, 60),
    st.integers(0, 30),
    st.floats(0, 1),
)


@settings(deadline=None)
@given(samples, samples, st.integers(0, 1))
def test_one_more_mark_never_lowers_the_bound(first: Sample, second: Sample, which: int) -> None:
    before = [first, second]
    one = before[which]
    if one.marked == one.drawn:
        return
    after = list(before)
    after[which] = Sample(one.tasks, one.drawn, one.marked + 1, one.expected)
    assert most_marked(before, 0.95) <= most_marked(after, 0.95)


@settings(deadline=None)
@given(samples, samples)
def test_the_bound_lies_between_what_was_seen_and_what_may_be(first: Sample, second: Sample) -> None:
    most = most_marked([first, second], 0.95)
    seen = first.marked + second.marked
    unseen = first.tasks - first.drawn + second.tasks - second.drawn
    assert seen <= most <= seen + unseen


def audited(n: int, wrong: int, tasks: int = 1000) -> Certificate:
    """A batch of equally sure labels whose audit found the first `wrong` to be wrong."""
    confidences = np.full(tasks, 0.95)
    audit = draw_audit(np.random.default_rng(0), confidences, n)
    return certify(confidences, audit=audit, right=[False] * wrong + [True] * (n - wrong), seed=0)


def test_without_an_audit_it_expects_the_mean_confidence_and_promises_nothing() -> None:
    certificate = certify([0.9, 0.8, 1.0])
    assert certificate.expected_accuracy == pytest.approx(0.9)
    assert certificate.accuracy is certificate.accuracy_at_least is certificate.accuracy_at_most is None
    assert "nothing is guaranteed" in certificate.statement


def test_an_audit_bounds_the_accuracy_whatever_the_confidences_claim() -> None:
    sure = np.ones(100_000)
    audit = draw_audit(np.random.default_rng(1), sure, 58)
    certificate = certify(sure, audit=audit, right=[True] * 58)
    assert certificate.accuracy_at_least == pytest.approx(0.95, abs=0.001)
    assert certificate.accuracy_at_most == 1.0


def test_it_corrects_the_confidences_by_what_the_audit_found() -> None:
    # of ten audited each, 8 are right where 9 were claimed, and 6 where 6 were
    confidences = np.repeat([0.9, 0.6], [600, 400])
    strata = (Stratum(600, 0.9, 0.9, 0.9), Stratum(400, 0.6, 0.6, 0.6))
    task_i = np.array([*range(10), *range(600, 610)])
    audit = Audit(strata, task_i, np.repeat([0, 1], 10), np.repeat([1 / 60, 1 / 40], 10))
    right = [True] * 8 + [False] * 2 + [True] * 6 + [False] * 4
    certificate = certify(confidences, audit=audit, right=right)
    assert certificate.expected_accuracy == pytest.approx(0.78)
    assert certificate.accuracy == pytest.approx(0.72)
    assert [one.audited_right for one in certificate.evidence.strata] == [8, 6]


def test_it_is_exact_when_all_was_audited() -> None:
    rng = np.random.default_rng(2)
    confidences = rng.uniform(0.5, 1.0, 60)
    audit = draw_audit(rng, confidences, 60)
    certificate = certify(confidences, audit=audit, right=[True] * 51 + [False] * 9)
    for claim in (certificate.accuracy, certificate.accuracy_at_least, certificate.accuracy_at_most):
        assert claim == pytest.approx(51 / 60, abs=1e-12)


def test_an_audit_broken_off_counts_as_far_as_it_went() -> None:
    confidences = np.full(500, 0.9)
    audit = draw_audit(np.random.default_rng(3), confidences, 80)
    certificate = certify(confidences, audit=audit, right=[True] * 30)
    assert certificate.evidence.audited == 30
    whole = certify(
        confidences, audit=draw_audit(np.random.default_rng(3), confidences, 30), right=[True] * 30
    )
    assert certificate.accuracy_at_least == whole.accuracy_at_least


def test_an_expert_who_errs_lowers_the_promise() -> None:
    confidences = np.full(1000, 0.95)
    audit = draw_audit(np.random.default_rng(4), confidences, 60)
    never, sometimes = (
        certify(confidences, audit=audit, right=[True] * 60, expert_error=error).accuracy_at_least
        for error in (0.0, 0.02)
    )
    assert never is not None
    assert sometimes == pytest.approx((never - 0.02) / 0.98)


def test_more_looks_promise_less() -> None:
    confidences = np.full(1000, 0.95)
    audit = draw_audit(np.random.default_rng(5), confidences, 60)
    once, four = (
        certify(confidences, audit=audit, right=[True] * 60, looks=looks).accuracy_at_least
        for looks in (1, 4)
    )
    strict = certify(confidences, audit=audit, right=[True] * 60, level=0.9875).accuracy_at_least
    assert once is not None
    assert four == strict
    assert four is not None
    assert four < once


def test_verdicts_are_right_as_often_as_experts_are() -> None:
    certificate = certify([0.9] * 60, verdicts=40, expert_error=0.05)
    assert certificate.expected_accuracy == pytest.approx(0.6 * 0.9 + 0.4 * 0.95)
    assert certify([], verdicts=3).expected_accuracy == 1.0


def test_it_says_nothing_of_an_empty_batch() -> None:
    certificate = certify([])
    assert certificate.expected_accuracy is None
    assert certificate.statement == "There are no labels to certify."


def test_it_says_in_words_what_it_promises() -> None:
    assert audited(100, 3).statement == (
        "An expert checked 100 of 1,000 labels, drawn at random, and found 97 right. "
        "At least 92.7 % of the 1,000 labels are right, with 95 % certainty; the best estimate is 97.0 %."
    )


@pytest.mark.parametrize("kind", [KINDS[2], KINDS[5], KINDS[8]], ids=lambda kind: kind.name)
def test_it_needs_fewer_audits_than_a_plain_sample_and_still_holds(kind: Setting) -> None:
    setting = replace(kind, audits=100)
    found = row(setting, simulated(setting, 400, np.random.default_rng(7)))
    assert found.holds_high >= 0.95
    assert found.width < found.peer_width
    assert found.peer_audits > 110


def test_it_holds_on_confidences_of_a_real_fit() -> None:
    setting = Setting("fitted", 0.75, 0.0, 80, tasks=300, hard=0.3)
    found = row(setting, fitted(setting, 100, np.random.default_rng(8)))
    assert found.holds_high >= 0.95
    assert found.width < found.peer_width


def test_the_same_evidence_gives_the_same_bytes() -> None:
    assert audited(100, 3).to_json() == audited(100, 3).to_json()
    told = json.loads(audited(100, 3).to_json())
    assert told["evidence"]["seed"] == 0
    assert {"method", "version", "statement", "accuracy_at_least"} <= told.keys()


def test_a_certificate_can_be_computed_anew_from_its_evidence() -> None:
    text = audited(100, 3).to_json()
    assert reproduce(text) == ()
    assert reproduce(certify([]).to_json()) == ()
    told = json.loads(text)
    told["accuracy_at_least"] += 0.001
    assert reproduce(json.dumps(told)) == ("accuracy_at_least",)
    told["evidence"]["strata"][0]["audited_right"] -= 1
    assert {"accuracy", "accuracy_at_least", "statement"} <= set(reproduce(json.dumps(told)))


@pytest.mark.parametrize("text", ["{}", "[]", '{"method": "stratified-audit-buehler", "version": "1"}'])
def test_it_refuses_to_check_what_is_no_certificate(text: str) -> None:
    with pytest.raises(ValueError, match="certificate"):
        reproduce(text)


def test_it_refuses_what_does_not_fit() -> None:
    audit = draw_audit(np.random.default_rng(0), [0.9, 0.8], 1)
    with pytest.raises(ValueError, match="do not fit"):
        certify([0.9, 0.8], audit=audit, right=[True, True])
    with pytest.raises(ValueError, match="do not fit"):
        certify([0.9], audit=audit, right=[True])
    with pytest.raises(ValueError, match="without an audit"):
        certify([0.9], right=[True])
    with pytest.raises(ValueError, match="level"):
        certify([0.9], level=1.0)
    with pytest.raises(ValueError, match=r"0\.\.1"):
        certify([1.2])
    with pytest.raises(ValueError, match="marked"):
        Sample(5, 3, 4, 0.1)
    with pytest.raises(ValueError, match="strata"):
        most_marked([], 0.95)
