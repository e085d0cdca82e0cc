"""The part of a large refit that other celery processes do."""

from __future__ import annotations

from celery import shared_task

from tasks.consensus.counting import count_for


@shared_task
def count_shard(run: str, number: int) -> None:
    """Count one shard for a refit."""
    count_for(run, number)
