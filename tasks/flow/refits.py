"""Refits: a batch's project estimated anew while answers come in, and once more at its end."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from marketplace.core.clock import now
from marketplace.core.locks import Space, try_lock
from marketplace.projects.models import RUNNING, Batch, BatchState
from marketplace.projects.schema import Schema
from marketplace.projects.selectors import schema_of
from tasks.answers.models import Answer
from tasks.consensus.catchups import CatchUp, catch_up_question
from tasks.consensus.fits import Refit, refit_question, store_refit
from tasks.consensus.models import Fit, Footing
from tasks.disputes.selectors import verdict_answers
from tasks.flow.submit import decide_tasks
from tasks.pool.models import Task, TaskState

log = logging.getLogger(__name__)

FRESH_ANSWERS = 50
FRESH_SHARE = 0.02
PATIENCE = dt.timedelta(seconds=30)
# seconds a refit may take
SLOWEST = 1800
# a refit may use at most this share of a process's time
BUSY_SHARE = 0.25


def refit_due() -> int:
    """Refit every running batch that has learnt enough since, in full or by a catch-up; returns how many.

    A refit that fails is logged, and the other batches are refitted all the same.
    """
    done = 0
    for batch in Batch.objects.filter(state__in=(*RUNNING, BatchState.CLOSING)):
        try:
            done += is_due(batch) and refit_batch(batch=batch, schema=schema_of(batch.project_id))
        except Exception:
            log.exception("the refit of batch %s failed", batch.public_id)
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
    return fresh >= _enough(batch, fresh) or (fresh > 0 and age > PATIENCE)


def _enough(batch: Batch, fresh: int) -> float:
    """How many fresh answers make the next refit worth its while."""
    catching_up = Footing.objects.filter(project_id=batch.project_id).exists()
    if catching_up or fresh < FRESH_ANSWERS:
        return FRESH_ANSWERS
    return max(FRESH_ANSWERS, FRESH_SHARE * Answer.objects.filter(batch=batch).count())


def refit_batch(*, batch: Batch, schema: Schema, final: bool = False) -> bool:
    """Estimate a batch's project anew, then decide again on open tasks that look settled now.

    A large project is caught up with where that is enough. With `final` it is refitted in full, and the
    estimates become the consensus of every task without a verdict. Two processes never refit one project at
    once (advisory lock); a second one goes home with False.
    """
    with transaction.atomic():
        if not try_lock(Space.PROJECT, batch.project_id):
            return False
        _take_time()
        verdicts = verdict_answers(batch.project_id)
        found = [_refit(batch, schema, index, verdicts, final) for index in range(len(schema.questions))]
        refits = [refit for refit in found if refit is not None]
    decide_tasks(task_ids=_settled_now(batch, schema, refits))
    return True


def _refit(
    batch: Batch, schema: Schema, index: int, verdicts: dict[int, dict[str, Any]], final: bool
) -> Refit | CatchUp | None:
    """Learn anew on one question, in full if it is the last time."""
    if not final:
        caught_up = catch_up_question(batch=batch, schema=schema, index=index, verdicts=verdicts)
        if caught_up is not None:
            return caught_up
    refit = refit_question(batch=batch, schema=schema, index=index, verdicts=verdicts)
    if final and refit is not None:
        store_refit(refit=refit, batch=batch, skip=set(verdicts))
    return refit


def _take_time() -> None:
    """Let the transaction that holds the lock be idle while numbers are crunched, and read for long.

    It holds no snapshot while it is idle, so nobody waits for it but another refit of the same project.
    """
    with connection.cursor() as cursor:
        for limit in ("idle_in_transaction_session_timeout", "statement_timeout"):
            cursor.execute("SELECT set_config(%s, %s, true)", [limit, f"{SLOWEST}s"])


def _settled_now(batch: Batch, schema: Schema, refits: Sequence[Refit | CatchUp]) -> list[int]:
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
