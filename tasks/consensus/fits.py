"""Refits: what a project's answers say of all its tasks and workers at once, and the plan that follows."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import numpy as np
from django.db import transaction

from marketplace.core.clock import now
from marketplace.kinds.registry import kind_of
from marketplace.projects.models import Batch
from marketplace.projects.schema import Question, Schema
from tasks.consensus.models import Consensus, Fit
from tasks.consensus.rules import EXPERT_ACCURACY, BatchPlan, plan_of, rule_of
from tasks.consensus.services import upsert_consensus
from tasks.consensus.votes import ProjectVotes, Truth, known_truth, project_votes, terms_of
from tasks.pool.models import Task
from tasks.quality.promise import engine
from tasks.quality.promise.engine import Learned
from tasks.quality.promise.stopping import Rule
from tasks.quality.trust.hearing import hear
from tasks.quality.votes import FloatArray
from workers.reliability.services import FittedWorker, record_fit

#: the member whose expected answers are kept for people to look at
COUNTED = "shrunk"
#: held-out scores change slowly: they are taken again when votes have grown by this factor
GROWTH = 1.3


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
    votes = None if n_labels is None else project_votes(batch.project_id, index, n_labels)
    if votes is None:
        return None
    started = time.monotonic()
    truth = known_truth(schema, index, votes, verdicts)
    before = Fit.objects.filter(batch=batch, question=question.name, version=engine.VERSION).first()
    scored_at = _scored_at(before, votes.table.n_votes)
    kept = np.array(before.held_out) if before is not None and scored_at == before.held_out_votes else None
    learned = _learn(votes, truth, batch.pk, kept)
    terms = terms_of(batch)
    plan = plan_of(learned.replays, terms)
    with transaction.atomic():
        record_fit(
            project_id=batch.project_id,
            question=question.name,
            fitted=_fitted_workers(votes, learned),
            version=f"{learned.method}/{learned.version}",
        )
        Fit.objects.update_or_create(
            batch=batch,
            question=question.name,
            defaults=_learnt(learned, plan)
            | {
                "answers_seen": votes.last_answer,
                "held_out_votes": scored_at,
                "seconds": time.monotonic() - started,
                "fitted_at": now(),
            },
        )
    return Refit(question, votes, learned, rule_of(terms, plan))


def store_refit(*, refit: Refit, batch: Batch, skip: set[int]) -> None:
    """Let the posteriors of a refit be the consensus of a batch's tasks, except those in `skip` (verdicts).

    Results of the project's other batches stay as they were delivered.
    """
    mine = set(Task.objects.filter(batch=batch).values_list("id", flat=True)) - skip
    kind = kind_of(refit.question.kind)
    post_tk = np.exp(refit.learned.log_post_tk)
    best_t = refit.learned.label_t
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
            method=refit.learned.method,
            version=refit.learned.version,
            updated_at=moment,
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


def _learn(votes: ProjectVotes, truth: Truth, seed: int, held_out_m: FloatArray | None) -> Learned:
    """Learn with these scores, or with new ones; a verdict counts as the word of an expert, who may err.

    Rings of workers are heard as one voice, or not at all; so are their answers to come.
    """
    heard = hear(votes.table, np.where(truth.gold_t, truth.label_t, -1))
    learned = engine.learn(
        heard.votes,
        truth.label_t,
        gold_error=np.where(truth.gold_t, 0.0, 1.0 - EXPERT_ACCURACY),
        seed=seed,
        held_out_m=held_out_m,
        calibrate_on=truth.gold_t,
    )
    log_weights_wkl = learned.log_weights_wkl[heard.speaker_w] * heard.weight_w[:, None, None]
    return replace(learned, log_weights_wkl=log_weights_wkl)


def _fitted_workers(votes: ProjectVotes, learned: Learned) -> list[FittedWorker]:
    counts_wkl = np.round(learned.counts[COUNTED], 4)
    weights_wkl = np.round(learned.log_weights_wkl, 4)
    return [
        FittedWorker(worker_id, counts_kl.tolist(), weights_kl.tolist())
        for worker_id, counts_kl, weights_kl in zip(
            votes.worker_ids.tolist(), counts_wkl, weights_wkl, strict=True
        )
    ]


def _learnt(learned: Learned, plan: BatchPlan | None) -> dict[str, Any]:
    """The columns of a fit that say what was learnt."""
    weights = learned.blend.weight_m.tolist()
    return {
        "newcomer": np.round(learned.newcomer_kl, 4).tolist(),
        "log_prior": np.round(learned.log_prior_k, 4).tolist(),
        "correlation": learned.correlation,
        "members": dict(zip(learned.members, weights, strict=True)),
        "gold_tasks": learned.blend.gold_tasks,
        "held_out": learned.held_out_m.tolist(),
        "plan": asdict(plan) if plan else None,
        "converged": learned.converged,
        "method": learned.method,
        "version": learned.version,
    }
