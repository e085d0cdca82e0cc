"""What stands between a draft and its launch: words, wage and known answers."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from marketplace.projects.models import Batch
from marketplace.projects.services import launch_faults, write_guidelines
from tests.factories import Shape, make_client, make_draft

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def floor(settings: Settings) -> None:
    """Seven and a quarter an hour."""
    settings.WAGE_FLOOR_HOURLY_MICROS = 7_250_000


def draft(gold: int = 1, **terms: Any) -> Batch:
    return make_draft(make_client(funds_micros=0), Shape(work=1, gold=gold, terms=terms))


def codes(batch: Batch) -> list[tuple[str, str]]:
    return [(fault.where, fault.code) for fault in launch_faults(batch)]


def test_a_good_draft_has_none() -> None:
    assert codes(draft()) == []


@pytest.mark.parametrize("body", ["", " \n"])
def test_guidelines_are_needed(body: str) -> None:
    batch = draft()
    write_guidelines(project=batch.project, body=body)
    assert codes(batch) == [("guidelines", "guidelines_missing")]


def test_a_reward_below_the_wage_floor_is_a_fault() -> None:
    assert codes(draft(reward_micros=7_250, seconds_per_task=4)) == [
        ("reward_micros", "reward_below_wage_floor")
    ]
    assert codes(draft(reward_micros=7_250_000, seconds_per_task=3600)) == []
    assert codes(draft(reward_micros=7_249_999, seconds_per_task=3600)) != []


def test_the_wage_fault_names_both_numbers() -> None:
    (fault,) = launch_faults(draft(reward_micros=1_000_000, seconds_per_task=3600))
    assert "1.00" in fault.detail
    assert "7.25" in fault.detail


def test_known_answers_or_a_reason_are_needed() -> None:
    assert codes(draft(gold=0, no_gold_reason=" ")) == [("no_gold_reason", "gold_missing")]
    assert codes(draft(gold=0, no_gold_reason="A pilot.")) == []


def test_all_faults_are_told_at_once() -> None:
    batch = draft(gold=0, no_gold_reason="", reward_micros=1)
    write_guidelines(project=batch.project, body="")
    assert [where for where, _ in codes(batch)] == ["guidelines", "reward_micros", "no_gold_reason"]
