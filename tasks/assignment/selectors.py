"""What work fits a worker, and what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db.models import Count, Q

from marketplace.projects.models import Batch, BatchState
from marketplace.projects.pricing import hourly_micros
from marketplace.projects.schema import describe
from marketplace.projects.selectors import guidelines_html, schema_of
from tasks.assignment.models import RECLAIMABLE, Assignment
from tasks.pool.selectors import shown_rows
from workers.profiles.models import Worker


class Offer(NamedTuple):
    """A batch as workers see it: no client, no gold, no target."""

    batch: str
    project_name: str
    title: str
    reward_micros: int
    currency: str
    tasks_left: int
    seconds_per_task: int
    hourly_micros: int
    measured: bool


def offers_for(worker: Worker, measured_seconds: Mapping[int, float]) -> list[Offer]:
    """Live batches with tasks this worker has not had, best paid an hour first.

    `measured_seconds` is what an answer really takes, by batch id; without it the client's
    estimate stands, and `measured` says so.
    """
    wanted, work = Q(tasks__wanted=True), Q(tasks__is_gold=False)
    batches = (
        Batch.objects.filter(state=BatchState.LIVE)
        .select_related("project")
        .annotate(left=Count("tasks", filter=wanted), work_left=Count("tasks", filter=wanted & work))
    )
    had = {
        batch_id: (everything, work)
        for batch_id, everything, work in Assignment.objects.filter(
            worker=worker, batch__state=BatchState.LIVE, task__wanted=True
        )
        .exclude(skipped=False, state__in=RECLAIMABLE)
        .values_list("batch_id")
        .annotate(everything=Count("id"), work=Count("id", filter=Q(task__is_gold=False)))
    }
    offers = []
    for batch in batches:
        had_all, had_work = had.get(batch.pk, (0, 0))
        if batch.work_left > had_work:
            # gold counts too: a number that stands still after a claim would give it away
            offers.append(_offer(batch, batch.left - had_all, measured_seconds.get(batch.pk)))
    return sorted(offers, key=lambda offer: -offer.hourly_micros)


def suite_as_shown(assignments: list[Assignment]) -> dict[str, Any]:
    """A suite exactly as a worker gets it; an allow-list, so nothing can tell gold from work."""
    first = assignments[0]
    batch = first.batch
    rows = shown_rows([assignment.task_id for assignment in assignments])
    return {
        "suite": first.suite,
        "batch": batch_as_shown(batch),
        "assignments": [
            {
                "id": assignment.public_id,
                "fence": assignment.fence,
                "lease_expires_at": assignment.lease_expires_at,
                "task": rows[assignment.task_id],
            }
            for assignment in assignments
        ],
    }


def batch_as_shown(batch: Batch) -> dict[str, Any]:
    """What workers and experts see of a batch: the question, the guidelines, the pay."""
    return {
        "id": batch.public_id,
        "project_name": batch.project.name,
        "schema": describe(schema_of(batch.project_id)),
        "guidelines_html": guidelines_html(batch.project_id),
        "lease_seconds": batch.lease_seconds,
        "reward_micros": batch.reward_micros,
        "currency": batch.currency,
    }


def _offer(batch: Batch, left: int, measured: float | None) -> Offer:
    seconds = max(1, round(measured)) if measured else batch.seconds_per_task
    return Offer(
        batch=batch.public_id,
        project_name=batch.project.name,
        title=schema_of(batch.project_id).questions[0].title,
        reward_micros=batch.reward_micros,
        currency=batch.currency,
        tasks_left=left,
        seconds_per_task=seconds,
        hourly_micros=hourly_micros(batch.reward_micros, seconds),
        measured=measured is not None,
    )
