"""Questions to the pool of tasks."""

from __future__ import annotations

from typing import Any

from tasks.pool.models import Task


def shown_rows(task_ids: list[int]) -> dict[int, dict[str, Any]]:
    """What people who answer may see of tasks: task id -> {"id", "data"}, and nothing else.

    An allow-list: whether a task is gold, its counters and its answers are not read here.
    """
    found = Task.objects.filter(id__in=task_ids).values_list("id", "public_id", "row__data")
    return {task_id: {"id": public_id, "data": data} for task_id, public_id, data in found}


def tasks_by_row(batch: str) -> dict[str, str]:
    """Every task of a batch (public id), gold among them: external id of its row -> public id of the task.

    For an operator's tools: a list that tells of gold is shown to nobody.
    """
    found = Task.objects.filter(batch__public_id=batch)
    return {str(row): task for row, task in found.values_list("row__external_id", "public_id")}
