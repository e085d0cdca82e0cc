"""Datasets: what a client uploads, row by row, with what was wrong with the rest."""

from __future__ import annotations

from django.db import models

from marketplace.clients.models import Client
from marketplace.core.clock import now
from marketplace.core.ids import PublicIdField


class DatasetState(models.TextChoices):
    """importing -> ready -> frozen (a batch runs over it); importing -> failed."""

    IMPORTING = "importing"
    READY = "ready"
    FAILED = "failed"
    FROZEN = "frozen"


class Dataset(models.Model):
    """A file's rows. `bytes_done` is how far the import has committed, so a restart goes on there."""

    public_id = PublicIdField()
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="datasets")
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=10, default=DatasetState.IMPORTING)
    file = models.FileField(upload_to="datasets/")
    file_format = models.CharField(max_length=8)
    bytes_total = models.BigIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    lines_done = models.BigIntegerField(default=0)
    rows_count = models.BigIntegerField(default=0)
    gold_count = models.BigIntegerField(default=0)
    errors_count = models.BigIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        app_label = "marketplace"
        constraints = [
            models.CheckConstraint(
                name="dataset_state_known", condition=models.Q(state__in=DatasetState.values)
            ),
        ]
        indexes = [
            # the sweep that picks up imports whose process died
            models.Index(
                name="dataset_importing", fields=["updated_at"], condition=models.Q(state="importing")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Row(models.Model):
    """One row's content: exactly what a worker may see."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="rows")
    position = models.BigIntegerField()
    external_id = models.CharField(max_length=200, null=True)  # noqa: DJ001  (NULLs do not collide)
    data = models.JSONField()

    class Meta:
        app_label = "marketplace"
        constraints = [
            models.UniqueConstraint(name="row_position_once_in_dataset", fields=["dataset", "position"]),
            models.UniqueConstraint(
                name="row_external_id_once_in_dataset", fields=["dataset", "external_id"]
            ),
        ]


class RowGold(models.Model):
    """A known answer that came with the row. Kept apart: no query for workers touches this table."""

    row = models.OneToOneField(Row, on_delete=models.CASCADE, related_name="gold", primary_key=True)
    answer = models.JSONField()
    reason = models.TextField(blank=True)

    class Meta:
        app_label = "marketplace"


class RowError(models.Model):
    """A line of the file that did not become a row, and why."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="errors")
    line = models.BigIntegerField()
    code = models.CharField(max_length=40)
    detail = models.CharField(max_length=300)

    class Meta:
        app_label = "marketplace"
        constraints = [
            models.UniqueConstraint(name="line_blamed_once_per_code", fields=["dataset", "line", "code"]),
        ]
