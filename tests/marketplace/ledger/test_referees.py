"""The books' referees in the database: what raw SQL cannot do either."""

from __future__ import annotations

import pytest
from django.db import connection

from marketplace.ledger.models import Account, JournalEntry, Posting
from marketplace.ledger.selectors import balance_micros
from marketplace.ledger.services import account_of
from tests.marketplace.ledger.pots import filled, pot
from tests.marketplace.referee import verdict_on

pytestmark = pytest.mark.django_db


def refused(sql: str, *values: int | list[int]) -> str:
    """The constraint under whose name the database refuses a statement, at the latest on commit."""
    with connection.cursor() as cursor:
        return verdict_on(lambda: cursor.execute(sql, values))


def lines(*amounts: int, currencies: str = "USD USD") -> tuple[JournalEntry, list[Account]]:
    """An entry with these amounts, one account each, written past the service."""
    entry = JournalEntry.objects.create(kind="raw", source="raw")
    accounts = [account_of(pot(currency=currency)) for currency in currencies.split()]
    for account, amount in zip(accounts, amounts, strict=False):
        Posting.objects.create(entry=entry, account=account, amount_micros=amount)
    return entry, accounts


def test_an_entry_that_does_not_balance_is_refused_on_commit() -> None:
    entry, accounts = lines()
    sql = "INSERT INTO marketplace_posting (entry_id, account_id, amount_micros) VALUES (%s, %s, 5)"
    assert refused(sql, entry.pk, accounts[0].pk) == "journal_entry_balances"


def test_an_entry_that_balances_only_across_currencies_is_refused_on_commit() -> None:
    entry, accounts = lines(currencies="USD EUR")
    sql = (
        "INSERT INTO marketplace_posting (entry_id, account_id, amount_micros)"
        " SELECT %s, id, CASE currency WHEN 'USD' THEN 5 ELSE -5 END FROM marketplace_account"
        " WHERE id = ANY (%s)"
    )
    # the account that would go below zero is not the point here
    Account.objects.filter(pk=accounts[1].pk).update(kind="outside")
    assert refused(sql, entry.pk, [account.pk for account in accounts]) == "journal_entry_balances"


def test_a_line_added_later_to_a_balanced_entry_is_refused_on_commit() -> None:
    purse = filled(100)
    entry = JournalEntry.objects.get(source=f"test:{purse.owner}")
    sql = "INSERT INTO marketplace_posting (entry_id, account_id, amount_micros) VALUES (%s, %s, 5)"
    assert refused(sql, entry.pk, account_of(purse).pk) == "journal_entry_balances"


@pytest.mark.parametrize("table", ["marketplace_posting", "marketplace_journalentry"])
@pytest.mark.parametrize("act", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_nothing_written_is_changed_or_torn_out(act: str, table: str) -> None:
    filled(100)
    assert refused(act.format(table)) == "ledger_is_append_only"


def test_a_posting_moves_the_balance_of_its_account() -> None:
    purse = filled(100)
    assert balance_micros(purse) == 100
    entry, accounts = lines(70, 30)
    Posting.objects.create(entry=entry, account=account_of(filled(100)), amount_micros=-100)
    for account in accounts:
        account.refresh_from_db()
    assert [account.balance_micros for account in accounts] == [70, 30]
