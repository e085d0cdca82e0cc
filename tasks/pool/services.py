"""Making tasks at launch and moving them between states."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from marketplace.core.errors import Fault, Invalid
from marketplace.core.ids import public_id
from marketplace.database.plans import forget_plans
from marketplace.datasets.models import RowGold
from marketplace.projects.models import Batch
from marketplace.projects.schema import AnswerProblems, Schema, canonical_answer, row_problems
from tasks.pool.models import Task, TaskState

CHUNK = 5000
MOST_FAULTS = 20

# Tasks of so many rows, and the known answers of those that have one.
_MAKE = """
WITH known AS MATERIALIZED (
  SELECT * FROM json_to_recordset(%(known)s) AS k (row_id bigint, answer jsonb, reason text)
), made AS (
  INSERT INTO tasks_task
    (public_id, batch_id, row_id, is_gold, state, place, overlap, max_overlap, answers_count, live_count)
  SELECT new.name, %(batch)s, new.row_id, known.row_id IS NOT NULL, 'open', new.place,
         CASE WHEN known.row_id IS NULL THEN %(least)s ELSE %(gold_overlap)s END,
         CASE WHEN known.row_id IS NULL THEN %(most)s ELSE %(gold_overlap)s END, 0, 0
    FROM unnest(%(names)s::text[], %(rows)s::bigint[], %(places)s::bigint[]) AS new (name, row_id, place)
    LEFT JOIN known ON known.row_id = new.row_id
  RETURNING id, row_id
)
INSERT INTO tasks_goldanswer (task_id, answer, reason)
SELECT made.id, known.answer, known.reason FROM made JOIN known ON known.row_id = made.row_id
"""


def make_tasks(*, batch: Batch, schema: Schema) -> int:
    """One task per row of the batch's dataset, in random places; returns how many.

    Inside the caller's transaction. Rows with a known answer become gold. Raises Invalid naming
    the rows whose known answer does not fit the schema.
    """
    gold = _read_gold(batch, schema)
    rows = list(batch.dataset.rows.order_by("id").values_list("id", flat=True))
    places = list(range(1, len(rows) + 1))
    random.SystemRandom().shuffle(places)
    terms: dict[str, Any] = {"batch": batch.pk, "least": batch.min_overlap, "most": batch.max_overlap}
    terms |= {"gold_overlap": batch.gold_max_overlap}
    forget_plans()
    with connection.cursor() as cursor:
        for start in range(0, len(rows), CHUNK):
            some = rows[start : start + CHUNK]
            values = {
                "names": [public_id() for _ in some],
                "rows": some,
                "places": places[start : start + CHUNK],
                "known": json.dumps([gold[row] for row in some if row in gold]),
            }
            cursor.execute(_MAKE, terms | values)
    return len(rows)


#: A call in a statement (see `tasks.flow.change`): open tasks get the state, the lane and the overlap of
#: `moves`.
MOVED = "move_tasks(%(moves)s)"


def move_task(*, task: Task, origins: tuple[TaskState, ...], state: TaskState) -> bool:
    """Compare-and-set of a task's state; False when it was in none of `origins`."""
    return bool(Task.objects.filter(pk=task.pk, state__in=origins).update(state=state))


def close_open_tasks(*, batch: Batch, limit: int) -> int:
    """Take up to `limit` tasks that are still open off the market; returns how many that were.

    Tasks that another transaction holds are passed over, so that nobody waits; call again while any are.
    """
    with transaction.atomic():
        found = Task.objects.select_for_update(skip_locked=True, no_key=True).filter(
            batch=batch, state=TaskState.OPEN
        )
        ids = list(found.values_list("id", flat=True)[:limit])
        return Task.objects.filter(id__in=ids).update(state=TaskState.CLOSED)


def _read_gold(batch: Batch, schema: Schema) -> dict[int, dict[str, Any]]:
    """The known answers by row, as _MAKE takes them."""
    faults: list[Fault] = []
    gold: dict[int, dict[str, Any]] = {}
    known = RowGold.objects.filter(row__dataset=batch.dataset).select_related("row").order_by("row_id")
    for item in known.iterator(chunk_size=CHUNK):
        try:
            answer = gold_answer(schema, item.answer, item.row.data)
            gold[item.row_id] = {"row_id": item.row_id, "answer": answer, "reason": item.reason}
        except AnswerProblems as error:
            where = f"row {item.row.external_id or item.row.position + 1}"
            faults += [Fault(where, "gold_does_not_fit", problem.message) for problem in error.problems]
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise Invalid("Some known answers do not fit the question.", faults=faults)
    return gold


def gold_answer(schema: Schema, raw: Any, row: Mapping[str, object]) -> dict[str, Any]:
    """A known answer from a file in canonical form: with one question its bare value will do.

    A cell of a CSV file is always text, so a text that does not fit as it stands is read as JSON. Raises
    AnswerProblems where it does not fit the question or the row.
    """
    bare = len(schema.questions) == 1 and not isinstance(raw, dict)
    try:
        answer = dict(canonical_answer(schema, {schema.questions[0].name: raw} if bare else raw))
    except AnswerProblems:
        try:
            value = json.loads(raw) if isinstance(raw, str) else None
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict | list | int | float) or isinstance(value, bool):
            raise
        return gold_answer(schema, value, row)
    unfit = row_problems(schema, answer, row)
    if unfit:
        raise AnswerProblems(*unfit)
    return answer
