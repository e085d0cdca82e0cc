"""Reading answers, storing them, and grading those to gold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from marketplace.core.errors import Conflict, Fault, Invalid
from marketplace.kinds.kind import Kind
from marketplace.kinds.registry import kind_of
from marketplace.projects.schema import AnswerProblems, Question, Schema, canonical_answer, row_problems
from workers.reliability.services import Confusion, SeenGold

NO_LABEL = -1


class AnswerInvalid(Invalid):
    """The answer does not fit the question; see errors for the places. Your task is still yours."""

    code = "answer_invalid"


class AnswerStored(Conflict):
    """You already sent another answer to this task; the first one counts."""

    code = "answer_already_stored"


def read_answer(schema: Schema, raw: Any, row: Mapping[str, object] | None = None) -> dict[str, Any]:
    """The canonical form of an answer, which fits its row where that is given (see `Schema.asks_of_rows`).

    Raises AnswerInvalid with every fault and its question.
    """
    try:
        value = dict(canonical_answer(schema, raw))
    except AnswerProblems as error:
        raise AnswerInvalid(faults=[Fault(*problem) for problem in error.problems]) from error
    unfit = row_problems(schema, value, row) if row is not None else []
    if unfit:
        raise AnswerInvalid(faults=[Fault(*problem) for problem in unfit])
    return value


#: A call in a statement (see `tasks.flow.change`): each of `answers` is stored, and its assignment is done
#: and falls due for pay. The database refuses it unless the assignment is live.
STORED = "store_answers(%(worker)s, %(batch)s, %(answers)s, %(now)s, %(pay_due)s)"
#: A part of a later one: each of `grades` belongs to the answer that was stored for its assignment. Looked up
#: one by one: the planner takes any JSON for a hundred rows, and would read a whole table to join so many.
GRADED = """
graded AS (
  INSERT INTO tasks_grade (answer_id, score, passed)
  SELECT (SELECT a.id FROM tasks_answer a WHERE a.assignment_id = g.assignment_id), g.score, g.passed
    FROM json_to_recordset(%(grades)s) AS g (assignment_id bigint, score float8, passed boolean)
)"""


def labels_of(schema: Schema, value: dict[str, Any]) -> list[int]:
    """One class code per question of the schema, NO_LABEL where there is none."""
    codes = []
    for question in schema.questions:
        given = value.get(question.name)
        label = None if given is None else kind_of(question.kind).label(question.config, given)
        codes.append(NO_LABEL if label is None else label)
    return codes


class Graded(NamedTuple):
    """An answer held against the known one: score 0..1, whether it passed, what it tells of the worker."""

    score: float
    passed: bool
    seen: list[SeenGold]


def grade(schema: Schema, known: dict[str, Any], value: dict[str, Any], labels: list[int]) -> Graded:
    """Hold an answer against the known one; a question that the known one leaves out is not graded."""
    scores, seen = [], []
    for index, question in enumerate(schema.questions):
        if question.name not in known:
            continue
        kind, right, given = kind_of(question.kind), known[question.name], value.get(question.name)
        graded = None if given is None else kind.grade(question.config, given, right)
        scores.append(graded.score if graded else 0.0)
        confusion = _confusion(kind, question, right, labels[index])
        seen.append(SeenGold(question.name, bool(graded and graded.passed), confusion))
    score = sum(scores) / len(scores) if scores else 1.0
    return Graded(score, all(each.passed for each in seen), seen)


def _confusion(kind: Kind[Any], question: Question, right: Any, given: int) -> Confusion | None:
    true, n_labels = kind.label(question.config, right), kind.n_labels(question.config)
    return None if true is None or n_labels is None or given == NO_LABEL else Confusion(true, given, n_labels)
