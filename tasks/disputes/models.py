"""Disputes and the verdicts that end them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from marketplace.core.ids import PublicIdField
from marketplace.projects.models import Batch
from tasks.pool.models import Task
from workers.profiles.models import Expert


class DisputeState(models.TextChoices):
    """open -> claimed -> decided; claimed -> open (released, or the lease ran out)."""

    OPEN = "open"
    CLAIMED = "claimed"
    DECIDED = "decided"


class Dispute(models.Model):
    """A task that its answers could not settle. `due_at` is the promise to the client."""

    public_id = PublicIdField()
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="disputes")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="disputes")
    reason = models.CharField(max_length=40)
    evidence = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default=DisputeState.OPEN)
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, null=True, related_name="disputes")
    fence = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        app_label = "tasks"
        constraints = [
            models.UniqueConstraint(
                name="one_undecided_dispute_per_task", fields=["task"], condition=~Q(state="decided")
            ),
            models.CheckConstraint(name="dispute_state_known", condition=Q(state__in=DisputeState.values)),
            models.CheckConstraint(
                name="dispute_claimed_by_somebody",
                condition=~Q(state="claimed") | Q(expert__isnull=False, lease_expires_at__isnull=False),
            ),
        ]
        indexes = [
            # the queue: most urgent first
            models.Index(name="dispute_queue", fields=["due_at", "id"], condition=~Q(state="decided")),
            models.Index(name="dispute_of_batch", fields=["batch", "state"]),
            # the sweep of experts' leases
            models.Index(name="dispute_lease_due", fields=["lease_expires_at"], condition=Q(state="claimed")),
        ]


class Outcome(models.TextChoices):
    """What an expert can say: the answer, or that nobody could tell."""

    DECIDED = "decided"
    UNDECIDABLE = "undecidable"


class Verdict(models.Model):
    """An expert's binding decision; one per dispute."""

    dispute = models.OneToOneField(
        Dispute, on_delete=models.PROTECT, related_name="verdict", primary_key=True
    )
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="verdicts")
    outcome = models.CharField(max_length=12)
    answer = models.JSONField(null=True)
    reason = models.CharField(max_length=40)
    note = models.TextField(blank=True)
    decided_at = models.DateTimeField()

    class Meta:
        app_label = "tasks"
        constraints = [
            models.CheckConstraint(
                name="verdict_has_an_answer_or_says_why",
                condition=Q(outcome="decided", answer__isnull=False)
                | Q(outcome="undecidable", answer__isnull=True),
            ),
        ]
