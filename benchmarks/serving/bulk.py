"""The tasks of a very large batch by one INSERT ... SELECT, in place of the launch's own loop.

Everything else of a launch (checks, escrow, freezing, offering) stays the product's. A column of tasks that
this does not know and the database cannot fill stops it, so it cannot drift from the product unseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.db.models import NOT_PROVIDED, GeneratedField

from marketplace.projects.models import Batch
from marketplace.projects.schema import Schema
from tasks.flow import services as flow
from tasks.pool.models import GoldAnswer, Task

#: 16 characters of base32, as every public id
_PUBLIC_ID = "translate(upper(substr(md5(random()::text || r.id), 1, 16)), '0189', 'GHIJ')"
_COLUMNS = {
    "public_id": _PUBLIC_ID,
    "batch_id": "%(batch)s",
    "row_id": "r.id",
    "is_gold": "g.row_id IS NOT NULL",
    "state": "'open'",
    "place": "row_number() OVER (ORDER BY random())",
    "overlap": "CASE WHEN g.row_id IS NULL THEN %(least)s ELSE %(gold)s END",
    "max_overlap": "CASE WHEN g.row_id IS NULL THEN %(most)s ELSE %(gold)s END",
    "answers_count": "0",
    "live_count": "0",
}
_TASKS = f"""
INSERT INTO {Task._meta.db_table} ({", ".join(_COLUMNS)})
SELECT {", ".join(_COLUMNS.values())}
  FROM marketplace_row r LEFT JOIN marketplace_rowgold g ON g.row_id = r.id
 WHERE r.dataset_id = %(dataset)s
"""  # noqa: S608  (all of it stands above)
_GOLD = f"""
INSERT INTO {GoldAnswer._meta.db_table} (task_id, answer, reason)
SELECT t.id, jsonb_build_object(%(question)s::text, g.answer), g.reason
  FROM {Task._meta.db_table} t JOIN marketplace_rowgold g ON g.row_id = t.row_id
 WHERE t.batch_id = %(batch)s AND t.is_gold
"""  # noqa: S608  (all of it stands above)


@contextmanager
def trusted(really: bool = True) -> Iterator[None]:
    """Within the block nobody looks again whether references are there: half of the time of a large fill.

    For statements that read what they refer to themselves; inside a transaction, by a superuser.
    """
    with connection.cursor() as cursor:
        if really:
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        if really:
            cursor.execute("SET LOCAL session_replication_role = origin")


@contextmanager
def tasks_at_once() -> Iterator[None]:
    """Within the block a launch makes its tasks here."""
    with patch.object(flow, "make_tasks", _make_tasks):
        yield


def _make_tasks(*, batch: Batch, schema: Schema) -> int:
    unknown = [str(field.column) for field in Task._meta.concrete_fields if _must_be_given(field)]
    if missing := set(unknown) - set(_COLUMNS):
        raise RuntimeError(f"tasks have columns that a bulk fill does not know: {', '.join(sorted(missing))}")
    values: dict[str, Any] = {
        "batch": batch.pk,
        "dataset": batch.dataset_id,
        "least": batch.min_overlap,
        "most": batch.max_overlap,
        "gold": batch.gold_max_overlap,
        "question": schema.questions[0].name,
    }
    with connection.cursor() as cursor, trusted():
        cursor.execute("SET LOCAL work_mem = '256MB'")  # one sort of all rows
        cursor.execute(_TASKS, values)
        made = int(cursor.rowcount)
        cursor.execute(_GOLD, values)
    return made


def _must_be_given(field: object) -> bool:
    if isinstance(field, GeneratedField) or getattr(field, "primary_key", False):
        return False
    return getattr(field, "db_default", NOT_PROVIDED) is NOT_PROVIDED
