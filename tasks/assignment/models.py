"""Assignments: one worker's leased claim on one task, and what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from marketplace.core.ids import PublicIdField
from marketplace.projects.models import Batch
from tasks.pool.models import Task
from workers.profiles.models import Worker


class AssignmentState(models.TextChoices):
    """claimed -> submitted -> accepted; claimed -> returned | expired -> (claimed again)."""

    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    EXPIRED = "expired"


LIVE = (AssignmentState.CLAIMED,)
ANSWERED = (AssignmentState.SUBMITTED, AssignmentState.ACCEPTED)
RECLAIMABLE = (AssignmentState.RETURNED, AssignmentState.EXPIRED)


class Assignment(models.Model):
    """One row per worker and task, for ever. `fence` grows with each claim, so that a submit made
    under an earlier lease is told from one made under this. `payment` is the journal entry that
    paid it: one column, so an answer cannot be paid twice. `skipped`: the worker saw the task and
    passed it on, so it is not offered to them again.
    """

    public_id = PublicIdField()
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="assignments")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="assignments")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="assignments")
    suite = models.CharField(max_length=16)
    state = models.CharField(max_length=10, default=AssignmentState.CLAIMED)
    skipped = models.BooleanField(default=False, db_default=False)
    fence = models.PositiveIntegerField(default=1)
    claimed_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    accept_due_at = models.DateTimeField(null=True)
    payment = models.ForeignKey("marketplace.JournalEntry", on_delete=models.PROTECT, null=True)

    class Meta:
        app_label = "tasks"
        constraints = [
            models.UniqueConstraint(name="one_worker_once_per_task", fields=["worker", "task"]),
            models.CheckConstraint(
                name="assignment_state_known", condition=Q(state__in=AssignmentState.values)
            ),
            models.CheckConstraint(
                name="paid_exactly_when_accepted",
                condition=Q(state=AssignmentState.ACCEPTED, payment__isnull=False)
                | (~Q(state=AssignmentState.ACCEPTED) & Q(payment__isnull=True)),
            ),
        ]
        indexes = [
            # the lease sweep
            models.Index(
                name="assignment_lease_due", fields=["lease_expires_at"], condition=Q(state="claimed")
            ),
            # the acceptance sweep
            models.Index(
                name="assignment_accept_due", fields=["accept_due_at"], condition=Q(state="submitted")
            ),
            # a worker's own list, and closing a batch
            models.Index(name="assignment_of_worker", fields=["worker", "-id"]),
            models.Index(name="assignment_by_state", fields=["batch", "state"]),
        ]
