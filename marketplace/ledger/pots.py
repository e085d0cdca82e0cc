"""Where money can be: the names of accounts, before there are rows. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class AccountKind(StrEnum):
    """What an account holds, and whose it is (the owner is named by its public id)."""

    OUTSIDE = "outside"  # the world: deposits come from it, payouts go to it; may be negative
    FUNDS = "funds"  # a client's money not yet promised to anything
    ESCROW = "escrow"  # held for one batch
    EARNINGS = "earnings"  # owed to one worker, expert or vendor
    TRANSIT = "transit"  # payouts on their way
    FEES = "fees"  # the platform's share


class Pot(NamedTuple):
    """Names an account: its kind, its owner's public id ("" for the platform) and its currency."""

    kind: AccountKind
    owner: str
    currency: str


def outside(currency: str) -> Pot:
    """The world beyond the books."""
    return Pot(AccountKind.OUTSIDE, "", currency)


def fees(currency: str) -> Pot:
    """What the platform has earned."""
    return Pot(AccountKind.FEES, "", currency)
