"""Refits: a batch's project estimated anew while answers come in, and once more at its end."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Max

from marketplace.core.clock import now
from marketplace.core.locks import Space, try_lock
from marketplace.projects.models import RUNNING, Batch, BatchState
from marketplace.projects.schema import Schema
from marketplace.projects.selectors import schema_of
from tasks.answers.models import Answer
from tasks.consensus.fits import Refit, refit_question, store_refit
from tasks.consensus.models import Fit
from tasks.disputes.selectors import verdict_answers
from tasks.flow.services import decide_task
from tasks.pool.models import Task, TaskState

FRESH_ANSWERS = 50
FRESH_SHARE = 0.02
PATIENCE = dt.timedelta(seconds=30)
# a refit may use at most this share of a process's time
BUSY_SHARE = 0.25


def refit_due() -> int:
    """Refit every running batch that has learnt enough since; returns how many were refitted."""
    done = 0
    for batch in Batch.objects.filter(state__in=(*RUNNING, BatchState.CLOSING)):
        if is_due(batch) and refit_batch(batch=batch, schema=schema_of(batch.project_id)):
            done += 1
    return done


def is_due(batch: Batch) -> bool:
    """Whether enough answers came since the last refit, and that one was not so dear as to wait."""
    newest = Answer.objects.filter(batch=batch).aggregate(newest=Max("id"))["newest"]
    if newest is None:
        return False
    fit = Fit.objects.filter(batch=batch).order_by("fitted_at").first()
    if fit is None:
        return Answer.objects.filter(batch=batch).count() >= FRESH_ANSWERS
    age = now() - fit.fitted_at
    if age.total_seconds() < fit.seconds / BUSY_SHARE:
        return False
    fresh = Answer.objects.filter(batch=batch, id__gt=fit.answers_seen).count()
    total = Answer.objects.filter(batch=batch).count()
    return fresh >= max(FRESH_ANSWERS, FRESH_SHARE * total) or (fresh > 0 and age > PATIENCE)


def refit_batch(*, batch: Batch, schema: Schema, final: bool = False) -> bool:
    """Estimate a batch's project anew, then decide again on open tasks that look settled now.

    With `final` the estimates become the consensus of every task without a verdict. Two processes
    never refit one project at once (advisory lock); a second one goes home with False.
    """
    verdicts = verdict_answers(batch.project_id)
    with transaction.atomic():
        if not try_lock(Space.PROJECT, batch.project_id):
            return False
        refits = [
            refit
            for index in range(len(schema.questions))
            if (refit := refit_question(batch=batch, schema=schema, index=index, verdicts=verdicts))
        ]
        if final:
            for refit in refits:
                store_refit(refit=refit, batch=batch, skip=set(verdicts))
    for task_id in _settled_now(batch, schema, refits):
        decide_task(task_id=task_id)
    return True


def _settled_now(batch: Batch, schema: Schema, refits: list[Refit]) -> list[int]:
    """Open tasks whose every question now has a posterior at its threshold; each is weighed again."""
    sure: dict[int, int] = {}
    for refit in refits:
        confident = refit.learned.confidence_t >= refit.rule.threshold
        for task_id in refit.votes.task_ids[confident].tolist():
            sure[task_id] = sure.get(task_id, 0) + 1
    candidates = [task_id for task_id, times in sure.items() if times == len(schema.questions)]
    opened = Task.objects.filter(
        id__in=candidates,
        batch=batch,
        state=TaskState.OPEN,
        is_gold=False,
        answers_count__gte=batch.min_overlap,
    )
    return list(opened.order_by("id").values_list("id", flat=True))
