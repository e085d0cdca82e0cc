"""What answers add up to: the posterior after each answer, verdicts, and refits of whole batches."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
from django.db import transaction

from marketplace.core.clock import now
from marketplace.kinds.registry import kind_of
from marketplace.projects.models import Batch
from marketplace.projects.schema import Question, Schema
from tasks.consensus.models import Consensus, Fit
from tasks.consensus.votes import (
    GivenAnswer,
    ProjectVotes,
    answers_of_task,
    class_priors,
    known_truth,
    project_votes,
    reliabilities,
    stored_counts,
)
from tasks.pool.models import Task
from tasks.quality.truth import dawid_skene, posterior
from workers.reliability.models import Reliability
from workers.reliability.services import FittedCounts, record_fit

METHOD_VERDICT = "verdict"
METHOD_POSTERIOR = "posterior"
METHOD_MERGE = "merge"
VERSION = "1"
# An expert's word, before experts are measured themselves (they too err).
EXPERT_ACCURACY = 0.98
# What is believed of a worker's accuracy on kinds without classes before any gold: 3 right of 4.
OPEN_PRIOR = (3.0, 1.0)


class Weighed(NamedTuple):
    """A task weighed: the least sure of its questions, how many answers there are, and how sure it could
    become (`posterior.reachable`; 1 for kinds without classes).
    """

    confidence: float
    answers: int
    reachable: float


class Result(NamedTuple):
    """What the answers to one question of one task add up to."""

    question: str
    value: Any
    confidence: float
    posterior: list[float]
    answers_used: int
    method: str
    version: str


def weigh_task(*, task: Task, batch: Batch, schema: Schema) -> Weighed:
    """Compute and store the consensus of a task from its answers and what is known of its workers.

    Inside the caller's transaction, which holds the task's row.
    """
    answers = answers_of_task(task.pk)
    known = reliabilities(batch.project_id, [answer.worker_id for answer in answers])
    priors = class_priors(batch.pk)
    more = max(0, task.max_overlap - len(answers))
    weighed = [
        found
        for index, question in enumerate(schema.questions)
        if (found := _weigh_question(question, index, answers, known, priors, more)) is not None
    ]
    store_results(task_id=task.pk, results=[result for result, _ in weighed])
    return Weighed(
        min((result.confidence for result, _ in weighed), default=0.0),
        len(answers),
        min((reachable for _, reachable in weighed), default=1.0),
    )


def store_results(*, task_id: int, results: list[Result]) -> None:
    """Write the consensus of a task, one row per question."""
    moment = now()
    _upsert([Consensus(task_id=task_id, updated_at=moment, **result._asdict()) for result in results])


def record_verdict(*, task: Task, answer: dict[str, Any], answers_used: int) -> None:
    """Let an expert's answer be the consensus."""
    results = [
        Result(question, value, EXPERT_ACCURACY, [], answers_used, METHOD_VERDICT, VERSION)
        for question, value in answer.items()
    ]
    store_results(task_id=task.pk, results=results)


def _weigh_question(
    question: Question,
    index: int,
    answers: list[GivenAnswer],
    known: dict[tuple[int, str], Reliability],
    priors: dict[str, list[float]],
    more: int,
) -> tuple[Result, float] | None:
    kind = kind_of(question.kind)
    given = [answer for answer in answers if question.name in answer.value]
    if not given:
        return None
    n_labels = kind.n_labels(question.config)
    if n_labels is None:
        values = [answer.value[question.name] for answer in given]
        weights = [_open_accuracy(known.get((answer.worker_id, question.name))) for answer in given]
        merged = kind.merge(question.config, values, weights)
        found = Result(question.name, merged.value, merged.confidence, [], len(given), METHOD_MERGE, VERSION)
        return found, 1.0
    counts = np.zeros((len(given), n_labels, n_labels))
    for place, answer in enumerate(given):
        record = known.get((answer.worker_id, question.name))
        if record is not None and record.counts:
            counts[place] = record.counts
    prior_k = priors.get(question.name) or [1.0 / n_labels] * n_labels
    labels = [answer.labels[index] for answer in given]
    post_k = posterior.of_task(labels, counts, prior_k)
    best = int(post_k.argmax())
    found = Result(
        question.name,
        kind.value_of(question.config, best),
        float(post_k[best]),
        [round(float(share), 6) for share in post_k],
        len(given),
        METHOD_POSTERIOR,
        dawid_skene.VERSION,
    )
    # before the first refit nothing is known of this crowd, so nothing is given up for hopeless
    fitted = question.name in priors
    return found, posterior.reachable(labels, counts, prior_k, more) if fitted else 1.0


