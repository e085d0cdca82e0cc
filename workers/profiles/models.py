"""What a person is to the crowd: a worker who answers, an expert who adjudicates."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from marketplace.core.clock import now
from marketplace.core.ids import PublicIdField


class Worker(models.Model):
    """A person who answers tasks. `display_name` is theirs to choose; clients never see it."""

    public_id = PublicIdField()
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="worker")
    display_name = models.CharField(max_length=60)
    country = models.CharField(max_length=2, blank=True)
    active = models.BooleanField(default=True)
    # the operator's: how many tasks they may hold at once, over all batches
    most_leases = models.PositiveIntegerField(default=100, db_default=100)
    created_at = models.DateTimeField(default=now)

    class Meta:
        app_label = "workers"

    def __str__(self) -> str:
        return self.display_name


class Expert(models.Model):
    """A person who may judge disputes."""

    public_id = PublicIdField()
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="expert")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        app_label = "workers"
