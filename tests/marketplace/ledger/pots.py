"""Pots for tests, and money to put into them."""

from __future__ import annotations

from marketplace.core.ids import public_id
from marketplace.ledger.pots import AccountKind, Pot, outside
from marketplace.ledger.services import post_entry


def pot(kind: AccountKind = AccountKind.FUNDS, currency: str = "USD") -> Pot:
    """A pot of an owner nobody else has."""
    return Pot(kind, public_id(), currency)


def filled(amount_micros: int, kind: AccountKind = AccountKind.FUNDS) -> Pot:
    """A pot with money from outside."""
    new = pot(kind)
    moves = {new: amount_micros, outside("USD"): -amount_micros}
    post_entry(kind="deposit", source=f"test:{new.owner}", moves=moves)
    return new
