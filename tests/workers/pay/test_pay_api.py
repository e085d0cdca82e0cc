"""Earnings and payouts over HTTP, and the operator's side of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import make_user, make_worker
from tests.marketplace.callers import as_user, faults_of, ok, refused, with_key
from tests.workers.pay.purses import earn
from workers.pay.models import Payout
from workers.profiles.models import Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben() -> Worker:
    """A worker with five dollars."""
    worker = make_worker("Ben")
    earn(worker, 5_000_000)
    return worker


@pytest.fixture
def operator() -> Any:
    """An operator, signed in."""
    return as_user(make_user("Op", is_staff=True))


def test_a_worker_sees_earnings_and_where_they_come_from(ben: Worker) -> None:
    caller = as_user(ben.user)
    assert ok(caller.get("/api/v1/earnings"))["results"] == [
        {"currency": "USD", "available_micros": 5_000_000, "in_transit_micros": 0, "paid_out_micros": 0}
    ]
    (line,) = ok(caller.get("/api/v1/earnings/statement"))["results"]
    assert (line["kind"], line["account"], line["amount_micros"]) == ("work", "earnings", 5_000_000)


def test_a_worker_sees_nothing_of_others(ben: Worker) -> None:
    other = as_user(make_worker("Bea").user)
    ok(as_user(ben.user).post("/api/v1/payouts", {"amount_micros": 1_000_000}, format="json"), 201)
    for path in ("earnings", "earnings/statement", "payouts"):
        assert ok(other.get(f"/api/v1/{path}"))["results"] == []


def test_a_payout_goes_from_a_request_to_the_bank(ben: Worker, operator: Any) -> None:
    caller = as_user(ben.user)
    payout = ok(caller.post("/api/v1/payouts", {"amount_micros": 2_000_000}, format="json"), 201)
    assert (payout["state"], payout["currency"]) == ("requested", "USD")
    for action, state in (("send", "sent"), ("settle", "settled")):
        moved = ok(operator.post(f"/api/v1/operations/payouts/{payout['id']}/{action}"))
        assert moved["state"] == state
    (listed,) = ok(caller.get("/api/v1/payouts"))["results"]
    assert listed == payout | {"state": "settled"}


def test_a_request_sent_twice_under_one_key_is_one_payout(ben: Worker) -> None:
    caller = as_user(ben.user)
    body, headers = {"amount_micros": 2_000_000}, {"Idempotency-Key": "k"}
    replies = [
        ok(caller.post("/api/v1/payouts", body, format="json", headers=headers), 201) for _ in range(2)
    ]
    assert replies[0] == replies[1]
    assert Payout.objects.count() == 1


@pytest.mark.parametrize("amount", [999_999, 0, -1, 1.5, "all", None])
def test_a_wrong_amount_is_a_fault(ben: Worker, amount: Any) -> None:
    reply = as_user(ben.user).post("/api/v1/payouts", {"amount_micros": amount}, format="json")
    assert [where for where, _ in faults_of(refused(reply, 422, "invalid"))] == ["amount_micros"]


@pytest.mark.parametrize("amount", [5_000_001, 10**30])
def test_more_than_is_earned_is_a_conflict(ben: Worker, amount: int) -> None:
    reply = as_user(ben.user).post("/api/v1/payouts", {"amount_micros": amount}, format="json")
    refused(reply, 409, "not_enough_money")


@pytest.mark.parametrize("path", ["earnings", "earnings/statement", "payouts"])
def test_only_workers_have_earnings(path: str) -> None:
    refused(as_user(make_user("Ada")).get(f"/api/v1/{path}"), 403, "not_a_worker")


def test_a_key_needs_the_workers_scope(ben: Worker) -> None:
    refused(with_key(ben.user, "client").get("/api/v1/earnings"), 403, "scope_missing")
    ok(with_key(ben.user, "work").get("/api/v1/earnings"))


@pytest.mark.parametrize("action", ["send", "settle", "fail"])
def test_only_operators_move_payouts(ben: Worker, action: str) -> None:
    caller = as_user(ben.user)
    payout = ok(caller.post("/api/v1/payouts", {"amount_micros": 2_000_000}, format="json"), 201)
    refused(caller.post(f"/api/v1/operations/payouts/{payout['id']}/{action}"), 403, "forbidden")


def test_an_operators_key_needs_the_scope_to_operate(ben: Worker) -> None:
    user = make_user("Op", is_staff=True)
    refused(with_key(user, "client").get("/api/v1/operations/ledger"), 403, "scope_missing")
    ok(with_key(user, "operate").get("/api/v1/operations/ledger"))


def test_a_step_out_of_order_is_a_conflict(ben: Worker, operator: Any) -> None:
    reply = as_user(ben.user).post("/api/v1/payouts", {"amount_micros": 2_000_000}, format="json")
    path = f"/api/v1/operations/payouts/{ok(reply, 201)['id']}"
    refused(operator.post(f"{path}/settle"), 409, "payout_moved")
    refused(operator.post(f"{path}/burn"), 404, "not_found")
    refused(operator.post("/api/v1/operations/payouts/NOSUCHPAYOUT/send"), 404, "not_found")


def test_the_books_are_shown_to_operators_alone(ben: Worker, operator: Any) -> None:
    books = ok(operator.get("/api/v1/operations/ledger"))
    assert books["sum_micros"] == 0
    assert [check["ok"] for check in books["checks"]] == [True] * 4
    refused(as_user(ben.user).get("/api/v1/operations/ledger"), 403, "forbidden")
