"""Questions to the books."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet, Sum

from marketplace.ledger.models import Account, Posting
from marketplace.ledger.pots import AccountKind, Pot


def balance_micros(pot: Pot) -> int:
    """What is in a pot now, in micros; 0 for one never used."""
    found = Account.objects.filter(kind=pot.kind, owner=pot.owner, currency=pot.currency)
    return found.values_list("balance_micros", flat=True).first() or 0


def statement(*, owner: str, kinds: list[AccountKind] | None = None) -> QuerySet[Posting]:
    """All postings on the accounts of `owner`, with their entries; newest first."""
    rows = Posting.objects.filter(account__owner=owner).select_related("entry", "account")
    if kinds:
        rows = rows.filter(account__kind__in=kinds)
    return rows.order_by("-id")


def moved_micros(pot: Pot, *, entry_kind: str) -> int:
    """Sum of all postings of one kind of entry on a pot, in micros."""
    total: dict[str, Any] = Posting.objects.filter(
        account__kind=pot.kind,
        account__owner=pot.owner,
        account__currency=pot.currency,
        entry__kind=entry_kind,
    ).aggregate(total=Sum("amount_micros"))
    return total["total"] or 0


def earned_by_owner(owners: list[str]) -> dict[str, int]:
    """Micros paid for work and verdicts into the earnings of each owner (public ids), currencies added up."""
    rows = (
        Posting.objects.filter(
            account__owner__in=owners,
            account__kind=AccountKind.EARNINGS,
            entry__kind__in=("work", "verdict"),
        )
        .values_list("account__owner")
        .annotate(total=Sum("amount_micros"))
    )
    return dict(rows)


def balances_of(owner: str) -> dict[tuple[str, AccountKind], int]:
    """What an owner (public id) has in each pot: (currency, kind) -> micros."""
    rows = Account.objects.filter(owner=owner).values_list("currency", "kind", "balance_micros")
    return {(currency, AccountKind(kind)): balance for currency, kind, balance in rows}


def deposited_micros(source: str) -> int:
    """The amount of the deposit booked from `source`; 0 where there is none."""
    found = Posting.objects.filter(
        entry__kind="deposit", entry__source=source, account__kind=AccountKind.FUNDS
    )
    return found.values_list("amount_micros", flat=True).first() or 0
