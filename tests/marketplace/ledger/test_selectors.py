"""Questions to the books."""

from __future__ import annotations

import pytest

from marketplace.ledger.pots import AccountKind, Pot, fees
from marketplace.ledger.selectors import (
    balance_micros,
    balances_of,
    earned_by_owner,
    moved_micros,
    statement,
)
from marketplace.ledger.services import post_entry
from tests.marketplace.ledger.pots import filled, pot

pytestmark = pytest.mark.django_db


def test_a_pot_never_used_is_empty() -> None:
    assert balance_micros(pot()) == 0


def test_a_statement_shows_an_owners_lines_newest_first() -> None:
    purse = filled(100)
    escrow = Pot(AccountKind.ESCROW, purse.owner, "USD")
    post_entry(kind="escrow", source="batch:A", moves={purse: -60, escrow: 60})
    lines = [
        (line.entry.kind, line.account.kind, line.amount_micros) for line in statement(owner=purse.owner)
    ]
    assert lines[-1] == ("deposit", "funds", 100)
    assert sorted(lines[:2]) == [("escrow", "escrow", 60), ("escrow", "funds", -60)]
    only = statement(owner=purse.owner, kinds=[AccountKind.ESCROW])
    assert [line.amount_micros for line in only] == [60]


def test_it_adds_up_one_kind_of_entry() -> None:
    purse = filled(100)
    for source, amount in (("a", 10), ("b", 20)):
        post_entry(kind="escrow", source=source, moves={purse: -amount, fees("USD"): amount})
    assert moved_micros(purse, entry_kind="escrow") == -30
    assert moved_micros(purse, entry_kind="refund") == 0


def test_what_was_earned_counts_pay_but_not_payouts() -> None:
    escrow, ben, idle = filled(100, AccountKind.ESCROW), pot(AccountKind.EARNINGS), pot(AccountKind.EARNINGS)
    transit = Pot(AccountKind.TRANSIT, ben.owner, "USD")
    post_entry(kind="work", source="a", moves={escrow: -10, ben: 10})
    post_entry(kind="verdict", source="b", moves={escrow: -20, ben: 20})
    post_entry(kind="payout_requested", source="c", moves={ben: -25, transit: 25})
    assert earned_by_owner([ben.owner, idle.owner]) == {ben.owner: 30}
    assert balances_of(ben.owner) == {("USD", AccountKind.EARNINGS): 5, ("USD", AccountKind.TRANSIT): 25}
