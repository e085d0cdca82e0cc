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
    # Every index costs each claim and each submit. Those named below begin with batch and with worker;
    # who had a task is asked of its answers, and tasks and journal entries are never deleted.
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    suite = models.CharField(max_length=16)
    state = models.CharField(max_length=10, default=AssignmentState.CLAIMED)
    skipped = models.BooleanField(default=False, db_default=False)
    fence = models.PositiveIntegerField(default=1)
    claimed_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    accept_due_at = models.DateTimeField(null=True)
    payment = models.ForeignKey(
        "marketplace.JournalEntry", on_delete=models.PROTECT, null=True, db_index=False
    )

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
            # how much a worker holds: as many rows as that, in an order that no other index has
            models.Index(
                name="assignment_held", fields=["worker", "claimed_at"], condition=Q(state="claimed")
            ),
        ]


class Ration(models.Model):
    """What one worker has had of a batch that gives each worker only so much (`most_per_worker`); no row for
    any other batch. The trigger `leases_within_limits` counts; what is given back unseen is not counted.
    """

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="+", db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="+", db_index=False)
    taken = models.PositiveIntegerField()
    most = models.PositiveIntegerField()

    class Meta:
        app_label = "tasks"
        constraints = [
            models.UniqueConstraint(name="one_ration_per_worker_and_batch", fields=["worker", "batch"]),
            models.CheckConstraint(
                name="nobody_takes_more_of_a_batch_than_allowed", condition=Q(taken__lte=models.F("most"))
            ),
        ]


class Bookmark(models.Model):
    """How far a worker has read each lane of a batch's queue: one row per worker and batch, locked while
    they claim, which also keeps a worker's two tabs apart.

    A claim goes on after the bookmark, so it costs the same however much its worker has answered. Everything
    that comes into a begun lane comes ahead of it. What may still lie behind (a task whose lane was joined
    before ours was read but committed after) is found by reading the whole queue again, a little at a time,
    whenever nothing is ahead; (`again_lane`, `again_place`) is where that stands. `taken` counts all tasks
    handed out under it.
    """

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="bookmarks", db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="+", db_index=False)
    near_place = models.BigIntegerField(default=0, db_default=0)
    begun_place = models.BigIntegerField(default=0, db_default=0)
    fresh_place = models.BigIntegerField(default=0, db_default=0)
    again_lane = models.PositiveSmallIntegerField(default=0, db_default=0)
    again_place = models.BigIntegerField(default=0, db_default=0)
    taken = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        app_label = "tasks"
        constraints = [
            models.UniqueConstraint(name="one_bookmark_per_worker_and_batch", fields=["batch", "worker"]),
        ]
