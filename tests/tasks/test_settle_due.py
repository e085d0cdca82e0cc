"""Paying what is accepted: once, one entry per worker and batch, gold and work alike."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from marketplace.core.clock import now
from marketplace.ledger.selectors import statement
from marketplace.ledger.services import NotEnoughMoney
from marketplace.projects.models import Batch
from tasks.assignment.models import Assignment
from tasks.flow import settlement
from tasks.flow.background import settle_pay
from tasks.flow.settlement import settle_due
from tests.factories import make_user, make_worker
from tests.tasks.acts import answer, claim, escrow_micros, pair_batch, task_of
from tests.tasks.conftest import Clock
from workers.pay.selectors import earnings
from workers.pay.services import pay_work
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


def test_it_pays_everything_window_by_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlement, "WINDOW", 3)
    monkeypatch.setattr(settlement, "PER_PAYMENT", 2)
    batch = pair_batch(work=4)
    crowd = [answered(batch, "w0", "w1", "w2", "w3") for _ in range(2)]
    assert settle_due() == 8
    assert [earned(worker.public_id) for worker in crowd] == [4 * REWARD] * 2
    assert max(amount for worker in crowd for _, amount in entries_of(worker)) <= 2 * REWARD


def test_it_stops_when_its_time_is_over_and_goes_on_the_next_time() -> None:
    worker = answered(pair_batch(work=2), "w0", "w1")
    assert settle_due(seconds=-1) == 0
    assert settle_due() == 2
    assert earned(worker.public_id) == 2 * REWARD


def test_it_pays_the_others_where_one_cannot_be_paid(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    unlucky, other = (answered(pair_batch(), "w0") for _ in range(2))

    def refuse_one(*, worker: Worker, **terms: Any) -> Any:
        if worker == unlucky:
            raise NotEnoughMoney
        return pay_work(worker=worker, **terms)

    monkeypatch.setattr(settlement, "pay_work", refuse_one)
    assert settle_due() == 1
    assert (earned(unlucky.public_id), earned(other.public_id)) == (0, REWARD)
    assert f"worker {unlucky.pk}" in caplog.text
    monkeypatch.undo()
    assert settle_due() == 1


def test_a_window_is_read_through_the_index_of_what_is_due() -> None:
    answered(pair_batch(), "w0")
    due = Assignment.objects.filter(state="submitted", accept_due_at__lte=now()).order_by("accept_due_at")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # a table of one row is read whole
        cursor.execute("SET LOCAL enable_sort = off")
    assert "assignment_accept_due" in due[: settlement.WINDOW].explain()
