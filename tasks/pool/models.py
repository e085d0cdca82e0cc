"""What waits to be answered: tasks, and the known answers of those that are gold.

A task is one row with counters. `overlap` is how many answers are wanted now, `max_overlap` how
many may ever come; the trigger `assignment_counts_on_task` keeps `live_count` and `answers_count`
equal to the assignments, and the CHECK `never_more_answers_than_overlap` is the referee.
"""

from __future__ import annotations

from django.db import models
from django.db.models import ExpressionWrapper, F, Q

from marketplace.core.ids import PublicIdField
from marketplace.datasets.models import Row
from marketplace.projects.models import Batch


class TaskState(models.TextChoices):
    """open -> resolved | disputed | closed; disputed -> resolved | closed."""

    OPEN = "open"
    RESOLVED = "resolved"
    DISPUTED = "disputed"
    CLOSED = "closed"


class Lane(models.IntegerChoices):
    """Where a task waits for its next answer; higher ones are served first, so that the begun gets done."""

    FRESH = 0  # nobody has had it
    BEGUN = 1
    NEAR = 2  # its posterior is close to the threshold: the next answer may well settle it


class Task(models.Model):
    """One row to be answered in one batch. Gold is a task like any other.

    `place` orders a lane of the batch's queue. It is random for what nobody has had, so that order says
    nothing about the file or about gold. Whatever comes into a begun lane goes to its end, where it lies
    ahead of every worker's bookmark: the trigger `task_joins_its_lane` sees to that, whoever writes. Gold
    keeps its random place and its lane.
    """

    public_id = PublicIdField()
    # every index costs each claim: the named ones begin with the batch and with the row
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    row = models.ForeignKey(Row, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    is_gold = models.BooleanField()
    state = models.CharField(max_length=10, default=TaskState.OPEN)
    lane = models.PositiveSmallIntegerField(default=Lane.FRESH, db_default=Lane.FRESH)
    place = models.BigIntegerField()
    overlap = models.PositiveIntegerField()
    max_overlap = models.PositiveIntegerField()
    answers_count = models.PositiveIntegerField(default=0)
    live_count = models.PositiveIntegerField(default=0)
    wanted = models.GeneratedField(
        expression=ExpressionWrapper(
            Q(state=TaskState.OPEN) & Q(overlap__gt=F("answers_count") + F("live_count")),
            output_field=models.BooleanField(),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        app_label = "tasks"
        constraints = [
            models.UniqueConstraint(name="one_task_per_row_and_batch", fields=["row", "batch"]),
            models.CheckConstraint(name="task_state_known", condition=Q(state__in=TaskState.values)),
            models.CheckConstraint(name="task_lane_known", condition=Q(lane__in=Lane.values)),
            models.CheckConstraint(
                name="never_more_answers_than_overlap",
                condition=Q(max_overlap__gte=F("answers_count") + F("live_count")),
            ),
            models.CheckConstraint(
                name="overlap_within_its_maximum", condition=Q(overlap__lte=F("max_overlap"))
            ),
        ]
        indexes = [
            # the batch's queue, which claims read on from a bookmark; of a task's changes only those touch it
            # that move it to another lane or make it wanted or unwanted
            models.Index(
                name="task_wanted", fields=["batch", "is_gold", "lane", "place"], condition=Q(wanted=True)
            ),
            models.Index(name="task_by_state", fields=["batch", "state"]),
        ]


class GoldAnswer(models.Model):
    """The known answer of a gold task. No query for workers touches this table."""

    task = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="gold", primary_key=True)
    answer = models.JSONField()
    reason = models.TextField(blank=True)

    class Meta:
        app_label = "tasks"
