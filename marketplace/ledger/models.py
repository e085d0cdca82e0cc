"""Double entry: accounts, journal entries and their postings.

Overview: money moves only by a JournalEntry whose Postings add up to zero (a deferred constraint
trigger, `journal_entry_balances`). A posting's insertion moves the account's balance in the same
statement (trigger `posting_moves_balance`), and a CHECK keeps every account but the outside
world from going below zero. Entries and postings are never changed or deleted
(trigger `ledger_is_append_only`). The SQL is in marketplace/migrations/sql/.
"""

from __future__ import annotations

from django.db import models

from marketplace.core.clock import now
from marketplace.core.ids import PublicIdField
from marketplace.ledger.pots import AccountKind


class Account(models.Model):
    """A pot of money in one currency with its running balance in micros."""

    kind = models.CharField(max_length=12)
    owner = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3)
    balance_micros = models.BigIntegerField(default=0)

    class Meta:
        app_label = "marketplace"
        constraints = [
            models.UniqueConstraint(
                name="one_account_per_owner_and_kind", fields=["kind", "owner", "currency"]
            ),
            models.UniqueConstraint(name="account_has_one_currency", fields=["id", "currency"]),
            models.CheckConstraint(
                name="balance_not_below_zero",
                condition=models.Q(kind=AccountKind.OUTSIDE.value) | models.Q(balance_micros__gte=0),
            ),
            models.CheckConstraint(
                name="account_kind_known", condition=models.Q(kind__in=[kind.value for kind in AccountKind])
            ),
        ]


class JournalEntry(models.Model):
    """One event in the books. `source` and `kind` together happen once: nothing is paid twice."""

    public_id = PublicIdField()
    kind = models.CharField(max_length=30)
    source = models.CharField(max_length=80)
    memo = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=now)

    class Meta:
        app_label = "marketplace"
        constraints = [
            models.UniqueConstraint(name="one_entry_per_source_and_kind", fields=["source", "kind"]),
        ]


class Posting(models.Model):
    """One line of an entry: so many micros into (or, negative, out of) an account."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings")
    amount_micros = models.BigIntegerField()

    class Meta:
        app_label = "marketplace"
        constraints = [
            models.CheckConstraint(name="posting_moves_something", condition=~models.Q(amount_micros=0)),
        ]
