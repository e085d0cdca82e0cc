"""What answers add up to: the posterior after each answer, and verdicts. Whole batches: see `fits`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from marketplace.core.clock import now
from marketplace.kinds.registry import kind_of
from marketplace.projects.models import Batch
from marketplace.projects.schema import Question, Schema
from tasks.consensus.models import Consensus
from tasks.consensus.rules import EXPERT_ACCURACY, rule_of
from tasks.consensus.votes import (
    GivenAnswer,
    Known,
    answers_of_task,
    reliabilities,
    standings,
    terms_of,
    unfitted,
)
from tasks.pool.models import Task
from tasks.quality.promise import engine
from tasks.quality.promise.stopping import Decision, of_all
from tasks.quality.truth import posterior
from workers.reliability.models import Reliability

METHOD_VERDICT = "verdict"
METHOD_POSTERIOR = "posterior"
METHOD_MERGE = "merge"
VERSION = "1"
# What is believed of a worker's accuracy on kinds without classes before any gold: 3 right of 4.
OPEN_PRIOR = (3.0, 1.0)

Records = dict[tuple[int, str], Reliability]


class Weighed(NamedTuple):
    """A task weighed: the least sure of its questions, how many answers there are, what happens next.

    Each question has a threshold of its own; the decision is that of all of them (`stopping.of_all`).
    """

    confidence: float
    answers: int
    decision: Decision


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
    records = reliabilities(batch.project_id, [answer.worker_id for answer in answers])
    standing, terms = standings(batch), terms_of(batch)
    results, decisions = [], []
    for index, question in enumerate(schema.questions):
        stands = standing.get(question.name)
        rule = rule_of(terms, stands.plan if stands else None)
        more = max(0, rule.max_overlap - len(answers))
        found = _weigh_question(question, index, answers, records, stands.known if stands else None, more)
        if found is not None:
            result, reachable = found
            results.append(result)
            decisions.append(rule.decide(result.confidence, len(answers), reachable=reachable))
    store_results(task_id=task.pk, results=results)
    if not results:  # nobody has answered any of its questions
        return Weighed(0.0, len(answers), rule_of(terms).decide(0.0, len(answers)))
    least = min(result.confidence for result in results)
    return Weighed(least, len(answers), of_all(decisions))


def store_results(*, task_id: int, results: list[Result]) -> None:
    """Write the consensus of a task, one row per question."""
    moment = now()
    upsert_consensus(
        rows=[Consensus(task_id=task_id, updated_at=moment, **result._asdict()) for result in results]
    )


def record_verdict(*, task: Task, answer: dict[str, Any], answers_used: int) -> None:
    """Let an expert's answer be the consensus."""
    results = [
        Result(question, value, EXPERT_ACCURACY, [], answers_used, METHOD_VERDICT, VERSION)
        for question, value in answer.items()
    ]
    store_results(task_id=task.pk, results=results)


def upsert_consensus(*, rows: list[Consensus]) -> None:
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


def _weigh_question(
    question: Question,
    index: int,
    answers: list[GivenAnswer],
    records: Records,
    known: Known | None,
    more: int,
) -> tuple[Result, float] | None:
    """What the answers say, and how sure `more` answers could make it; None where nobody answered."""
    kind = kind_of(question.kind)
    given = [answer for answer in answers if question.name in answer.value]
    if not given:
        return None
    n_labels = kind.n_labels(question.config)
    if n_labels is None:
        return _merge(question, given, records), 1.0
    known = known or unfitted(n_labels)
    labels = [answer.labels[index] for answer in given]
    tables_nkl = np.array([known.table(records.get((each.worker_id, question.name))) for each in given])
    heard = (labels, tables_nkl, known.log_prior_k, known.correlation)
    post_k = posterior.of_weights(*heard)
    best = int(post_k.argmax())
    found = Result(
        question.name,
        kind.value_of(question.config, best),
        float(post_k[best]),
        [round(float(share), 6) for share in post_k],
        len(given),
        METHOD_POSTERIOR,
        engine.VERSION,
    )
    # before the first refit nothing is known of this crowd, so nothing is given up for hopeless
    return found, posterior.reachable(*heard, more) if known.fitted else 1.0


def _merge(question: Question, given: list[GivenAnswer], records: Records) -> Result:
    values = [answer.value[question.name] for answer in given]
    weights = [_open_accuracy(records.get((answer.worker_id, question.name))) for answer in given]
    merged = kind_of(question.kind).merge(question.config, values, weights)
    return Result(question.name, merged.value, merged.confidence, [], len(given), METHOD_MERGE, VERSION)


def _open_accuracy(record: Reliability | None) -> float:
    right, total = (record.gold_right, record.gold_answers) if record else (0, 0)
    return (OPEN_PRIOR[0] + right) / (sum(OPEN_PRIOR) + total)
