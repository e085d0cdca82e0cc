"""Asking for a payout."""

from __future__ import annotations

import pytest

from marketplace.core.errors import Invalid
from marketplace.ledger.money import MOST_MICROS
from marketplace.ledger.pots import AccountKind, Pot
from marketplace.ledger.selectors import balance_micros
from marketplace.ledger.services import NotEnoughMoney
from tests.factories import make_worker
from tests.workers.pay.purses import earn
from workers.pay.models import Payout, PayoutState
from workers.pay.rules import MIN_PAYOUT_MICROS
from workers.pay.selectors import Earnings, earnings, payouts_of, payouts_waiting
from workers.pay.services import request_payout
from workers.profiles.models import Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben() -> Worker:
    """A worker with five dollars."""
    worker = make_worker("Ben")
    earn(worker, 5_000_000)
    return worker


def request(worker: Worker, amount: int, currency: str = "USD") -> Payout:
    return request_payout(owner=worker.public_id, currency=currency, amount_micros=amount)


def test_it_sets_the_money_aside(ben: Worker) -> None:
    payout = request(ben, 2_000_000)
    assert payout.state == PayoutState.REQUESTED
    assert earnings(ben.public_id) == [Earnings("USD", 3_000_000, 2_000_000, 0)]
    assert [list(payouts_of(ben.public_id)), list(payouts_waiting())] == [[payout]] * 2


def test_one_may_ask_again_while_there_is_money(ben: Worker) -> None:
    payouts = [request(ben, 2_500_000), request(ben, 2_500_000)]
    assert balance_micros(Pot(AccountKind.TRANSIT, ben.public_id, "USD")) == 5_000_000
    assert list(payouts_of(ben.public_id)) == payouts[::-1]


def test_the_threshold_is_low_and_exact(ben: Worker) -> None:
    request(ben, MIN_PAYOUT_MICROS)
    with pytest.raises(Invalid) as refusal:
        request(ben, MIN_PAYOUT_MICROS - 1)
    assert [(fault.where, fault.code) for fault in refusal.value.faults] == [
        ("amount_micros", "payout_too_small")
    ]


@pytest.mark.parametrize("amount", [5_000_001, MOST_MICROS, MOST_MICROS + 1, 10**30])
def test_more_than_is_earned_is_refused_and_nothing_moves(ben: Worker, amount: int) -> None:
    with pytest.raises(NotEnoughMoney):
        request(ben, amount)
    assert not Payout.objects.exists()
    assert earnings(ben.public_id) == [Earnings("USD", 5_000_000, 0, 0)]


def test_twice_the_same_money_is_refused(ben: Worker) -> None:
    request(ben, 5_000_000)
    with pytest.raises(NotEnoughMoney):
        request(ben, 5_000_000)
    assert Payout.objects.count() == 1


@pytest.mark.parametrize("currency", ["EUR", "usd", "X"])
def test_what_was_not_earned_in_a_currency_is_not_there(ben: Worker, currency: str) -> None:
    with pytest.raises(NotEnoughMoney):
        request(ben, 1_000_000, currency)
    assert [line.currency for line in earnings(ben.public_id)] == ["USD"]


def test_each_currency_is_its_own(ben: Worker) -> None:
    earn(ben, 3_000_000, currency="EUR")
    request(ben, 3_000_000, "EUR")
    assert earnings(ben.public_id) == [
        Earnings("EUR", 0, 3_000_000, 0),
        Earnings("USD", 5_000_000, 0, 0),
    ]
