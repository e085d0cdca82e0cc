"""Catch-ups: what was learnt of a large project follows its answers without a refit of everything."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
from django.db import transaction

from marketplace.core.clock import now
from marketplace.kinds.registry import kind_of
from marketplace.projects.models import Batch
from marketplace.projects.schema import Question, Schema
from tasks.consensus import models
from tasks.consensus.fits import COUNTED, GROWTH, VERSION, fitted_workers
from tasks.consensus.models import Fit
from tasks.consensus.reading import votes_to_visit
from tasks.consensus.rules import BatchPlan, rule_of
from tasks.consensus.votes import ProjectVotes, known_truth, terms_of
from tasks.quality.promise import engine
from tasks.quality.promise.catchup import CaughtUp, Footing, Visit, catch_up
from tasks.quality.promise.stopping import Rule
from tasks.quality.votes import IntArray, VoteTable
from workers.reliability.services import record_fit


class CatchUp(NamedTuple):
    """The tasks visited on one question, what was learnt of them, and the rule for those of the batch."""

    question: Question
    votes: ProjectVotes
    learned: CaughtUp
    rule: Rule


def catch_up_question(
    *, batch: Batch, schema: Schema, index: int, verdicts: dict[int, dict[str, Any]]
) -> CatchUp | None:
    """Learn from what came since the project's last full refit on one question, and store what was learnt.

    Visited are the tasks with answers or verdicts (task id -> answer) since. The plan stays the batch's last.
    None where a full refit is due: the project has no footing, the batch no plan yet, or votes have grown so
    much that the estimators must be scored again. Safe to run twice: nothing is added to what an earlier
    catch-up found, all start from the same footing.
    """
    question = schema.questions[index]
    n_labels = kind_of(question.kind).n_labels(question.config)
    standing = {"question": question.name, "version": engine.VERSION}
    fit = Fit.objects.filter(batch=batch, **standing).first()
    base = models.Footing.objects.filter(project_id=batch.project_id, **standing).first()
    if fit is None or base is None or n_labels is None:
        return None
    started = time.monotonic()
    judged_since = sorted(set(verdicts) - set(base.verdict_task_ids))
    raw = votes_to_visit(batch.project_id, index, after=base.answers_seen, also=judged_since)
    # An answer that was still being stored when the footing was laid counts as seen: off by one vote, until
    # the next full refit.
    new_v = raw.answer > base.answers_seen
    if base.votes + int(new_v.sum()) > GROWTH * fit.held_out_votes:
        return None
    task_ids, task = np.unique(raw.task, return_inverse=True)
    worker_ids, worker = _worker_codes(np.array(base.worker_ids, dtype=np.int64), raw.worker)
    table = VoteTable(task, worker, raw.label, len(task_ids), len(worker_ids), n_labels)
    truth = known_truth(schema, index, task_ids, verdicts)
    truth_then = truth._replace(label_t=np.where(np.isin(task_ids, judged_since), -1, truth.label_t))
    found = catch_up(
        Footing.from_bytes(bytes(base.kept)),
        Visit(table, new_v, truth_then.truths(), truth.truths(), truth.gold_t),
    )
    last = max(fit.answers_seen, int(raw.answer.max(initial=0)))
    with transaction.atomic():
        rows = fitted_workers(worker_ids[found.worker_a], found.counts[COUNTED], found.log_weights_akl)
        record_fit(project_id=batch.project_id, question=question.name, fitted=rows, version=VERSION)
        Fit.objects.filter(pk=fit.pk).update(
            answers_seen=last,
            newcomer=np.round(found.newcomer_kl, 4).tolist(),
            log_prior=np.round(found.log_prior_k, 4).tolist(),
            correlation=found.correlation,
            converged=found.converged,
            seconds=time.monotonic() - started,
            fitted_at=now(),
        )
    votes = ProjectVotes(table, task_ids, worker_ids, last)
    plan = BatchPlan.stored(fit.plan) if fit.plan else None
    return CatchUp(question, votes, found, rule_of(terms_of(batch), plan))


def _worker_codes(known: IntArray, worker: IntArray) -> tuple[IntArray, IntArray]:
    """All workers, those known (ascending) first, and the code of each vote's."""
    everybody = np.concatenate([known, np.setdiff1d(worker, known)])
    order = np.argsort(everybody)
    return everybody, order[np.searchsorted(everybody, worker, sorter=order)]
