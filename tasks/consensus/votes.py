"""From rows to arrays and back: the only place where ids meet the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marketplace.projects.schema import Schema
from tasks.answers.models import Answer
from tasks.answers.services import labels_of
from tasks.consensus.models import Fit
from tasks.pool.models import GoldAnswer
from tasks.quality.votes import VoteTable
from workers.reliability.models import Reliability


class GivenAnswer(NamedTuple):
    """One answer to a task: who gave it, the value per question, the class code per question."""

    worker_id: int
    value: dict[str, Any]
    labels: list[int]


@dataclass(frozen=True)
class ProjectVotes:
    """A project's votes on one question, with the ids behind the codes of tasks and workers."""

    table: VoteTable
    task_ids: NDArray[np.int64]
    worker_ids: NDArray[np.int64]
    last_answer: int


def answers_of_task(task_id: int) -> list[GivenAnswer]:
    """Every answer to a task, in the order given."""
    rows = Answer.objects.filter(task_id=task_id).order_by("id").values_list("worker_id", "value", "labels")
    return [GivenAnswer(*row) for row in rows]


def reliabilities(project_id: int, worker_ids: list[int]) -> dict[tuple[int, str], Reliability]:
    """What is known of these workers in a project, by worker and question."""
    rows = Reliability.objects.filter(project_id=project_id, worker_id__in=worker_ids)
    return {(row.worker_id, row.question): row for row in rows}


def class_priors(batch_id: int) -> dict[str, list[float]]:
    """Class frequencies of the last refit, by question."""
    return dict(Fit.objects.filter(batch_id=batch_id).values_list("question", "prior"))


def project_votes(project_id: int, index: int, n_labels: int) -> ProjectVotes | None:
    """Every vote in a project on the question at `index` of its schema; None while there are none.

    All batches together: a worker's record belongs to the project, not to the batch of the day.
    """
    rows = Answer.objects.filter(batch__project_id=project_id).values_list(
        "id", "task_id", "worker_id", "labels"
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


def known_truth(
    schema: Schema, index: int, votes: ProjectVotes, verdicts: dict[int, dict[str, Any]]
) -> NDArray[np.int64]:
    """The known class of each task (-1: unknown), from gold and from verdicts (task id -> answer)."""
    gold = dict(
        GoldAnswer.objects.filter(task_id__in=votes.task_ids.tolist()).values_list("task_id", "answer")
    )
    known = gold | verdicts
    truth = np.full(len(votes.task_ids), -1, dtype=np.int64)
    for code, task_id in enumerate(votes.task_ids.tolist()):
        if task_id in known:
            truth[code] = labels_of(schema, known[task_id])[index]
    return truth


def stored_counts(
    project_id: int, question: str, worker_ids: NDArray[np.int64], n_labels: int
) -> NDArray[np.float64]:
    """The workers' counts as last stored, zeros for those without; shape (worker, true, answered)."""
    counts = np.zeros((len(worker_ids), n_labels, n_labels))
    known = dict(
        Reliability.objects.filter(
            project_id=project_id, question=question, worker_id__in=worker_ids.tolist()
        ).values_list("worker_id", "counts")
    )
    for code, worker_id in enumerate(worker_ids.tolist()):
        if known.get(worker_id):
            counts[code] = known[worker_id]
    return counts
