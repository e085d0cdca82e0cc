"""What a worker is shown of what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from marketplace.projects.models import Batch
from marketplace.projects.schema import describe
from marketplace.projects.selectors import guideline_html, guidelines_html, schema_of
from tasks.assignment.models import Assignment
from tasks.assignment.suite import Suite


def suite_as_shown(suite: Suite) -> dict[str, Any]:
    """A suite exactly as a worker gets it; an allow-list, so nothing can tell gold from work."""
    terms = suite.terms
    return {
        "suite": suite.public_id,
        "batch": {
            "id": terms.batch,
            "project_name": terms.project_name,
            "schema": _described(terms.project_id),
            "guidelines_html": guideline_html(terms.guideline_id),
            "lease_seconds": terms.lease_seconds,
            "reward_micros": terms.reward_micros,
            "currency": terms.currency,
        },
        "assignments": [
            {
                "id": leased.public_id,
                "fence": leased.fence,
                "lease_expires_at": suite.lease_expires_at,
                "task": {"id": leased.task, "data": leased.data},
            }
            for leased in suite.assignments
        ],
    }


def batch_as_shown(batch: Batch) -> dict[str, Any]:
    """What workers and experts see of a batch: the question, the guidelines, the pay."""
    return {
        "id": batch.public_id,
        "project_name": batch.project.name,
        "schema": _described(batch.project_id),
        "guidelines_html": guidelines_html(batch.project_id),
        "lease_seconds": batch.lease_seconds,
        "reward_micros": batch.reward_micros,
        "currency": batch.currency,
    }


def rows_of(*, assignment_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The content that was shown with each assignment, by its id."""
    found = Assignment.objects.filter(id__in=assignment_ids).values_list("id", "task__row__data")
    return dict(found)


@lru_cache(maxsize=512)
def _described(project_id: int) -> dict[str, Any]:
    """The schema of a project in full; it never changes, so it is written out once a process."""
    return dict(describe(schema_of(project_id)))
