"""Answers: what was submitted, immutable, and how gold answers were graded."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from marketplace.projects.models import Batch
from tasks.assignment.models import Assignment
from tasks.pool.models import Task
from workers.profiles.models import Worker


class Answer(models.Model):
    """One worker's answer to one task.

    `value` maps question to canonical value. `labels` holds one class code per question of the
    schema, in its order, -1 where the kind has no classes: what the estimators read.
    """

    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="answer")
    # every index costs each submit; those named below begin with task and with batch
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="answers", db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="answers", db_index=False)
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="answers", db_index=False)
    value = models.JSONField()
    labels = ArrayField(models.SmallIntegerField())
    seconds = models.FloatField(null=True)
    submitted_at = models.DateTimeField()

    class Meta:
        app_label = "tasks"
        constraints = [
            models.UniqueConstraint(name="one_answer_per_worker_and_task", fields=["task", "worker"]),
        ]
        indexes = [models.Index(name="answer_of_batch", fields=["batch", "id"])]


class Grade(models.Model):
    """How an answer to a gold task compares with the known answer: score in [0, 1]."""

    answer = models.OneToOneField(Answer, on_delete=models.PROTECT, related_name="grade", primary_key=True)
    score = models.FloatField()
    passed = models.BooleanField()

    class Meta:
        app_label = "tasks"
        constraints = [
            models.CheckConstraint(
                name="grade_score_between_0_and_1", condition=models.Q(score__gte=0, score__lte=1)
            )
        ]
