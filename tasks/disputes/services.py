"""Opening, claiming and closing disputes. What a verdict does to the task is in tasks.flow."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from marketplace.core.clock import now
from marketplace.core.errors import Conflict, Fault, Invalid
from marketplace.core.events import append_event
from tasks.disputes.access import dispute_for_expert
from tasks.disputes.models import Dispute, DisputeState, Outcome, Verdict
from tasks.pool.models import Task
from workers.profiles.models import Expert

STREAM = "disputes"
REASON_NO_CONSENSUS = "no_consensus"
REASONS = ("clear", "guidelines", "best_guess", "broken_row", "other")


class DisputeTaken(Conflict):
    """Another expert has this dispute, or it is decided."""

    code = "dispute_taken"


class DisputeLeaseLost(Conflict):
    """You no longer hold this dispute; nothing was decided."""

    code = "dispute_lease_lost"


def open_dispute(*, task: Task, reason: str, evidence: dict[str, Any]) -> Dispute:
    """Put a task before the experts. Inside the caller's transaction, which moved the task to disputed.

    The database allows one undecided dispute per task.
    """
    moment = now()
    dispute = Dispute.objects.create(
        task=task,
        batch_id=task.batch_id,
        reason=reason,
        evidence=evidence,
        opened_at=moment,
        due_at=moment + dt.timedelta(seconds=settings.DISPUTE_DUE_SECONDS),
    )
    append_event(stream=STREAM, kind="opened", payload={"dispute": dispute.public_id})
    return dispute


@transaction.atomic
def claim_dispute(*, expert: Expert, dispute: str) -> Dispute:
    """Lease a dispute to an expert by compare-and-set: of many who try, one gets it.

    Claiming what one already holds renews the lease. Raises NotFound, DisputeTaken.
    """
    found = dispute_for_expert(expert, dispute)
    moment = now()
    free = (
        Q(state=DisputeState.OPEN)
        | Q(state=DisputeState.CLAIMED, lease_expires_at__lte=moment)
        | Q(state=DisputeState.CLAIMED, expert=expert)
    )
    with_fence = Dispute.objects.select_for_update().filter(free, pk=found.pk).first()
    if with_fence is None:
        raise DisputeTaken
    if with_fence.expert_id != expert.pk or with_fence.state != DisputeState.CLAIMED:
        with_fence.fence += 1
        append_event(stream=STREAM, kind="claimed", payload={"dispute": with_fence.public_id})
    with_fence.state, with_fence.expert = DisputeState.CLAIMED, expert
    with_fence.lease_expires_at = moment + dt.timedelta(seconds=settings.DISPUTE_LEASE_SECONDS)
    with_fence.save(update_fields=["state", "expert", "fence", "lease_expires_at"])
    found.refresh_from_db(fields=["state", "expert", "fence", "lease_expires_at"])
    return found


@transaction.atomic
def release_dispute(*, expert: Expert, dispute: str) -> None:
    """Hand a dispute back to the queue. Raises NotFound, DisputeLeaseLost."""
    found = dispute_for_expert(expert, dispute)
    changed = Dispute.objects.filter(pk=found.pk, state=DisputeState.CLAIMED, expert=expert).update(
        state=DisputeState.OPEN, lease_expires_at=None
    )
    if not changed:
        raise DisputeLeaseLost
    append_event(stream=STREAM, kind="released", payload={"dispute": found.public_id})


def close_dispute(
    *, expert: Expert, dispute: Dispute, fence: int | None, outcome: str, answer: Any, reason: str, note: str
) -> Verdict:
    """Write the verdict on a (locked) dispute that the expert holds. Inside the caller's transaction.

    Raises DisputeLeaseLost when it is not theirs, Invalid for an unknown outcome or reason.
    """
    faults = []
    if outcome not in Outcome.values:
        faults.append(Fault("outcome", "outcome_unknown", f"Use one of: {', '.join(Outcome.values)}."))
    if reason not in REASONS:
        faults.append(Fault("reason", "reason_unknown", f"Use one of: {', '.join(REASONS)}."))
    if faults:
        raise Invalid(faults=faults)
    held = dispute.state == DisputeState.CLAIMED and dispute.expert_id == expert.pk
    if not held or (fence is not None and fence != dispute.fence):
        raise DisputeLeaseLost
    dispute.state, dispute.lease_expires_at = DisputeState.DECIDED, None
    dispute.save(update_fields=["state", "lease_expires_at"])
    verdict = Verdict.objects.create(
        dispute=dispute,
        expert=expert,
        outcome=outcome,
        answer=answer,
        reason=reason,
        note=note,
        decided_at=now(),
    )
    append_event(stream=STREAM, kind="decided", payload={"dispute": dispute.public_id})
    return verdict


def reopen_expired(*, limit: int = 200) -> int:
    """Put disputes whose expert vanished back into the queue; returns how many. Safe to run twice."""
    with transaction.atomic():
        rows = Dispute.objects.select_for_update(skip_locked=True).filter(
            state=DisputeState.CLAIMED, lease_expires_at__lte=now()
        )[:limit]
        found = list(rows)
        for dispute in found:
            dispute.state, dispute.lease_expires_at = DisputeState.OPEN, None
            dispute.save(update_fields=["state", "lease_expires_at"])
            append_event(stream=STREAM, kind="released", payload={"dispute": dispute.public_id})
    return len(found)
