"""Payouts: earnings on their way out."""

from __future__ import annotations

from django.db import models

from marketplace.core.clock import now
from marketplace.core.ids import PublicIdField


class PayoutState(models.TextChoices):
    """requested -> sent -> settled; requested or sent -> failed (the money is back in earnings)."""

    REQUESTED = "requested"
    SENT = "sent"
    SETTLED = "settled"
    FAILED = "failed"


class Payout(models.Model):
    """One transfer to a worker, expert or vendor; `owner` is their public id in the ledger."""

    public_id = PublicIdField()
    owner = models.CharField(max_length=40, db_index=True)
    amount_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, default=PayoutState.REQUESTED)
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)

    class Meta:
        app_label = "workers"
        constraints = [
            models.CheckConstraint(name="payout_of_something", condition=models.Q(amount_micros__gt=0)),
            models.CheckConstraint(
                name="payout_state_known", condition=models.Q(state__in=PayoutState.values)
            ),
        ]
