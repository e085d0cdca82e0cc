"""How a batch is going: counts, money, confidence, and whether it is over."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Avg, Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from marketplace.core.clock import now
from marketplace.ledger.selectors import balance_micros, earned_by_owner, moved_micros
from marketplace.projects.models import Batch, BatchState
from marketplace.projects.services import escrow_of
from tasks.answers.models import Grade
from tasks.assignment.models import LIVE, Assignment, AssignmentState
from tasks.consensus.models import Consensus, Fit
from tasks.consensus.rules import BatchPlan
from tasks.disputes.models import Dispute, DisputeState
from tasks.disputes.selectors import undecided_disputes
from tasks.pool.models import Task, TaskState
from workers.pay.rules import shares
from workers.reliability.models import Reliability
from workers.teams.models import TeamMember, Vendor

STALE = dt.timedelta(seconds=60)  # a closing not tended for so long was left by a process that died


def counts_of(batch: Batch) -> dict[str, int]:
    """How many tasks there are and how many in each state (gold left out), and undecided disputes."""
    work = Task.objects.filter(batch=batch, is_gold=False)
    states = dict(work.values_list("state").annotate(n=Count("id")))
    return {
        "tasks": sum(states.values()),
        **{state.value: states.get(state, 0) for state in TaskState},
        "disputes_open": undecided_disputes(batch).count(),
    }


def progress_of(batch: Batch) -> dict[str, Any]:
    """Counts of tasks, answers, leases and disputes; money in micros; the mean confidence claimed."""
    answers = Task.objects.filter(batch=batch).aggregate(
        work=Sum("answers_count", filter=Q(is_gold=False)), gold=Sum("answers_count", filter=Q(is_gold=True))
    )
    decided = Dispute.objects.filter(batch=batch, state=DisputeState.DECIDED).count()
    counts = counts_of(batch)
    settled = Consensus.objects.filter(task__batch=batch, task__state=TaskState.RESOLVED)
    return {
        **counts,
        "answers": answers["work"] or 0,
        "gold_answers": answers["gold"] or 0,
        "gold_right": Grade.objects.filter(answer__batch=batch, passed=True).count(),
        "in_work": Task.objects.filter(batch=batch, is_gold=False, state=TaskState.OPEN)
        .filter(Q(answers_count__gt=0) | Q(live_count__gt=0))
        .count(),
        "live_leases": Assignment.objects.filter(batch=batch, state__in=LIVE).count(),
        "unpaid": Assignment.objects.filter(batch=batch, state=AssignmentState.SUBMITTED).count(),
        "disputes": counts["disputes_open"] + decided,
        "mean_confidence": settled.aggregate(mean=Avg("confidence"))["mean"],
        **money_of(batch, verdicts=decided),
    }


def promise_of(batch: Batch) -> list[dict[str, Any]]:
    """What gold says of the target, question by question; questions with too little gold are left out.

    Shares lie in 0..1. When not `feasible` nothing is expected of the rule, only of the crowd alone.
    """
    fits = Fit.objects.filter(batch=batch).order_by("id").values_list("question", "plan")
    found = [(question, BatchPlan.stored(plan)) for question, plan in fits if plan]
    return [
        {
            "question": question,
            "feasible": plan.feasible,
            "threshold": plan.threshold,
            "overlap": plan.overlap,
            "expected_accuracy": plan.accuracy,
            "expected_low": plan.accuracy_low,
            "crowd_accuracy": plan.crowd_accuracy,
            "crowd_low": plan.crowd_low,
            "gold_tasks": plan.gold_tasks,
        }
        for question, plan in found
    ]


def money_of(batch: Batch, *, verdicts: int) -> dict[str, int]:
    """Where the batch's money went, in micros, from the books."""
    escrow = escrow_of(batch)
    work_out = -moved_micros(escrow, entry_kind="work")
    experts_out = -moved_micros(escrow, entry_kind="verdict")
    paid = (
        Assignment.objects.filter(batch=batch, state=AssignmentState.ACCEPTED).count() * batch.reward_micros
    )
    expert = shares(batch.expert_reward_micros, vendor_share_ppm=0, fee_ppm=batch.fee_ppm)
    expert_paid = expert.worker * verdicts if experts_out else 0
    return {
        "held_micros": moved_micros(escrow, entry_kind="escrow"),
        "escrow_micros": balance_micros(escrow),
        "paid_micros": paid,
        "expert_micros": expert_paid,
        "fee_micros": work_out + experts_out - paid - expert_paid,
        "refunded_micros": -moved_micros(escrow, entry_kind="refund"),
    }


def roster_of(vendor: Vendor) -> list[dict[str, Any]]:
    """A vendor's people with their work: answers, known answers right, earnings after the split (micros)."""
    members = list(TeamMember.objects.filter(vendor=vendor).select_related("worker").order_by("id"))
    ids = [member.worker_id for member in members]
    submitted = Assignment.objects.filter(worker_id__in=ids, submitted_at__isnull=False)
    answered = {
        worker_id: (count, last)
        for worker_id, count, last in submitted.values_list("worker_id").annotate(
            Count("id"), Max("submitted_at")
        )
    }
    gold = {
        worker_id: (right, total)
        for worker_id, right, total in Reliability.objects.filter(worker_id__in=ids)
        .values_list("worker_id")
        .annotate(Sum("gold_right"), Sum("gold_answers"))
    }
    earned = earned_by_owner([member.worker.public_id for member in members])
    return [
        {
            "worker": member.worker.public_id,
            "name": member.worker.display_name,
            "team": member.team,
            "answers": answered.get(member.worker_id, (0, None))[0],
            "last_seen": answered.get(member.worker_id, (0, None))[1],
            "gold_right": gold.get(member.worker_id, (0, 0))[0],
            "gold_answers": gold.get(member.worker_id, (0, 0))[1],
            "earned_micros": earned.get(member.worker.public_id, 0),
        }
        for member in members
    ]


def any_closing_due() -> bool:
    """Whether a batch is done, or is closing and nobody tends it."""
    return closing_batches().exists() or done_batches().exists()


def done_batches() -> QuerySet[Batch]:
    """Live batches whose work is all done."""
    unsettled = Task.objects.filter(
        batch=OuterRef("pk"), is_gold=False, state__in=(TaskState.OPEN, TaskState.DISPUTED)
    )
    # the offer knows, as of a moment ago, where nothing is wanted any more: only those are looked into
    return Batch.objects.filter(state=BatchState.LIVE, offer__work_left=0).exclude(Exists(unsettled))


def closing_batches() -> QuerySet[Batch]:
    """Batches that are closing and that nobody tends."""
    return Batch.objects.filter(untended(), state=BatchState.CLOSING)


def untended() -> Q:
    """Nobody tends it. A moment far ahead was written before the clock was put back: nobody either."""
    moment = now()
    far = Q(tended_at__lt=moment - STALE) | Q(tended_at__gt=moment + STALE)
    return Q(tended_at=None) | far
