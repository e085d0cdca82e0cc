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


#: A part of a statement (see `tasks.flow.change`): each of `disputes` puts a task before the experts. The
#: database allows one undecided dispute per task.
OPENED = """
opened AS (
  INSERT INTO tasks_dispute
    (public_id, task_id, batch_id, reason, evidence, state, fence, opened_at, due_at)
  SELECT d.public_id, d.task_id, d.batch_id, d.reason, d.evidence, 'open', 0, %(now)s, %(dispute_due)s
    FROM json_to_recordset(%(disputes)s) AS d
      (public_id text, task_id bigint, batch_id bigint, reason text, evidence jsonb)
)"""


def due_after(moment: dt.datetime) -> dt.datetime:
    """When a dispute opened at `moment` is to be decided: the promise to the client."""
    return moment + dt.timedelta(seconds=settings.DISPUTE_DUE_SECONDS)


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


def reopen_expired(*, limit: int = 200, moment: dt.datetime | None = None) -> int:
    """Put up to `limit` disputes whose expert vanished before `moment` (now) back into the queue, the longest
    overdue first; returns how many. One short transaction. Safe to run twice at once.
    """
    with transaction.atomic():
        due = Dispute.objects.select_for_update(skip_locked=True, no_key=True).filter(
            state=DisputeState.CLAIMED, lease_expires_at__lte=moment or now()
        )
        found = list(due.order_by("lease_expires_at").values_list("id", "public_id")[:limit])
        for _, dispute in found:
            append_event(stream=STREAM, kind="released", payload={"dispute": dispute})
        Dispute.objects.filter(id__in=[pk for pk, _ in found]).update(
            state=DisputeState.OPEN, lease_expires_at=None
        )
    return len(found)


def last_lease() -> dt.datetime | None:
    """When the last of the leases that experts hold runs out; None where nobody holds one."""
    held = Dispute.objects.filter(state=DisputeState.CLAIMED).order_by("-lease_expires_at")
    return held.values_list("lease_expires_at", flat=True).first()
