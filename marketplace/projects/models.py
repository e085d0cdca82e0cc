"""Projects (what is asked, and how) and batches (a funded run over a dataset)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from marketplace.clients.models import Client
from marketplace.core.clock import now
from marketplace.core.ids import PublicIdField
from marketplace.datasets.models import Dataset


class Project(models.Model):
    """A client's question: schema and guidelines. Quality rules and price are the batch's."""

    public_id = PublicIdField()
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=120)
    schema = models.JSONField()
    created_at = models.DateTimeField(default=now)

    class Meta:
        app_label = "marketplace"

    def __str__(self) -> str:
        return self.name


class Guideline(models.Model):
    """A version of a project's guidelines; workers see the newest."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="guidelines")
    version = models.PositiveIntegerField()
    body = models.TextField()
    created_at = models.DateTimeField(default=now)

    class Meta:
        app_label = "marketplace"
        constraints = [models.UniqueConstraint(name="guideline_version_once", fields=["project", "version"])]


class BatchState(models.TextChoices):
    """draft -> live <-> paused -> closing -> closed."""

    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"
    CLOSING = "closing"
    CLOSED = "closed"


RUNNING = (BatchState.LIVE, BatchState.PAUSED)


class ClosingStep(models.TextChoices):
    """What a closing batch is at: waiting -> estimating -> clearing -> paying."""

    WAITING = "waiting"  # for what is held and for experts
    ESTIMATING = "estimating"  # the last refit
    CLEARING = "clearing"  # what is still open comes off the market
    PAYING = "paying"  # everything answered is paid


class Batch(models.Model):
    """A funded run of a project over a dataset. Escrow hangs here; its money is fixed at launch."""

    public_id = PublicIdField()
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="batches")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="batches")
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=8, default=BatchState.DRAFT)
    currency = models.CharField(max_length=3)
    reward_micros = models.BigIntegerField()
    expert_reward_micros = models.BigIntegerField()
    fee_ppm = models.PositiveIntegerField()
    min_overlap = models.PositiveSmallIntegerField()
    max_overlap = models.PositiveSmallIntegerField()
    target_accuracy = models.FloatField()
    gold_share = models.FloatField()
    gold_max_overlap = models.PositiveIntegerField()
    suite_size = models.PositiveSmallIntegerField()
    lease_seconds = models.PositiveIntegerField()
    acceptance_seconds = models.PositiveIntegerField()
    seconds_per_task = models.PositiveIntegerField()
    no_gold_reason = models.CharField(max_length=300, blank=True)
    # how many of its tasks one worker may answer; empty: as many as there are
    most_per_worker = models.PositiveIntegerField(null=True)
    closing_step = models.CharField(max_length=10, default="", db_default="", blank=True)
    # when a process last worked at the closing, so that a second one goes home
    tended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)
    launched_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "marketplace"
        constraints = [
            models.CheckConstraint(name="batch_state_known", condition=Q(state__in=BatchState.values)),
            models.CheckConstraint(
                name="batch_overlap_in_order",
                condition=Q(min_overlap__gte=1) & Q(max_overlap__gte=F("min_overlap")),
            ),
            models.CheckConstraint(
                name="batch_pays_something", condition=Q(reward_micros__gt=0, expert_reward_micros__gte=0)
            ),
            models.CheckConstraint(
                name="batch_target_is_a_probability",
                condition=Q(target_accuracy__gt=0, target_accuracy__lt=1),
            ),
            models.CheckConstraint(
                name="batch_gold_share_below_one", condition=Q(gold_share__gte=0, gold_share__lt=1)
            ),
            models.CheckConstraint(
                name="batch_closing_has_a_step",
                condition=Q(state="closing", closing_step__in=ClosingStep.values)
                | (~Q(state="closing") & Q(closing_step="")),
            ),
            models.CheckConstraint(
                name="batch_lets_everybody_answer_something",
                condition=Q(most_per_worker__isnull=True) | Q(most_per_worker__gt=0),
            ),
        ]
        indexes = [
            # the crowd's page and every sweep look at running batches only
            models.Index(name="batch_live", fields=["id"], condition=Q(state="live")),
            models.Index(name="batch_closing", fields=["id"], condition=Q(state="closing")),
        ]

    def __str__(self) -> str:
        return self.name
