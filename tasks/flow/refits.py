"""Refits: a batch's project estimated anew while answers come in, and once more at its end."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from marketplace.core.clock import now
from marketplace.core.locks import Space, try_lock
from marketplace.database.patience import take_time
from marketplace.projects.models import RUNNING, Batch, BatchState
from marketplace.projects.schema import Schema
from marketplace.projects.selectors import schema_of
from tasks.consensus.catchups import CatchUp, catch_up_question
from tasks.consensus.fits import Refit, refit_question, store_refit
from tasks.disputes.selectors import verdict_answers
from tasks.flow.submit import decide_tasks
from tasks.pool.models import Task, TaskState

log = logging.getLogger(__name__)

FRESH_ANSWERS = 50
# of the votes the estimators were scored on: less changes little of what is known of workers
FRESH_SHARE = 0.1
PATIENCE = dt.timedelta(seconds=30)
# seconds a refit may take
SLOWEST = 1800
# a refit may use at most this share of a process's time, and one for less than enough answers so much less
BUSY_SHARE = 0.1
IDLE_SHARE = 0.02

# For all batches at once, however many run. Answers are counted only as far as it takes to know. A project
# that has a footing is caught up with, and for fewer.
_DUE = """
SELECT b.id
  FROM marketplace_batch b
  LEFT JOIN LATERAL (
    SELECT f.answers_seen, f.held_out_votes, f.seconds, %(now)s - f.fitted_at AS age
      FROM tasks_fit f WHERE f.batch_id = b.id ORDER BY f.fitted_at LIMIT 1) AS fit ON true
 CROSS JOIN LATERAL (
    SELECT CASE WHEN fit.age IS NULL OR EXISTS (SELECT FROM tasks_footing k WHERE k.project_id = b.project_id)
                THEN %(least)s ELSE greatest(%(least)s, ceil(%(share)s * fit.held_out_votes)) END AS wanted
      ) AS enough
 CROSS JOIN LATERAL (
    SELECT count(*) AS n
      FROM (SELECT FROM tasks_answer a WHERE a.batch_id = b.id AND a.id > coalesce(fit.answers_seen, 0)
             ORDER BY a.id LIMIT enough.wanted::bigint) AS few
     WHERE fit.age IS NULL OR fit.age >= fit.seconds / %(busy)s * interval '1 second') AS fresh
 WHERE b.state = ANY (%(states)s) AND (%(batch)s::bigint IS NULL OR b.id = %(batch)s::bigint)
   AND (fresh.n >= enough.wanted
     OR (fresh.n > 0
         AND fit.age > greatest(%(patience)s, fit.seconds / %(idle)s * interval '1 second')))
 ORDER BY b.id
"""


def refit_due() -> int:
    """Refit every running batch that has learnt enough since, in full or by a catch-up; returns how many.

    A refit that fails is logged, and the other batches are refitted all the same.
    """
    done = 0
    for batch in Batch.objects.filter(pk__in=_due()):
        try:
            # asked again: an earlier one took its time, and another process may have been here
            done += is_due(batch) and refit_batch(batch=batch, schema=schema_of(batch.project_id))
        except Exception:
            log.exception("the refit of batch %s failed", batch.public_id)
    return done


def any_refit_due() -> bool:
    """Whether there is a batch to refit."""
    return bool(_due())


def is_due(batch: Batch) -> bool:
    """Whether enough answers came since the last refit, and that one was not so dear as to wait."""
    return bool(_due(batch.pk))


def _due(batch_id: int | None = None) -> list[int]:
    asked: dict[str, Any] = {
        "batch": batch_id,
        "now": now(),
        "least": FRESH_ANSWERS,
        "share": FRESH_SHARE,
        "busy": BUSY_SHARE,
        "idle": IDLE_SHARE,
        "patience": PATIENCE,
        "states": [*RUNNING, BatchState.CLOSING],
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, asked)
        return [batch for (batch,) in cursor.fetchall()]


def refit_batch(*, batch: Batch, schema: Schema, final: bool = False) -> bool:
    """Estimate a batch's project anew, then decide again on open tasks that look settled now.

    A large project is caught up with where that is enough. With `final` it is refitted in full, and the
    estimates become the consensus of every task without a verdict. Two processes never refit one project at
    once (advisory lock); a second one goes home with False.
    """
    with transaction.atomic():
        if not try_lock(Space.PROJECT, batch.project_id):
            return False
        # it holds no snapshot while numbers are crunched: only another refit of the project waits for it
        take_time(SLOWEST)
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
