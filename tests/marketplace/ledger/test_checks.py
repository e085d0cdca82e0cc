"""The ledger's checks see what should be impossible; each fault here is made past every referee."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from marketplace.ledger.checks import ledger_checks, ledger_sum_micros
from tests.marketplace.ledger.pots import filled

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def undone() -> Iterator[None]:
    """Undo the fault before the fixture that runs the same checks after every test."""
    with transaction.atomic():
        filled(100)
        yield
        transaction.set_rollback(True)


def cheat(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("marketplace_account", "marketplace_posting"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql)


def broken() -> list[str]:
    return [check.name for check in ledger_checks() if not check.ok]


def test_sound_books_have_nothing_to_say() -> None:
    assert [(check.ok, check.detail) for check in ledger_checks()] == [(True, "")] * 4
    assert ledger_sum_micros() == 0


def test_a_balance_that_was_tampered_with_is_seen() -> None:
    cheat("UPDATE marketplace_account SET balance_micros = balance_micros + 7 WHERE kind = 'funds'")
    assert broken() == ["balances equal their postings"]
    assert "7" in next(check.detail for check in ledger_checks() if not check.ok)


def test_a_posting_without_its_other_half_is_seen() -> None:
    cheat("DELETE FROM marketplace_posting WHERE amount_micros < 0")
    assert broken() == ["postings add up to zero", "every entry balances", "balances equal their postings"]
    assert ledger_sum_micros() == 100


def test_two_wrong_entries_that_add_up_to_zero_are_seen() -> None:
    filled(40)
    cheat(
        "UPDATE marketplace_posting p SET amount_micros = amount_micros + CASE amount_micros"
        " WHEN 100 THEN 1 ELSE -1 END WHERE amount_micros > 0"
    )
    assert "every entry balances" in broken()
    assert "postings add up to zero" not in broken()


def test_a_pot_below_zero_is_seen() -> None:
    cheat("ALTER TABLE marketplace_account DROP CONSTRAINT balance_not_below_zero")
    cheat("UPDATE marketplace_account SET balance_micros = -1 WHERE kind = 'funds'")
    assert "no pot is below zero" in broken()
