"""The only writers of the books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from django.db import IntegrityError, transaction

from marketplace.core.errors import Conflict, broken_constraint
from marketplace.ledger.models import Account, JournalEntry, Posting
from marketplace.ledger.money import MOST_MICROS
from marketplace.ledger.pots import Pot


class NotEnoughMoney(Conflict):
    """There is not enough money on the account for this."""

    code = "not_enough_money"


def post_entry(*, kind: str, source: str, moves: Mapping[Pot, int], memo: str = "") -> JournalEntry | None:
    """Write one balanced entry; `moves` maps pots to micros, positive into the pot.

    Returns None when the entry of this kind and source already stands: posting is idempotent.
    Locks the accounts in one fixed order. Raises NotEnoughMoney when a pot would go below zero
    and ValueError when the moves do not add up to zero in each currency.
    """
    lines = [(pot, amount) for pot, amount in sorted(moves.items()) if amount]
    sums: Counter[str] = Counter()
    for pot, amount in lines:
        sums[pot.currency] += amount
    if any(sums.values()):
        raise ValueError(f"entry {kind} of {source} does not balance")
    if any(abs(amount) > MOST_MICROS for _, amount in lines):
        raise NotEnoughMoney  # no account could hold it
    try:
        with transaction.atomic():
            # a savepoint: a refusal here must not spoil the caller's transaction
            entry, new = JournalEntry.objects.get_or_create(
                kind=kind, source=source, defaults={"memo": memo[:200]}
            )
            if not new:
                return None
            accounts = [(account_of(pot), amount) for pot, amount in lines]
            Posting.objects.bulk_create(
                [
                    Posting(entry=entry, account=account, amount_micros=amount)
                    for account, amount in sorted(accounts, key=lambda line: line[0].pk)
                ]
            )
    except IntegrityError as error:
        if broken_constraint(error) == "balance_not_below_zero":
            raise NotEnoughMoney from error
        raise
    return entry


def account_of(pot: Pot) -> Account:
    """The account that `pot` names, opened on first use."""
    account, _ = Account.objects.get_or_create(kind=pot.kind, owner=pot.owner, currency=pot.currency)
    return account
