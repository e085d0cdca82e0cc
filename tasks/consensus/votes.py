"""From rows to arrays and back: the only place where ids meet the numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from marketplace.ledger.money import share_of
from marketplace.projects.models import Batch
from marketplace.projects.schema import Schema
from tasks.answers.models import Answer
from tasks.answers.services import labels_of
from tasks.consensus.rules import BatchPlan, Terms
from tasks.pool.models import GoldAnswer
from tasks.quality.promise.calibration import TRUST
from tasks.quality.truth.hierarchy import Hierarchy
from tasks.quality.votes import FloatArray, IntArray, VoteTable
from workers.reliability.models import Reliability

#: What is believed of a crowd nobody has measured.
UNINFORMED = Hierarchy()


class GivenAnswer(NamedTuple):
    """One answer to a task: who gave it, the value per question, the class code per question."""

    worker_id: int
    value: dict[str, Any]
    labels: list[int]


@dataclass(frozen=True)
class ProjectVotes:
    """A project's votes on one question, with the ids behind the codes of tasks and workers."""

    table: VoteTable
    task_ids: IntArray
    worker_ids: IntArray
    last_answer: int


@dataclass(frozen=True, eq=False)
class Known:
    """What the live step knows of a crowd on one question: the newest fit, or nothing yet.

    Arrays as in `promise.engine.Learned`, of which they are a part.
    """

    newcomer_kl: FloatArray
    log_prior_k: FloatArray
    correlation: float
    fitted: bool

    def table(self, record: Reliability | None) -> FloatArray:
        """What an answer of a worker adds to the log posterior, shape (true, answered).

        Who joined after the fit counts as a newcomer until the next. Before the first fit graded gold is all
        there is.
        """
        if record is None:
            return self.newcomer_kl
        if self.fitted:
            return np.array(record.weights) if record.weights else self.newcomer_kl
        return _of_gold(np.array(record.counts)) if record.counts else self.newcomer_kl


@lru_cache(maxsize=64)
def unfitted(n_labels: int) -> Known:
    """What is known before the first fit: workers of an unmeasured crowd, all classes equally common."""
    nobody_kl = np.zeros((n_labels, n_labels))
    return Known(_of_gold(nobody_kl), np.zeros(n_labels), UNINFORMED.correlation, fitted=False)


def _of_gold(counts_kl: FloatArray) -> FloatArray:
    """Weights from one worker's counts alone, drawn to an unmeasured crowd."""
    crowd = UNINFORMED.crowd(np.zeros_like(counts_kl)[None])
    return np.asarray(TRUST * UNINFORMED.log_weights(counts_kl[None], crowd)[0])


def answers_of_task(task_id: int) -> list[GivenAnswer]:
    """Every answer to a task, in the order given."""
    rows = Answer.objects.filter(task_id=task_id).order_by("id").values_list("worker_id", "value", "labels")
    return [GivenAnswer(*row) for row in rows]


def reliabilities(project_id: int, worker_ids: list[int]) -> dict[tuple[int, str], Reliability]:
    """What is known of these workers in a project, by worker and question."""
    rows = Reliability.objects.filter(project_id=project_id, worker_id__in=worker_ids)
    return {(row.worker_id, row.question): row for row in rows}


# In words of its own, because it is asked with every answer: put together by the ORM it takes three times as
# long to ask as to answer.
_STANDINGS = """
SELECT DISTINCT ON (newest.question)
       newest.question, newest.newcomer, newest.log_prior, newest.correlation, own.plan
  FROM tasks_fit newest
  JOIN marketplace_batch b ON b.id = newest.batch_id AND b.project_id = %(project)s
  LEFT JOIN tasks_fit own ON own.batch_id = %(batch)s AND own.question = newest.question
 ORDER BY newest.question, newest.fitted_at DESC
"""


class Standing(NamedTuple):
    """Where a batch stands on one question: the project's newest fit, and the batch's own plan if any."""

    known: Known
    plan: BatchPlan | None


def standings(batch: Batch) -> dict[str, Standing]:
    """By question what the live step needs; a question nobody has fitted yet is left out.

    What was learnt belongs to the project, whichever of its batches was fitted last: workers' weights are
    of that same fit. The plan is the batch's own.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, {"batch": batch.pk, "project": batch.project_id})
        rows = cursor.fetchall()
    return {
        question: Standing(
            Known(np.array(json.loads(newcomer)), np.array(json.loads(log_prior)), correlation, fitted=True),
            BatchPlan(**json.loads(plan)) if plan else None,
        )
        for question, newcomer, log_prior, correlation, plan in rows
    }


def terms_of(batch: Batch) -> Terms:
    """What a batch asks for and pays, as a plan needs it."""
    answer, verdict = (
        paid + share_of(paid, batch.fee_ppm) for paid in (batch.reward_micros, batch.expert_reward_micros)
    )
    return Terms(batch.target_accuracy, batch.min_overlap, batch.max_overlap, verdict / answer)


def project_votes(project_id: int, index: int, n_labels: int) -> ProjectVotes | None:
    """Every vote in a project on the question at `index` of its schema; None while there are none.

    All batches together: a worker's record belongs to the project, not to the batch of the day.
    """
    # In one order: what is drawn at random of the votes must come out the same in every fit of them.
    rows = (
        Answer.objects.filter(batch__project_id=project_id)
        .order_by("id")
        .values_list("id", "task_id", "worker_id", "labels")
    )
    found = [(pk, task, worker, labels[index]) for pk, task, worker, labels in rows if labels[index] >= 0]
    if not found:
        return None
    raw = np.array(found, dtype=np.int64)
    task_ids, task = np.unique(raw[:, 1], return_inverse=True)
    worker_ids, worker = np.unique(raw[:, 2], return_inverse=True)
    table = VoteTable(
        task, worker, raw[:, 3], n_tasks=len(task_ids), n_workers=len(worker_ids), n_labels=n_labels
    )
    return ProjectVotes(table, task_ids, worker_ids, int(raw[:, 0].max()))


class Truth(NamedTuple):
    """What is known of each task for certain, shape (task,): its class (-1: unknown), and whether by gold."""

    label_t: IntArray
    gold_t: NDArray[np.bool_]


def known_truth(
    schema: Schema, index: int, votes: ProjectVotes, verdicts: dict[int, dict[str, Any]]
) -> Truth:
    """The known class of each task, from gold and from verdicts (task id -> answer)."""
    gold = dict(
        GoldAnswer.objects.filter(task_id__in=votes.task_ids.tolist()).values_list("task_id", "answer")
    )
    known = gold | verdicts
    label_t = np.full(len(votes.task_ids), -1, dtype=np.int64)
    for code, task_id in enumerate(votes.task_ids.tolist()):
        if task_id in known:
            label_t[code] = labels_of(schema, known[task_id])[index]
    return Truth(label_t, np.isin(votes.task_ids, list(gold)))
