"""How far a worker's answers can be relied on; computed by tasks, kept here."""

from __future__ import annotations

from django.db import models

from marketplace.core.clock import now
from marketplace.projects.models import Project
from workers.profiles.models import Worker


class Reliability(models.Model):
    """A worker's record on one question of one project.

    `gold_right` of `gold_answers` were right on known answers. `counts` are the expected answers
    [true class][answered class] of the last refit and the known ones graded since, prior not included.
    `weights`, in the same shape, are what an answer adds to the log posterior of each class: all the
    live step needs of a worker; empty until a refit has seen the worker. Both are empty for kinds without
    classes. `tells` is what an answer is expected to teach, >= 0 and 1 for the mean answer of the project's
    crowd, by the last full refit; None until there was one. How right a worker is, with its interval, follows
    from the first two and is not stored.
    """

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="reliabilities")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="reliabilities")
    question = models.CharField(max_length=60)
    gold_right = models.PositiveIntegerField(default=0)
    gold_answers = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=list)
    weights = models.JSONField(default=list)
    tells = models.FloatField(null=True)
    version = models.CharField(max_length=40, blank=True)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        app_label = "workers"
        constraints = [
            models.UniqueConstraint(
                name="one_reliability_per_worker_and_question", fields=["worker", "project", "question"]
            ),
            models.CheckConstraint(
                name="not_more_right_than_answered",
                condition=models.Q(gold_right__lte=models.F("gold_answers")),
            ),
        ]
