"""Questions to the disputes."""

from __future__ import annotations

import random
from typing import Any

from django.db.models import Q, QuerySet

from marketplace.core.clock import now
from marketplace.projects.models import Batch
from tasks.answers.models import Answer
from tasks.disputes.models import Dispute, DisputeState, Outcome, Verdict
from workers.profiles.models import Expert


def disputes_for(expert: Expert, state: str) -> QuerySet[Dispute]:
    """The queue as `expert` sees it: "open" (to be claimed), "mine" (held) or "decided" (by them)."""
    rows = Dispute.objects.select_related("batch__project")
    if state == "mine":
        return rows.filter(expert=expert, state=DisputeState.CLAIMED, lease_expires_at__gt=now())
    if state == "decided":
        return rows.filter(expert=expert, state=DisputeState.DECIDED)
    free = Q(state=DisputeState.OPEN) | Q(state=DisputeState.CLAIMED, lease_expires_at__lte=now())
    return rows.filter(free).exclude(task__answers__worker__user_id=expert.user_id)


def undecided_disputes(batch: Batch) -> QuerySet[Dispute]:
    """Those of a batch that still wait for a verdict, claimed or not."""
    return Dispute.objects.filter(batch=batch).exclude(state=DisputeState.DECIDED)


def anonymous_answers(dispute: Dispute) -> list[dict[str, Any]]:
    """The answers to a disputed task as {"who": "A", "value"}: without names, in an order of their own.

    The order is random but stays the same for one dispute, so that a reload does not confuse.
    """
    values = list(
        Answer.objects.filter(task_id=dispute.task_id).order_by("id").values_list("value", flat=True)
    )
    random.Random(dispute.public_id).shuffle(values)  # noqa: S311  (an order, not a secret)
    return [{"who": _letter(index), "value": value} for index, value in enumerate(values)]


def verdict_answers(project_id: int) -> dict[int, dict[str, Any]]:
    """What experts decided in a project: task id -> answer."""
    rows = Verdict.objects.filter(dispute__batch__project_id=project_id, outcome=Outcome.DECIDED)
    return {task_id: answer for task_id, answer in rows.values_list("dispute__task_id", "answer") if answer}


def _letter(index: int) -> str:
    return chr(ord("A") + index) if index < 26 else f"A{index}"
