"""The numbers and the table of a replay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tasks.replays.recorded import Answer, Recording
from tasks.replays.report import Facts, Report, flat, majority_accuracy, make_report, table

FIRST_KEYS = (
    "tasks recorded_answers answers_bought answers_per_task accuracy accuracy_low accuracy_high"
    " mean_confidence disputes paid_micros fee_micros refunded_micros ledger_sum_micros"
    " wall_seconds answers_per_second"
)
FACTS = Facts(
    ledger_sum_micros=0,
    wall_seconds=4.0,
    expert_error=0.02,
    dispute_undecidable=1,
    acknowledged_answers=7,
    repeated_answers=0,
    recovered_claims=0,
    server_faults=0,
)
PROGRESS = {
    "answers": 5,
    "gold_answers": 2,
    "disputes": 2,
    "paid_micros": 350_000,
    "fee_micros": 70_000,
    "refunded_micros": 30_000,
    "expert_micros": 1_000_000,
}


def crowd() -> Recording:
    given = [("a", "w1", "1"), ("a", "w2", "1"), ("b", "w1", "1"), ("b", "w2", "0"), ("c", "w1", "1")]
    given += [("c", "w2", "0"), ("c", "w3", "0"), ("d", "w1", "0")]
    answers = tuple(Answer(task, worker, label, None) for task, worker, label in given)
    return Recording("crowd", answers, {"a": "1", "b": "1", "c": "1"}, {}, ("0", "1"))


def result(value: str | None, *, verdict: bool = False, confidence: float | None = 0.9) -> dict[str, Any]:
    return {
        "value": {"label": value} if value else {},
        "confidence": confidence,
        "state": "resolved",
        "verdict": {"outcome": "decided"} if verdict else None,
    }


def made(**results: Any) -> Report:
    found = {"b": result("1", verdict=True, confidence=0.98), "c": result("0"), "d": result("0")} | results
    return make_report(
        crowd(), gold=frozenset("a"), results=found, progress=PROGRESS, question="label", facts=FACTS
    )


def test_it_scores_tasks_with_a_truth_and_never_gold() -> None:
    report = made()
    assert (report.scored_tasks, report.accuracy, report.crowd_accuracy) == (2, 0.5, 0.0)
    assert report.mean_confidence == pytest.approx(0.94)
    assert report.mean_confidence_all == pytest.approx((0.98 + 0.9 + 0.9) / 3)
    assert report.accuracy_low < 0.5 < report.accuracy_high


def test_it_leaves_out_tasks_that_nobody_answered() -> None:
    report = made(b=result(None, confidence=None))
    assert (report.scored_tasks, report.accuracy) == (1, 0.0)


def test_it_counts_gold_among_the_answers_bought() -> None:
    report = made()
    assert (report.tasks, report.recorded_answers, report.answers_bought) == (4, 8, 7)
    assert report.answers_per_task == 1.75
    assert report.saved_share == pytest.approx(1 / 8)
    assert report.answers_per_second == 2.0


def test_it_says_nothing_of_accuracy_where_nothing_can_be_scored() -> None:
    found = {task: result("1") for task in "abcd"}
    unknown = replace(crowd(), truth={})
    report = make_report(
        unknown, gold=frozenset(), results=found, progress=PROGRESS, question="label", facts=FACTS
    )
    assert (report.accuracy, report.majority_accuracy, report.mean_confidence) == (None, None, None)
    assert "no truth outside gold" in table(report, name="crowd", currency="USD")


def test_it_splits_ties_of_the_plain_vote() -> None:
    assert majority_accuracy(crowd(), ["a", "b"]) == 0.75
    assert majority_accuracy(crowd(), ["c"]) == 0.0


def test_its_json_begins_with_the_agreed_keys() -> None:
    assert list(flat(made()))[:15] == FIRST_KEYS.split()


def test_its_table_shows_every_number_asked_for() -> None:
    shown = table(made(), name="crowd", currency="USD")
    for part in ("50.0 %", "on 2 tasks", "0.35 USD", "1.00 USD", "must be 0", "plain majority", "12.5 %"):
        assert part in shown
