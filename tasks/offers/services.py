"""Offers: made, counted and withdrawn. Everything in them can be counted again."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection, transaction

from marketplace.core.clock import now
from tasks.offers import counting
from tasks.offers.models import Offer

STEP = 200  # offers counted in one statement
REST = dt.timedelta(seconds=5)  # no offer is counted more often, however busy it is
SKEW = dt.timedelta(minutes=1)  # clocks of two hosts may differ by as much
# Counted anew without an answer, for leases run out and tasks come back; sooner where little is left.
OLD, OLD_WHEN_SHORT = dt.timedelta(minutes=5), dt.timedelta(seconds=10)


@transaction.atomic
def open_offer(*, batch_id: int) -> None:
    """Put a live batch on the crowd's page, counted as it stands. In the transaction that made it live."""
    terms = _terms(now()) | {"batch": batch_id}
    with connection.cursor() as cursor:
        cursor.execute(counting.OPEN_ONE, terms)
        cursor.execute(counting.COUNT_ONE, terms)


def withdraw_offer(*, batch_id: int) -> None:
    """Take a batch off the crowd's page. In the transaction that stops it."""
    Offer.objects.filter(batch_id=batch_id).delete()


def refresh_offers(*, most_steps: int = 2) -> int:
    """Count anew what has changed, a bounded number at a time; returns how many were counted.

    Offers that are missing or left over are mended too. Safe to run twice at once.
    """
    terms, counted = _terms(now()), 0
    _run(counting.WITHDRAW_LEFT_OVER, terms)
    _run(counting.OPEN_MISSING, terms)
    for _ in range(most_steps):
        step = _run(counting.COUNT_CHANGED, terms)
        counted += step
        if step < STEP:
            break
    return counted


@transaction.atomic
def _run(statement: str, terms: dict[str, Any]) -> int:
    """One statement, its plan held to the indexes; how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(counting.HOLD_THE_PLAN)
        cursor.execute(statement, terms)
        return int(cursor.rowcount)


def _terms(moment: dt.datetime) -> dict[str, Any]:
    return {
        "now": moment,
        "step": STEP,
        "steps": list(counting.STEPS),
        "future": moment + SKEW,
        "rested": moment - REST,
        "old": moment - OLD,
        "old_when_short": moment - OLD_WHEN_SHORT,
    }
