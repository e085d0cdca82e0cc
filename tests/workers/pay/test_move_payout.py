"""A payout on its way: sent, then settled or failed, each once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from marketplace.core.errors import NotFound
from marketplace.ledger.pots import outside
from marketplace.ledger.selectors import balance_micros
from tests.factories import make_worker
from tests.workers.pay.purses import earn
from workers.pay.models import Payout, PayoutState
from workers.pay.selectors import Earnings, earnings, payouts_waiting
from workers.pay.services import PayoutMoved, fail_payout, request_payout, send_payout, settle_payout

pytestmark = pytest.mark.django_db

Move = Callable[..., Payout]
MOVES: dict[str, Move] = {"send": send_payout, "settle": settle_payout, "fail": fail_payout}


@pytest.fixture
def payout() -> Payout:
    """Two of five dollars on their way."""
    worker = make_worker("Ben")
    earn(worker, 5_000_000)
    return request_payout(owner=worker.public_id, currency="USD", amount_micros=2_000_000)


def test_a_transfer_that_arrives_leaves_the_books(payout: Payout) -> None:
    before = balance_micros(outside("USD"))
    assert send_payout(public_id=payout.public_id).state == PayoutState.SENT
    assert earnings(payout.owner) == [Earnings("USD", 3_000_000, 2_000_000, 0)]
    assert settle_payout(public_id=payout.public_id).state == PayoutState.SETTLED
    assert earnings(payout.owner) == [Earnings("USD", 3_000_000, 0, 2_000_000)]
    assert balance_micros(outside("USD")) == before + 2_000_000
    assert not payouts_waiting().exists()


@pytest.mark.parametrize("sent", [False, True])
def test_a_transfer_that_fails_is_back_in_the_purse(payout: Payout, sent: bool) -> None:
    if sent:
        send_payout(public_id=payout.public_id)
    assert fail_payout(public_id=payout.public_id).state == PayoutState.FAILED
    assert earnings(payout.owner) == [Earnings("USD", 5_000_000, 0, 0)]
    assert not payouts_waiting().exists()


def test_what_failed_may_be_asked_for_again(payout: Payout) -> None:
    fail_payout(public_id=payout.public_id)
    request_payout(owner=payout.owner, currency="USD", amount_micros=5_000_000)
    assert earnings(payout.owner) == [Earnings("USD", 0, 5_000_000, 0)]


@pytest.mark.parametrize(
    ("done", "refused"),
    [
        ([], "settle"),
        (["send"], "send"),
        (["send", "settle"], "send"),
        (["send", "settle"], "settle"),
        (["send", "settle"], "fail"),
        (["fail"], "send"),
        (["fail"], "settle"),
        (["fail"], "fail"),
    ],
    ids=lambda value: "-".join(value) or "requested" if isinstance(value, list) else value,
)
def test_no_step_is_taken_twice_or_out_of_order(payout: Payout, done: list[str], refused: str) -> None:
    for name in done:
        MOVES[name](public_id=payout.public_id)
    before, state = earnings(payout.owner), Payout.objects.get().state
    with pytest.raises(PayoutMoved):
        MOVES[refused](public_id=payout.public_id)
    assert (earnings(payout.owner), Payout.objects.get().state) == (before, state)


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_payout_that_is_not_there_is_not_found(move: Move) -> None:
    with pytest.raises(NotFound):
        move(public_id="NOSUCHPAYOUT")
