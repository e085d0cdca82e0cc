"""How a batch is going: every number from the rows, every micro from the books."""

from __future__ import annotations

import pytest

from tasks.flow.selectors import counts_of, progress_of, roster_of
from tasks.flow.settlement import settle_due
from tests.factories import make_draft, make_expert, make_user, make_worker
from tests.tasks.acts import (
    answer,
    answer_by_new_workers,
    claim,
    close,
    decide,
    dispute_of,
    escrow_micros,
    pair_batch,
    task_of,
)
from workers.teams.services import add_member, create_vendor

pytestmark = pytest.mark.django_db


def test_it_counts_tasks_by_state_without_gold() -> None:
    batch = pair_batch(work=4, gold=2)
    answer_by_new_workers(task_of(batch, "w0"), ["dog", "dog"])
    dispute_of(task_of(batch, "w1"))
    assert counts_of(batch) == {
        "tasks": 4,
        "open": 2,
        "resolved": 1,
        "disputed": 1,
        "closed": 0,
        "disputes_open": 1,
    }


def test_it_counts_answers_leases_and_known_answers() -> None:
    batch, worker = pair_batch(work=2, gold=2), make_worker()
    answer(worker, task_of(batch, "w0"))
    answer(worker, task_of(batch, "g0"), "dog")
    answer(worker, task_of(batch, "g1"), "cat")
    claim(worker, task_of(batch, "w1"))
    found = progress_of(batch)
    assert (found["answers"], found["gold_answers"], found["gold_right"]) == (1, 2, 1)
    assert (found["live_leases"], found["mean_confidence"]) == (1, None)


def test_it_accounts_for_every_micro_that_was_held() -> None:
    batch = pair_batch(work=3)
    answer_by_new_workers(task_of(batch, "w0"), ["dog", "dog"])
    decide(make_expert(), dispute_of(task_of(batch, "w1")))
    settle_due()
    found = progress_of(batch)
    spent = found["paid_micros"] + found["expert_micros"] + found["fee_micros"]
    assert (found["paid_micros"], found["expert_micros"], found["fee_micros"]) == (200_000, 500_000, 140_000)
    assert found["held_micros"] == found["escrow_micros"] + spent
    assert found["escrow_micros"] == escrow_micros(batch)
    assert (found["disputes"], found["disputes_open"], found["resolved"]) == (1, 0, 2)


def test_it_adds_up_after_the_end_too() -> None:
    batch = pair_batch(work=2)
    answer_by_new_workers(task_of(batch, "w0"), ["dog", "dog"])
    close(batch)
    found = progress_of(batch)
    assert found["held_micros"] == found["refunded_micros"] + found["paid_micros"] + found["fee_micros"]
    assert (found["escrow_micros"], found["closed"], found["resolved"]) == (0, 1, 1)


def test_it_claims_the_mean_confidence_of_what_is_settled() -> None:
    batch = pair_batch(work=2)
    answer_by_new_workers(task_of(batch, "w0"), ["dog", "dog"])
    answer(make_worker(), task_of(batch, "w1"))
    resolved = task_of(batch, "w0").consensus.get().confidence
    assert progress_of(batch)["mean_confidence"] == pytest.approx(resolved)


def test_it_is_all_zeros_for_a_draft() -> None:
    found = progress_of(make_draft())
    assert found.pop("mean_confidence") is None
    assert set(found.values()) == {0}


def test_it_shows_a_vendor_what_its_people_did() -> None:
    vendor = create_vendor(manager=make_user("Vera"), name="Vera's", share_ppm=100_000)
    busy, idle, stranger = make_worker("Ben"), make_worker("Eve"), make_worker("Dan")
    add_member(vendor=vendor, worker=busy)
    add_member(vendor=vendor, worker=idle, team="B")
    batch = pair_batch(work=1, gold=1)
    answer(busy, task_of(batch, "g0"))
    answer(busy, task_of(batch, "w0"))
    answer(stranger, task_of(batch, "w0"))
    settle_due()
    first, second = roster_of(vendor)
    assert (first["name"], first["answers"], first["gold_right"], first["gold_answers"]) == ("Ben", 2, 1, 1)
    assert (first["earned_micros"], first["last_seen"] is None) == (90_000, False)
    assert (second["name"], second["team"], second["answers"], second["last_seen"]) == ("Eve", "B", 0, None)
