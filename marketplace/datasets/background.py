"""Imports in the background: started at once, and picked up again by a sweep if a process died."""

from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.db import transaction

from marketplace.core.clock import now
from marketplace.datasets.models import Dataset, DatasetState
from marketplace.datasets.services import import_dataset

STALE = dt.timedelta(seconds=20)


@shared_task
def run_import(dataset_id: int) -> None:
    """Import one dataset; safe to run twice."""
    import_dataset(dataset_id=dataset_id)


def import_soon(dataset: Dataset) -> None:
    """Wake a celery process for a new dataset once it is committed; the sweep finds it in any case."""
    # a lambda: Django asks a robust hook that failed for its name, and a partial has none
    transaction.on_commit(lambda: run_import.delay(dataset.pk), robust=True)


@shared_task
def sweep_imports() -> None:
    """Go on with imports that nobody has touched for a while."""
    stale = Dataset.objects.filter(state=DatasetState.IMPORTING, updated_at__lt=now() - STALE)
    for dataset_id in stale.order_by("updated_at").values_list("id", flat=True)[:20]:
        import_dataset(dataset_id=dataset_id)
