"""post_entry: the only way money moves."""

from __future__ import annotations

import pytest

from marketplace.ledger.models import Account, JournalEntry, Posting
from marketplace.ledger.money import MOST_MICROS
from marketplace.ledger.pots import AccountKind, fees, outside
from marketplace.ledger.selectors import balance_micros
from marketplace.ledger.services import NotEnoughMoney, post_entry
from tests.marketplace.ledger.pots import filled, pot

pytestmark = pytest.mark.django_db


def test_it_moves_money_between_pots() -> None:
    purse, escrow = filled(100), pot(AccountKind.ESCROW)
    entry = post_entry(kind="escrow", source="batch:A", moves={purse: -60, escrow: 60}, memo="First")
    assert entry is not None
    assert (entry.kind, entry.source, entry.memo) == ("escrow", "batch:A", "First")
    assert [balance_micros(each) for each in (purse, escrow)] == [40, 60]


def test_it_leaves_out_pots_that_nothing_moves_in() -> None:
    purse, escrow, untouched = filled(100), pot(AccountKind.ESCROW), pot()
    entry = post_entry(kind="escrow", source="batch:A", moves={purse: -1, escrow: 1, untouched: 0})
    assert entry is not None
    assert entry.postings.count() == 2
    assert not Account.objects.filter(owner=untouched.owner).exists()


def test_it_books_the_same_source_and_kind_once() -> None:
    purse, escrow = filled(100), pot(AccountKind.ESCROW)
    moves = {purse: -60, escrow: 60}
    assert post_entry(kind="escrow", source="batch:A", moves=moves) is not None
    assert post_entry(kind="escrow", source="batch:A", moves=moves) is None
    assert balance_micros(purse) == 40


def test_it_books_another_kind_of_the_same_source() -> None:
    purse, escrow = filled(100), pot(AccountKind.ESCROW)
    post_entry(kind="escrow", source="batch:A", moves={purse: -60, escrow: 60})
    assert post_entry(kind="refund", source="batch:A", moves={escrow: -60, purse: 60}) is not None
    assert balance_micros(purse) == 100


def test_it_may_take_the_last_micro() -> None:
    purse = filled(100)
    post_entry(kind="escrow", source="batch:A", moves={purse: -100, fees("USD"): 100})
    assert balance_micros(purse) == 0


def test_it_refuses_more_than_there_is_and_leaves_nothing_half_done() -> None:
    purse, escrow = filled(100), pot(AccountKind.ESCROW)
    with pytest.raises(NotEnoughMoney):
        post_entry(kind="escrow", source="batch:A", moves={escrow: 101, purse: -101})
    assert balance_micros(purse) == 100
    assert not Account.objects.filter(owner=escrow.owner).exists()
    assert not JournalEntry.objects.filter(source="batch:A").exists()


def test_it_may_be_tried_again_after_a_refusal() -> None:
    purse = filled(100)
    with pytest.raises(NotEnoughMoney):
        post_entry(kind="escrow", source="batch:A", moves={purse: -101, fees("USD"): 101})
    assert post_entry(kind="escrow", source="batch:A", moves={purse: -1, fees("USD"): 1}) is not None


def test_it_lets_only_the_outside_world_go_below_zero() -> None:
    purse = filled(5)
    assert balance_micros(outside("USD")) < 0
    for kind in AccountKind:
        if kind is not AccountKind.OUTSIDE:
            with pytest.raises(NotEnoughMoney):
                post_entry(kind="theft", source=kind, moves={pot(kind): -1, purse: 1})


@pytest.mark.parametrize("amount", [MOST_MICROS + 1, 10**30])
def test_it_refuses_an_amount_that_no_account_can_hold(amount: int) -> None:
    purse = filled(5)
    with pytest.raises(NotEnoughMoney):
        post_entry(kind="escrow", source="batch:A", moves={purse: -amount, fees("USD"): amount})
    assert balance_micros(purse) == 5


def test_it_refuses_moves_that_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="does not balance"):
        post_entry(kind="escrow", source="batch:A", moves={filled(100): -60, pot(): 59})
    assert Posting.objects.filter(entry__source="batch:A").count() == 0


def test_it_refuses_to_turn_one_currency_into_another() -> None:
    purse = filled(100)
    with pytest.raises(ValueError, match="does not balance"):
        post_entry(kind="exchange", source="x", moves={purse: -60, pot(currency="EUR"): 60})
