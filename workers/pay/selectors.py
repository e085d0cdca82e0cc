"""Questions about earnings and payouts."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import QuerySet, Sum

from marketplace.ledger.pots import AccountKind
from marketplace.ledger.selectors import balances_of
from workers.pay.models import Payout, PayoutState


class Earnings(NamedTuple):
    """What one owner has in one currency, in micros."""

    currency: str
    available_micros: int
    in_transit_micros: int
    paid_out_micros: int


def earnings(owner: str) -> list[Earnings]:
    """Earnings of a worker, expert or vendor (public id), one line per currency."""
    balances = balances_of(owner)
    settled = dict(
        Payout.objects.filter(owner=owner, state=PayoutState.SETTLED)
        .values_list("currency")
        .annotate(total=Sum("amount_micros"))
    )
    return [
        Earnings(
            currency,
            balances.get((currency, AccountKind.EARNINGS), 0),
            balances.get((currency, AccountKind.TRANSIT), 0),
            settled.get(currency, 0),
        )
        for currency in sorted({currency for currency, _ in balances})
    ]


def payouts_of(owner: str) -> QuerySet[Payout]:
    """An owner's payouts, newest first."""
    return Payout.objects.filter(owner=owner).order_by("-id")


def payouts_waiting() -> QuerySet[Payout]:
    """Payouts an operator has yet to send or settle, oldest first."""
    return Payout.objects.filter(state__in=(PayoutState.REQUESTED, PayoutState.SENT)).order_by("id")
