"""Paying what is accepted: once, one entry per worker and batch, gold and work alike."""

from __future__ import annotations

import pytest

from marketplace.ledger.selectors import statement
from marketplace.projects.models import Batch
from tasks.assignment.models import Assignment
from tasks.flow.background import settle_pay
from tasks.flow.settlement import settle_due
from tests.factories import make_user, make_worker
from tests.tasks.acts import answer, claim, escrow_micros, pair_batch, task_of
from tests.tasks.conftest import Clock
from workers.pay.selectors import earnings
from workers.profiles.models import Worker
from workers.teams.services import add_member, create_vendor

pytestmark = pytest.mark.django_db

REWARD, FEE = 50_000, 10_000


def earned(owner: str) -> int:
    return sum(line.available_micros for line in earnings(owner))


def entries_of(worker: Worker) -> list[tuple[str, int]]:
    return [(line.entry.kind, line.amount_micros) for line in statement(owner=worker.public_id)]


def answered(batch: Batch, *rows: str) -> Worker:
    worker = make_worker()
    for row in rows:
        answer(worker, task_of(batch, row))
    return worker


def test_it_moves_the_reward_to_the_worker_and_the_fee_on_top() -> None:
    batch = pair_batch()
    held, worker = escrow_micros(batch), answered(batch, "w0")
    assert settle_due() == 1
    assert earned(worker.public_id) == REWARD
    assert held - escrow_micros(batch) == REWARD + FEE
    assert Assignment.objects.get().state == "accepted"


def test_it_pays_nothing_before_its_time(clock: Clock) -> None:
    batch = pair_batch(acceptance_seconds=60)
    worker = answered(batch, "w0")
    assert settle_due() == 0
    clock.forward(61)
    settle_pay()
    assert earned(worker.public_id) == REWARD


def test_it_pays_each_answer_once() -> None:
    worker = answered(pair_batch(), "w0")
    assert [settle_due(), settle_due()] == [1, 0]
    assert earned(worker.public_id) == REWARD


def test_it_pays_all_a_worker_has_due_in_a_batch_by_one_entry() -> None:
    first, second = pair_batch(work=3), pair_batch()
    worker = answered(first, "w0", "w1", "w2")
    answer(worker, task_of(second))
    assert settle_due() == 4
    assert sorted(entries_of(worker)) == [("work", REWARD), ("work", 3 * REWARD)]
    assert Assignment.objects.filter(batch=first).values("payment").distinct().count() == 1


def test_it_pays_gold_and_work_alike() -> None:
    batch = pair_batch(work=1, gold=1)
    on_work, on_gold = answered(batch, "w0"), answered(batch, "g0")
    settle_due()
    assert entries_of(on_work) == entries_of(on_gold) == [("work", REWARD)]


def test_it_pays_for_a_wrong_answer_too() -> None:
    batch, worker = pair_batch(gold=1), make_worker()
    answer(worker, task_of(batch, "g0"), "cat")
    settle_due()
    assert earned(worker.public_id) == REWARD


def test_it_pays_nothing_for_what_is_only_held() -> None:
    claim(make_worker(), task_of(pair_batch()))
    assert settle_due() == 0


def test_it_pays_only_the_batch_it_was_asked_for() -> None:
    mine, other = pair_batch(), pair_batch()
    answered(mine, "w0")
    waiting = answered(other, "w0")
    assert settle_due(batch=mine) == 1
    assert earned(waiting.public_id) == 0


def test_it_gives_the_vendor_its_share() -> None:
    vendor = create_vendor(manager=make_user("Vera"), name="Vera's", share_ppm=200_000)
    batch, worker = pair_batch(), make_worker()
    add_member(vendor=vendor, worker=worker)
    held = escrow_micros(batch)
    answer(worker, task_of(batch))
    settle_due()
    assert (earned(worker.public_id), earned(vendor.public_id)) == (40_000, 10_000)
    assert held - escrow_micros(batch) == REWARD + FEE
