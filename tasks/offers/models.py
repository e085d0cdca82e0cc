"""Offers: what the crowd's page knows of each live batch, counted a moment ago."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from marketplace.projects.models import Batch


class Offer(models.Model):
    """One row per live batch, made at launch, gone when the batch pauses or closes.

    Everything here is derived: counted by a sweep from tasks and answers, and wrong by a moment at most, so
    that the page counts nothing. `tasks_left` is a rough number with gold in it, the only one that is shown:
    a number that moved with each claim would tell gold from work. `work_left` (exact, without gold, counted
    up to a bound) stays inside. The places are those of the last wanted task in each lane of the batch's
    queue: a worker whose bookmark has passed all three has nothing ahead.
    """

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, primary_key=True, related_name="offer")
    most_per_worker = models.PositiveIntegerField(null=True)
    hourly_micros = models.BigIntegerField(default=0)
    seconds_per_task = models.PositiveIntegerField(default=1)
    measured = models.BooleanField(default=False)
    tasks_left = models.PositiveIntegerField(default=0)
    work_left = models.PositiveIntegerField(default=0)
    near_place = models.BigIntegerField(default=0)
    begun_place = models.BigIntegerField(default=0)
    fresh_place = models.BigIntegerField(default=0)
    newest_answer = models.BigIntegerField(default=0)
    # how long a task left waits for an answer, at the pace of the last answers
    waits_seconds = models.FloatField(default=0.0)
    # drawn anew at each count: the longer the wait, the likelier a small one; the smallest get kept places
    lot = models.FloatField(default=0.0)
    refreshed_at = models.DateTimeField()

    class Meta:
        app_label = "tasks"
        constraints = [
            models.CheckConstraint(
                name="offer_counts_nothing_below_zero", condition=Q(waits_seconds__gte=0, lot__gte=0)
            ),
        ]
        indexes = [
            # the page, best paid an hour first, and its kept places
            models.Index(
                name="offer_by_pay", fields=["-hourly_micros", "-batch"], condition=Q(work_left__gt=0)
            ),
            models.Index(name="offer_by_lot", fields=["lot"], condition=Q(work_left__gt=0)),
        ]
