"""From rows to arrays and back: the only place where ids meet the numbers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from marketplace.projects.models import Batch
from marketplace.projects.schema import Schema
from marketplace.projects.selectors import schema_of
from tasks.answers.services import labels_of
from tasks.consensus.reading import all_votes
from tasks.consensus.rules import EXPERT_ACCURACY, BatchPlan, Terms
from tasks.consensus.weighing import Known, Standing
from tasks.quality.truth.rounds import Truths
from tasks.quality.votes import IntArray, VoteTable


@dataclass(frozen=True)
class ProjectVotes:
    """A project's votes on one question, with the ids behind the codes of tasks and workers."""

    table: VoteTable
    task_ids: IntArray
    worker_ids: IntArray
    last_answer: int


# One array for all tasks: a list of a million constants would take longer to parse than to answer.
_GOLD = "SELECT task_id, answer FROM tasks_goldanswer WHERE task_id = ANY(%(tasks)s)"


# A project's newest fit on each question, whichever of its batches it was made for, and the batch's own plan.
_STANDINGS = """
SELECT asked.question, newest.newcomer, newest.log_prior, newest.correlation,
       own.plan - '{prices,out_of_reach}'::text[]
  FROM unnest(%(questions)s::text[]) AS asked (question)
 CROSS JOIN LATERAL (
   SELECT * FROM tasks_fit f WHERE f.project_id = %(project)s AND f.question = asked.question
    ORDER BY f.fitted_at DESC LIMIT 1) AS newest
  LEFT JOIN tasks_fit own ON own.batch_id = %(batch)s AND own.question = asked.question
"""


class FitMark(NamedTuple):
    """Which fits a batch stands on: when its project was last fitted, and when the batch itself was."""

    newest: dt.datetime | None
    own: dt.datetime | None


def standings(batch_id: int, project_id: int, mark: FitMark) -> Mapping[str, Standing]:
    """By question what the live step needs of a batch's fits; a question nobody has fitted yet is left out.

    What was learnt belongs to the project, whichever of its batches was fitted last: workers' weights are
    of that same fit. The plan is the batch's own. Read once a process for each `mark`: a fit that is made
    again bears another time.
    """
    return _standings_at(batch_id, project_id, mark) if mark.newest else {}


@lru_cache(maxsize=1024)
def _standings_at(batch_id: int, project_id: int, mark: FitMark) -> Mapping[str, Standing]:
    questions = [question.name for question in schema_of(project_id).questions]
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, {"batch": batch_id, "project": project_id, "questions": questions})
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
    return Terms.at_prices(
        batch.target_accuracy,
        (batch.min_overlap, batch.max_overlap),
        (batch.reward_micros, batch.expert_reward_micros),
        batch.fee_ppm,
    )


def project_votes(project_id: int, index: int, n_labels: int) -> ProjectVotes | None:
    """Every vote in a project on the question at `index` of its schema; None while there are none.

    All batches together: a worker's record belongs to the project, not to the batch of the day.
    """
    raw = all_votes(project_id, index)
    if not len(raw.answer):
        return None
    task_ids, task = np.unique(raw.task, return_inverse=True)
    worker_ids, worker = np.unique(raw.worker, return_inverse=True)
    table = VoteTable(task, worker, raw.label, len(task_ids), len(worker_ids), n_labels)
    return ProjectVotes(table, task_ids, worker_ids, int(raw.answer[-1]))


class Truth(NamedTuple):
    """What is known of each task for certain, shape (task,): its class (-1: unknown), and whether by gold."""

    label_t: IntArray
    gold_t: NDArray[np.bool_]

    def truths(self) -> Truths:
        """As the estimators take it: gold is certain, a verdict the word of an expert, who may err."""
        return Truths(self.label_t, np.where(self.gold_t, 0.0, 1.0 - EXPERT_ACCURACY))


def known_truth(schema: Schema, index: int, task_ids: IntArray, verdicts: dict[int, dict[str, Any]]) -> Truth:
    """The known class of each task, from gold and from verdicts (task id -> answer)."""
    with connection.cursor() as cursor:
        cursor.execute(_GOLD, {"tasks": task_ids.tolist()})
        gold = {task_id: json.loads(answer) for task_id, answer in cursor.fetchall()}
    label_t = np.full(len(task_ids), -1, dtype=np.int64)
    known = gold | verdicts
    mine = np.flatnonzero(np.isin(task_ids, list(known)))
    for code, task_id in zip(mine.tolist(), task_ids[mine].tolist(), strict=True):
        label_t[code] = labels_of(schema, known[task_id])[index]
    return Truth(label_t, np.isin(task_ids, list(gold)))
