"""What must always hold in the books, as SQL: run by tests after every test, by beat, by operators."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection


class Check(NamedTuple):
    """One invariant: its name, whether it holds, and what breaks it."""

    name: str
    ok: bool
    detail: str


_BROKEN = {
    "postings add up to zero": """
        SELECT a.currency, sum(p.amount_micros) FROM marketplace_posting p
        JOIN marketplace_account a ON a.id = p.account_id
        GROUP BY a.currency HAVING sum(p.amount_micros) <> 0""",
    "every entry balances": """
        SELECT p.entry_id, sum(p.amount_micros) FROM marketplace_posting p
        JOIN marketplace_account a ON a.id = p.account_id
        GROUP BY p.entry_id, a.currency HAVING sum(p.amount_micros) <> 0 LIMIT 5""",
    "balances equal their postings": """
        SELECT a.id, a.balance_micros - coalesce(sum(p.amount_micros), 0) FROM marketplace_account a
        LEFT JOIN marketplace_posting p ON p.account_id = a.id
        GROUP BY a.id HAVING a.balance_micros <> coalesce(sum(p.amount_micros), 0) LIMIT 5""",
    "no pot is below zero": """
        SELECT id, balance_micros FROM marketplace_account
        WHERE balance_micros < 0 AND kind <> 'outside' LIMIT 5""",
}


def ledger_checks() -> list[Check]:
    """Every invariant of the books with its verdict."""
    found = []
    with connection.cursor() as cursor:
        for name, sql in _BROKEN.items():
            cursor.execute(sql)
            rows = cursor.fetchall()
            found.append(Check(name, not rows, "; ".join(f"{what}: {amount}" for what, amount in rows)))
    return found


def ledger_sum_micros() -> int:
    """The sum of all postings in all currencies; anything but 0 is a fault."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(amount_micros), 0)::bigint FROM marketplace_posting")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
