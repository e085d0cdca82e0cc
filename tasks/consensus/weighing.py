"""What the answers to one task add up to, and what follows from it. Pure: rows in, results out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from marketplace.kinds.registry import kind_of
from marketplace.projects.schema import Question, Schema
from tasks.consensus.rules import BatchPlan, Terms, rule_of
from tasks.quality.promise import engine
from tasks.quality.promise.calibration import TRUST
from tasks.quality.promise.stopping import Decision, Rule, of_all
from tasks.quality.truth import posterior
from tasks.quality.truth.hierarchy import Hierarchy
from tasks.quality.votes import FloatArray

METHOD_POSTERIOR = "posterior"
METHOD_MERGE = "merge"
VERSION = "1"
#: What is believed of a crowd nobody has measured.
UNINFORMED = Hierarchy()
#: What is believed of a worker's accuracy on kinds without classes before any gold: 3 right of 4.
OPEN_PRIOR = (3.0, 1.0)


class Record(NamedTuple):
    """What is known of a worker on one question: a table [true class][answered class], and known answers.

    The table holds the weights of the newest fit; where the project has no fit yet, the answers to gold.
    Empty where there are none.
    """

    table: list[list[float]]
    gold_right: int
    gold_answers: int


class Heard(NamedTuple):
    """One answer as it is weighed: the class code per question (-1: none), the value, and by question what is
    known of who gave it. `value` may be left out (empty) where every question has a class code.
    """

    labels: list[int]
    value: Mapping[str, Any]
    records: Mapping[str, Record]


class Result(NamedTuple):
    """What the answers to one question of one task add up to."""

    question: str
    value: Any
    confidence: float
    posterior: list[float]
    answers_used: int
    method: str
    version: str


class Weighed(NamedTuple):
    """A task weighed: the least sure of its questions, how many answers there are, what happens next.

    Each question has a threshold of its own; the decision is that of all of them (`stopping.of_all`). `near`:
    one more answer that agrees could settle it.
    """

    confidence: float
    answers: int
    decision: Decision
    near: bool
    results: list[Result]


@dataclass(frozen=True, eq=False)
class Known:
    """What the live step knows of a crowd on one question: the newest fit, or nothing yet.

    Arrays as in `promise.engine.Learned`, of which they are a part.
    """

    newcomer_kl: FloatArray
    log_prior_k: FloatArray
    correlation: float
    fitted: bool

    def table(self, record: Record | None) -> FloatArray:
        """What an answer of a worker adds to the log posterior, shape (true, answered).

        Who joined after the fit counts as a newcomer until the next. Before the first fit graded gold is all
        there is.
        """
        if record is None or not record.table:
            return self.newcomer_kl
        table_kl = np.array(record.table)
        return table_kl if self.fitted else _of_gold(table_kl)


class Standing(NamedTuple):
    """Where a batch stands on one question: the project's newest fit, and the batch's own plan if any."""

    known: Known
    plan: BatchPlan | None


@lru_cache(maxsize=64)
def unfitted(n_labels: int) -> Known:
    """What is known before the first fit: workers of an unmeasured crowd, all classes equally common."""
    nobody_kl = np.zeros((n_labels, n_labels))
    return Known(_of_gold(nobody_kl), np.zeros(n_labels), UNINFORMED.correlation, fitted=False)


class _View(NamedTuple):
    """One question of a task: what its answers say, by what rule it settles, how sure all answers that may
    still come could make it, and whether a single one could make it sure enough.
    """

    result: Result
    rule: Rule
    reach: float
    near: bool


def weigh(
    schema: Schema, answers: Sequence[Heard], standings: Mapping[str, Standing], terms: Terms
) -> Weighed:
    """What all answers to a task, in the order given, add up to, and what happens next.

    A question without a standing is one that nobody has fitted yet.
    """
    n = len(answers)
    views = [
        view
        for index, question in enumerate(schema.questions)
        if (view := _view(question, index, answers, standings.get(question.name), terms))
    ]
    if not views:  # nobody has answered any of its questions
        return Weighed(0.0, n, rule_of(terms).decide(0.0, n), near=False, results=[])
    decision = of_all(view.rule.decide(view.result.confidence, n, reachable=view.reach) for view in views)
    return Weighed(
        confidence=min(view.result.confidence for view in views),
        answers=n,
        decision=decision,
        near=all(view.near and view.rule.min_overlap <= n + 1 for view in views),
        results=[view.result for view in views],
    )


def _view(
    question: Question, index: int, answers: Sequence[Heard], standing: Standing | None, terms: Terms
) -> _View | None:
    """None where nobody answered the question."""
    rule = rule_of(terms, standing.plan if standing else None)
    n_labels = kind_of(question.kind).n_labels(question.config)
    if n_labels is None:
        result = _merge(question, [each for each in answers if question.name in each.value])
        return result and _View(result, rule, 1.0, near=result.confidence >= rule.threshold)
    given = [each for each in answers if each.labels[index] >= 0]
    if not given:
        return None
    known = standing.known if standing else unfitted(n_labels)
    labels = [each.labels[index] for each in given]
    tables_nkl = np.array([known.table(each.records.get(question.name)) for each in given])
    heard = (labels, tables_nkl, known.log_prior_k, known.correlation)
    result = _posterior(question, posterior.of_weights(*heard), len(given))
    settled = result.confidence >= rule.threshold
    # before the first refit nothing is known of this crowd, so nothing is given up for hopeless
    certain = settled or not known.fitted
    more = max(0, rule.max_overlap - len(answers))
    return _View(
        result,
        rule,
        reach=1.0 if certain else posterior.reachable(*heard, more),
        near=settled or posterior.reachable(*heard, 1) >= rule.threshold,
    )


def _posterior(question: Question, post_k: FloatArray, n: int) -> Result:
    best = int(post_k.argmax())
    value = kind_of(question.kind).value_of(question.config, best)
    shares = [round(share, 6) for share in post_k.tolist()]
    return Result(question.name, value, float(post_k[best]), shares, n, METHOD_POSTERIOR, engine.VERSION)


def _merge(question: Question, given: Sequence[Heard]) -> Result | None:
    if not given:
        return None
    values = [each.value[question.name] for each in given]
    weights = [_open_accuracy(each.records.get(question.name)) for each in given]
    merged = kind_of(question.kind).merge(question.config, values, weights)
    return Result(question.name, merged.value, merged.confidence, [], len(given), METHOD_MERGE, VERSION)


def _open_accuracy(record: Record | None) -> float:
    right, total = (record.gold_right, record.gold_answers) if record else (0, 0)
    return (OPEN_PRIOR[0] + right) / (sum(OPEN_PRIOR) + total)


def _of_gold(counts_kl: FloatArray) -> FloatArray:
    """Weights from one worker's counts alone, drawn to an unmeasured crowd."""
    crowd = UNINFORMED.crowd(np.zeros_like(counts_kl)[None])
    return np.asarray(TRUST * UNINFORMED.log_weights(counts_kl[None], crowd)[0])
