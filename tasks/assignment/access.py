"""The doors from a worker to work: their assignments, and batches that were launched."""

from __future__ import annotations

from marketplace.core.errors import NotFound
from marketplace.projects.models import Batch, BatchState
from tasks.assignment.models import Assignment
from workers.profiles.models import Worker


def assignment_for_worker(worker: Worker, public_id: str, *, lock: bool = False) -> Assignment:
    """A worker's own assignment. With `lock` its row is held until the transaction ends. Raises NotFound."""
    rows = Assignment.objects.select_related("task", "batch__project")
    if lock:
        rows = rows.select_for_update(of=("self",))
    assignment = rows.filter(worker=worker, public_id=public_id).first()
    if assignment is None:
        raise NotFound
    return assignment


def batch_for_worker(public_id: str) -> Batch:
    """A batch that workers may see: one that was launched. Raises NotFound."""
    batch = (
        Batch.objects.select_related("project")
        .filter(public_id=public_id)
        .exclude(state=BatchState.DRAFT)
        .first()
    )
    if batch is None:
        raise NotFound
    return batch
