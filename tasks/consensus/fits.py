"""Refits: what a project's answers say of all its tasks and workers at once, and the plan that follows."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from django.db import transaction

from marketplace.core.clock import now
from marketplace.kinds.registry import kind_of
from marketplace.projects.models import Batch
from marketplace.projects.schema import Question, Schema
from tasks.consensus import models
from tasks.consensus.models import Fit
from tasks.consensus.rules import BatchPlan, plan_of, rule_of
from tasks.consensus.services import TaskResult, upsert_consensus
from tasks.consensus.team import shared
from tasks.consensus.votes import ProjectVotes, Truth, known_truth, project_votes, terms_of
from tasks.pool.models import Task
from tasks.quality.promise import engine
from tasks.quality.promise.catchup import Footing
from tasks.quality.promise.engine import Learned, Setting
from tasks.quality.promise.stopping import Rule
from tasks.quality.trust.hearing import Hearing, hear
from tasks.quality.truth.information import tells
from tasks.quality.truth.members import Elsewhere
from tasks.quality.votes import FloatArray, IntArray
from workers.reliability.services import FittedWorker, record_fit

#: the member whose expected answers are kept for people to look at
COUNTED = "shrunk"
#: held-out scores change slowly: they are taken again when votes have grown by this factor
GROWTH = 1.3
#: seconds; whoever takes longer for a refit cannot keep up with the stream, and is caught up with in between
DEAR = 3.0
#: bytes of a footing; so many workers' matrices are dearer to keep than to estimate anew
MOST_KEPT = 64 << 20
#: what is written beside a worker's weights
VERSION = f"{engine.METHOD}/{engine.VERSION}"


class Refit(NamedTuple):
    """A whole project estimated anew on one question, and the rule for the tasks of the batch."""

    question: Question
    votes: ProjectVotes
    learned: Learned
    rule: Rule


def refit_question(
    *, batch: Batch, schema: Schema, index: int, verdicts: dict[int, dict[str, Any]]
) -> Refit | None:
    """Estimate every task and worker of a batch's project anew on one question and store what was learnt.

    Gold is certain, verdicts (task id -> answer) nearly so; only gold calibrates, because disputed tasks
    are harder than the rest. None for kinds without classes and while there are no votes. Safe to run
    twice: the same answers give the same estimates.
    """
    question = schema.questions[index]
    n_labels = kind_of(question.kind).n_labels(question.config)
    started = time.monotonic()
    votes = None if n_labels is None else project_votes(batch.project_id, index, n_labels)
    if votes is None:
        return None
    truth = known_truth(schema, index, votes.task_ids, verdicts)
    before = Fit.objects.filter(batch=batch, question=question.name, version=engine.VERSION).first()
    scored_at = _scored_at(before, votes.table.n_votes)
    kept = np.array(before.held_out) if before is not None and scored_at == before.held_out_votes else None
    # Rings of workers are heard as one voice, or not at all; so are their answers to come.
    heard = hear(votes.table, np.where(truth.gold_t, truth.label_t, -1))
    with shared(votes, heard, truth.truths(), project_id=batch.project_id, index=index) as elsewhere:
        learned = _learn(heard, truth, batch.pk, kept, elsewhere)
    terms = terms_of(batch)
    plan = plan_of(learned.replays, terms)
    seconds = time.monotonic() - started
    with transaction.atomic():
        record_fit(
            project_id=batch.project_id,
            question=question.name,
            fitted=_fitted_workers(votes, heard, learned),
            version=VERSION,
        )
        Fit.objects.update_or_create(
            batch=batch,
            question=question.name,
            defaults=_learnt(learned, plan)
            | {
                "project_id": batch.project_id,
                "answers_seen": votes.last_answer,
                "held_out_votes": scored_at,
                "seconds": seconds,
                "fitted_at": now(),
            },
        )
        footing = Footing.of(learned, heard.ears) if seconds > DEAR else None
        _keep(footing, batch.project_id, question.name, votes, sorted(verdicts))
    return Refit(question, votes, learned, rule_of(terms, plan))


def store_refit(*, refit: Refit, batch: Batch, skip: set[int]) -> None:
    """Let the posteriors of a refit be the consensus of a batch's tasks, except those in `skip` (verdicts).

    Results of the project's other batches stay as they were delivered.
    """
    mine = set(Task.objects.filter(batch=batch).values_list("id", flat=True)) - skip
    kind = kind_of(refit.question.kind)
    post_tk = np.exp(refit.learned.log_post_tk)
    best_t = refit.learned.label_t
    used = refit.votes.table.per_task()
    rows = [
        TaskResult(
            task_id=task_id,
            question=refit.question.name,
            value=kind.value_of(refit.question.config, int(best_t[code])),
            confidence=min(1.0, float(post_tk[code, best_t[code]])),
            posterior=[round(float(share), 6) for share in post_tk[code]],
            answers_used=int(used[code]),
            method=refit.learned.method,
            version=refit.learned.version,
        )
        for code, task_id in enumerate(refit.votes.task_ids.tolist())
        if task_id in mine
    ]
    upsert_consensus(rows=rows)


def _scored_at(before: Fit | None, n_votes: int) -> int:
    """How many votes there were when the estimators were last scored: now, unless few came since."""
    if before is not None and n_votes <= GROWTH * before.held_out_votes:
        return before.held_out_votes
    return n_votes


def _learn(
    heard: Hearing, truth: Truth, seed: int, held_out_m: FloatArray | None, elsewhere: Elsewhere | None
) -> Learned:
    """Learn with these scores, or with new ones; a verdict counts as the word of an expert, who may err."""
    truths = truth.truths()
    return engine.learn(
        heard.votes,
        truths.gold_t,
        gold_error=truths.error_t,
        seed=seed,
        held_out_m=held_out_m,
        calibrate_on=truth.gold_t,
        setting=Setting(choosing=True, elsewhere=elsewhere),
    )


def _fitted_workers(votes: ProjectVotes, heard: Hearing, learned: Learned) -> list[FittedWorker]:
    ears = heard.ears
    log_wkl = learned.log_weights_wkl[ears.speaker_w] * ears.weight_w[:, None, None]
    tells_w = tells(learned.teaches_w[ears.speaker_w] * ears.weight_w, votes.table.per_worker())
    fitted = fitted_workers(votes.worker_ids, learned.counts[COUNTED], log_wkl)
    return [one._replace(tells=round(float(tells_w[code]), 4)) for code, one in enumerate(fitted)]


def fitted_workers(worker_ids: IntArray, counts_wkl: FloatArray, log_wkl: FloatArray) -> list[FittedWorker]:
    """Workers as they are stored: what was counted of them, and what their answers weigh."""
    rows = (worker_ids, np.round(counts_wkl, 4), np.round(log_wkl, 4))
    return [
        FittedWorker(int(worker_id), counts_kl.tolist(), weights_kl.tolist())
        for worker_id, counts_kl, weights_kl in zip(*rows, strict=True)
    ]


def _keep(
    footing: Footing | None, project_id: int, question: str, votes: ProjectVotes, verdict_task_ids: list[int]
) -> None:
    """Keep the footing for the catch-ups to come, or none where refits are quick."""
    kept = footing.to_bytes() if footing else b""
    if not 0 < len(kept) <= MOST_KEPT:
        models.Footing.objects.filter(project_id=project_id, question=question).delete()
        return
    models.Footing.objects.update_or_create(
        project_id=project_id,
        question=question,
        defaults={
            "answers_seen": votes.last_answer,
            "votes": votes.table.n_votes,
            "worker_ids": votes.worker_ids.tolist(),
            "verdict_task_ids": verdict_task_ids,
            "kept": kept,
            "version": engine.VERSION,
            "fitted_at": now(),
        },
    )


def _learnt(learned: Learned, plan: BatchPlan | None) -> dict[str, Any]:
    """The columns of a fit that say what was learnt."""
    weights = learned.blend.weight_m.tolist()
    return {
        "newcomer": np.round(learned.newcomer_kl, 4).tolist(),
        "log_prior": np.round(learned.log_prior_k, 4).tolist(),
        "correlation": learned.correlation,
        "members": dict(zip((member.name for member in learned.members), weights, strict=True)),
        "gold_tasks": learned.blend.gold_tasks,
        "held_out": learned.held_out_m.tolist(),
        "plan": asdict(plan) if plan else None,
        "converged": learned.converged,
        "method": learned.method,
        "version": learned.version,
    }