def _open_accuracy(record: Reliability | None) -> float:
    right, total = (record.gold_right, record.gold_answers) if record else (0, 0)
    return (OPEN_PRIOR[0] + right) / (sum(OPEN_PRIOR) + total)


class Refit(NamedTuple):
    """A whole project estimated anew on one question: posteriors by task, shape (task, class)."""

    question: Question
    votes: ProjectVotes
    estimate: dawid_skene.Estimate


def refit_question(
    *, batch: Batch, schema: Schema, index: int, verdicts: dict[int, dict[str, Any]]
) -> Refit | None:
    """Estimate every task and worker of a batch's project anew on one question and store what was learnt.

    Full EM from the stored counts, gold and verdicts (task id -> answer) clamped; None for kinds
    without classes and while there are no votes. Safe to run twice: it only replaces estimates.
    """
    question = schema.questions[index]
    n_labels = kind_of(question.kind).n_labels(question.config)
    votes = None if n_labels is None else project_votes(batch.project_id, index, n_labels)
    if votes is None or n_labels is None:
        return None
    started = time.monotonic()
    truth = known_truth(schema, index, votes, verdicts)
    start = stored_counts(batch.project_id, question.name, votes.worker_ids, n_labels)
    estimate = dawid_skene.fit(votes.table, gold=truth, start=start if start.any() else None)
    fitted = [
        FittedCounts(worker_id, np.round(counts, 4).tolist())
        for worker_id, counts in zip(votes.worker_ids.tolist(), estimate.counts_wkl, strict=True)
    ]
    with transaction.atomic():
        record_fit(
            project_id=batch.project_id,
            question=question.name,
            fitted=fitted,
            version=f"{estimate.method}/{estimate.version}",
        )
        Fit.objects.update_or_create(
            batch=batch,
            question=question.name,
            defaults={
                "answers_seen": votes.last_answer,
                "prior": [float(share) for share in estimate.prior_k],
                "n_iter": estimate.n_iter,
                "converged": estimate.converged,
                "method": estimate.method,
                "version": estimate.version,
                "seconds": time.monotonic() - started,
                "fitted_at": now(),
            },
        )
    return Refit(question, votes, estimate)


def store_refit(*, refit: Refit, batch: Batch, skip: set[int]) -> None:
    """Let the posteriors of a refit be the consensus of a batch's tasks, except those in `skip` (verdicts).

    Results of the project's other batches stay as they were delivered.
    """
    mine = set(Task.objects.filter(batch=batch).values_list("id", flat=True)) - skip
    kind = kind_of(refit.question.kind)
    post_tk = np.exp(refit.estimate.log_post_tk)
    best_t = refit.estimate.label_t
    used = np.bincount(refit.votes.table.task, minlength=refit.votes.table.n_tasks)
    moment = now()
    rows = [
        Consensus(
            task_id=task_id,
            question=refit.question.name,
            value=kind.value_of(refit.question.config, int(best_t[code])),
            confidence=min(1.0, float(post_tk[code, best_t[code]])),
            posterior=[round(float(share), 6) for share in post_tk[code]],
            answers_used=int(used[code]),
            method=refit.estimate.method,
            version=refit.estimate.version,
            updated_at=moment,
        )
        for code, task_id in enumerate(refit.votes.task_ids.tolist())
        if task_id in mine
    ]
    _upsert(rows)


def _upsert(rows: list[Consensus]) -> None:
    """Write each row, or replace what stands for its task and question."""
    Consensus.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["task", "question"],
        update_fields=[
            "value",
            "confidence",
            "posterior",
            "answers_used",
            "method",
            "version",
            "updated_at",
        ],
        batch_size=1000,
    )
