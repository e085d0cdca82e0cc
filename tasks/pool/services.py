"""Making tasks at launch and moving them between states."""

from __future__ import annotations

import json
import random
from typing import Any

from django.db import transaction

from marketplace.core.errors import Fault, Invalid
from marketplace.datasets.models import RowGold
from marketplace.projects.models import Batch
from marketplace.projects.schema import AnswerProblems, Schema, canonical_answer
from tasks.pool.models import GoldAnswer, Task, TaskState

CHUNK = 2000
MOST_FAULTS = 20


def make_tasks(*, batch: Batch, schema: Schema) -> int:
    """One task per row of the batch's dataset, in random places; returns how many.

    Inside the caller's transaction. Rows with a known answer become gold. Raises Invalid naming
    the rows whose known answer does not fit the schema.
    """
    gold = _read_gold(batch, schema)
    rows = list(batch.dataset.rows.order_by("id").values_list("id", flat=True))
    places = list(range(1, len(rows) + 1))
    random.SystemRandom().shuffle(places)
    for start in range(0, len(rows), CHUNK):
        tasks = Task.objects.bulk_create(
            [
                _task(batch, row_id, place, is_gold=row_id in gold)
                for row_id, place in zip(rows[start : start + CHUNK], places[start:], strict=False)
            ]
        )
        GoldAnswer.objects.bulk_create(
            [
                GoldAnswer(task=task, answer=gold[task.row_id][0], reason=gold[task.row_id][1])
                for task in tasks
                if task.is_gold
            ]
        )
    return len(rows)


#: A part of a statement (see `tasks.flow.change`): open tasks get the state, the lane and
#: the overlap of `moves`; in a lane they join they take the last place (trigger `task_joins_its_lane`).
MOVED = """
moved AS (
  UPDATE tasks_task t SET state = m.state, lane = m.lane, overlap = m.overlap
    FROM (SELECT * FROM json_to_recordset(%(moves)s) AS x
             (task_id bigint, state text, lane smallint, overlap int)
           LIMIT json_array_length(%(moves)s)) m  -- tells the planner how few there are
   WHERE t.id = m.task_id AND t.state = 'open'
)"""


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


def _task(batch: Batch, row_id: int, place: int, *, is_gold: bool) -> Task:
    return Task(
        batch=batch,
        row_id=row_id,
        is_gold=is_gold,
        place=place,
        overlap=batch.gold_max_overlap if is_gold else batch.min_overlap,
        max_overlap=batch.gold_max_overlap if is_gold else batch.max_overlap,
    )


def _read_gold(batch: Batch, schema: Schema) -> dict[int, tuple[dict[str, Any], str]]:
    faults: list[Fault] = []
    gold: dict[int, tuple[dict[str, Any], str]] = {}
    known = RowGold.objects.filter(row__dataset=batch.dataset).select_related("row").order_by("row_id")
    for item in known.iterator(chunk_size=CHUNK):
        try:
            gold[item.row_id] = (gold_answer(schema, item.answer), item.reason)
        except AnswerProblems as error:
            where = f"row {item.row.external_id or item.row.position + 1}"
            faults += [Fault(where, "gold_does_not_fit", problem.message) for problem in error.problems]
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise Invalid("Some known answers do not fit the question.", faults=faults)
    return gold


def gold_answer(schema: Schema, raw: Any) -> dict[str, Any]:
    """A known answer from a file in canonical form: with one question its bare value will do.

    A cell of a CSV file is always text, so a text that does not fit as it stands is read as JSON.
    """
    bare = len(schema.questions) == 1 and not isinstance(raw, dict)
    try:
        return dict(canonical_answer(schema, {schema.questions[0].name: raw} if bare else raw))
    except AnswerProblems:
        try:
            value = json.loads(raw) if isinstance(raw, str) else None
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict | list):
            raise
    return gold_answer(schema, value)
