"""Consensus: what the answers to a task add up to, and the fits behind it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from marketplace.core.clock import now
from marketplace.projects.models import Batch, Project
from tasks.pool.models import Task


class Consensus(models.Model):
    """The present result on one question of one task.

    `confidence` is the probability that `value` is right; `posterior` the probability of each
    class in the schema's order (empty for kinds without classes). `method` and `version` say how
    it was computed, so that it can be recomputed and disputed.
    """

    # its named constraint begins with it
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="consensus", db_index=False)
    question = models.CharField(max_length=60)
    value = models.JSONField(null=True)
    confidence = models.FloatField()
    posterior = models.JSONField(default=list)
    answers_used = models.PositiveIntegerField()
    method = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        app_label = "tasks"
        constraints = [
            models.UniqueConstraint(name="one_consensus_per_task_and_question", fields=["task", "question"]),
            models.CheckConstraint(
                name="confidence_is_a_probability",
                condition=models.Q(confidence__gte=0, confidence__lte=1),
            ),
        ]


class Fit(models.Model):
    """The last refit of a batch on one question: up to which answer, what was learnt, the plan it allows.

    What was learnt is of the whole project; each worker's own weights are in `Reliability.weights`.
    `newcomer` [true class][answered class] is what the answer of a worker without a record adds to the log
    posterior, `log_prior` what each class weighs before any answer, `correlation` how much people err on the
    same tasks. `members` are the blended estimators with their weights, `gold_tasks` the gold tasks the
    blend is calibrated on, 0 while there are too few. `held_out` are the estimators' scores on held-out
    answers, taken when there were `held_out_votes` votes. `plan` (see `BatchPlan`) is the batch's own, null
    while there is too little gold.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="fits")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="fits", db_index=False)
    question = models.CharField(max_length=60)
    answers_seen = models.PositiveBigIntegerField()
    newcomer = models.JSONField()
    log_prior = models.JSONField()
    correlation = models.FloatField()
    members = models.JSONField(default=dict)
    gold_tasks = models.PositiveIntegerField(default=0)
    held_out = models.JSONField(default=list)
    held_out_votes = models.PositiveIntegerField(default=0)
    plan = models.JSONField(null=True)
    converged = models.BooleanField()
    method = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    seconds = models.FloatField()
    fitted_at = models.DateTimeField(default=now)

    class Meta:
        app_label = "tasks"
        constraints = [
            models.UniqueConstraint(name="one_fit_per_batch_and_question", fields=["batch", "question"]),
            models.CheckConstraint(
                name="correlation_between_0_and_1",
                condition=models.Q(correlation__gte=0, correlation__lte=1),
            ),
        ]
        indexes = [
            # each submit asks for the newest, however many batches its project has
            models.Index(name="fit_of_project", fields=["project", "-fitted_at"]),
        ]


class Footing(models.Model):
    """What the last full refit of a large project left on one question, for the catch-ups after it.

    `kept` is a `promise.catchup.Footing`: everything learnt, a row for each of `worker_ids`. It was learnt
    from `votes` votes, by answers up to `answers_seen`, and from verdicts on the tasks `verdict_task_ids`. A
    project whose refits are quick has none.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="footings")
    question = models.CharField(max_length=60)
    answers_seen = models.PositiveBigIntegerField()
    votes = models.PositiveBigIntegerField()
    worker_ids = ArrayField(models.BigIntegerField())
    verdict_task_ids = ArrayField(models.BigIntegerField())
    kept = models.BinaryField()
    version = models.CharField(max_length=20)
    fitted_at = models.DateTimeField(default=now)

    class Meta:
        app_label = "tasks"
        constraints = [
            models.UniqueConstraint(
                name="one_footing_per_project_and_question", fields=["project", "question"]
            )
        ]
