"""Earnings for tests."""

from __future__ import annotations

from marketplace.ledger.pots import AccountKind, Pot, outside
from marketplace.ledger.services import post_entry
from workers.profiles.models import Expert, Worker


def earn(owner: Worker | Expert, amount_micros: int, *, currency: str = "USD", source: str = "past") -> Pot:
    """Give somebody earnings, as if for earlier work; returns the pot they are in."""
    pot = Pot(AccountKind.EARNINGS, owner.public_id, currency)
    moves = {pot: amount_micros, outside(currency): -amount_micros}
    post_entry(kind="work", source=f"{source}:{owner.public_id}:{currency}", moves=moves)
    return pot
