"""Batches far too big to go through the services, made by the database; and what statements cost there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection
from psycopg.errors import Diagnostic

from marketplace.projects.models import Batch
from tasks.assignment.models import Bookmark
from tests.factories import Shape, make_live
from workers.profiles.models import Worker

_ROWS = """
INSERT INTO marketplace_row (dataset_id, position, external_id, data)
SELECT %(dataset)s, n, 'm' || n, jsonb_build_object('text', 'picture ' || n)
  FROM generate_series(100, 99 + %(tasks)s) AS n
"""
_TASKS = """
INSERT INTO tasks_task
  (public_id, batch_id, row_id, is_gold, state, lane, place, overlap, max_overlap, answers_count, live_count)
SELECT upper(substr(md5(%(batch)s || '.' || id), 1, 16)), %(batch)s, id, position < 100 + %(gold)s, 'open', 0,
       100 + row_number() OVER (ORDER BY random()), 3, 5, 0, 0
  FROM marketplace_row WHERE dataset_id = %(dataset)s AND position >= 100
"""
_COUNTED = "UPDATE marketplace_dataset SET rows_count = 100 + %(tasks)s WHERE id = %(dataset)s"
_ANSWERED = """
INSERT INTO tasks_assignment
  (public_id, task_id, batch_id, worker_id, suite, state, skipped, fence, claimed_at, lease_expires_at,
   submitted_at, accept_due_at)
SELECT upper(substr(md5('a' || id), 1, 16)), id, batch_id, %(worker)s, 'S', 'submitted', false, 1, now(),
       now(), now(), now()
  FROM tasks_task WHERE batch_id = %(batch)s AND NOT is_gold AND place > 100 ORDER BY place LIMIT %(answers)s
"""
_BEGUN = """
UPDATE tasks_task SET lane = 1, answers_count = 1
  FROM tasks_assignment a WHERE a.task_id = tasks_task.id AND a.worker_id = %(worker)s
"""
# By what the statements of the triggers that keep limits are known.
OF_TRIGGERS = ("require_room", "most_leases", "worker_id = who", "pg_advisory")


class Cost(NamedTuple):
    """What one statement touched: buffers of its own, buffers with all its triggers; and its plans."""

    own: int
    all: int
    plans: list[dict[str, Any]]


def big_batch(tasks: int, *, gold: int = 0, **terms: object) -> Batch:
    """A live batch of so many tasks, `gold` of them known; three answers are wanted of each."""
    wanted = {"suite_size": 50, "min_overlap": 3, "max_overlap": 5} | terms
    batch = make_live(shape=Shape(work=1, terms=wanted))
    values = {"batch": batch.pk, "dataset": batch.dataset_id, "gold": gold}
    add_rows(batch, tasks)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0" if connection.in_atomic_block else "SELECT 1")
        cursor.execute("SET session_replication_role = replica")  # no checks by plans of smaller tables
        cursor.execute(_TASKS, values)
        cursor.execute("SET session_replication_role = origin")
    return batch


def add_rows(batch: Batch, rows: int) -> None:
    """So many rows more in a batch's dataset."""
    values = {"dataset": batch.dataset_id, "tasks": rows}
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, values)
        cursor.execute(_COUNTED, values)


def let_answer(worker: Worker, batch: Batch, answers: int) -> None:
    """So many tasks of a batch answered by a worker, all of them still wanted, and read past."""
    values = {"worker": worker.pk, "batch": batch.pk, "answers": answers}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers
        cursor.execute(_ANSWERED, values)
        cursor.execute(_BEGUN, values)
        cursor.execute("SET session_replication_role = origin")
    Bookmark.objects.create(
        worker=worker, batch=batch, begun_place=2**40, fresh_place=100 + answers, taken=answers
    )


def analyse() -> None:
    """Statistics of all tables of ours; those of the cluster's own would keep other databases' tests out."""
    tables = [connection.ops.quote_name(name) for name in connection.introspection.table_names()]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE " + ", ".join(tables))


def cost_of(sql: str, values: list[Any]) -> Cost:
    """Run a statement and measure it, with everything that its functions and triggers do."""
    with explained() as told:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql, values)
            (whole,) = cursor.fetchone()
        plans = list(told)
    inner = [plan for plan in plans if not _calls_a_function(plan) and not of_a_trigger(plan)]
    return Cost(sum(buffers(plan["Plan"]) for plan in inner), buffers(whole[0]["Plan"]), plans)


def buffers(node: dict[str, Any]) -> int:
    """Shared buffers that a node of a plan and everything under it touched."""
    return int(node["Shared Hit Blocks"] + node["Shared Read Blocks"])


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a plan and all below it."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def _calls_a_function(plan: dict[str, Any]) -> bool:
    """Whether its buffers are those of statements that are told by themselves."""
    return any(node.get("Function Name", "").startswith("claim") for node in nodes(plan["Plan"]))


def of_a_trigger(plan: dict[str, Any]) -> bool:
    """Whether a plan is that of a statement in one of the triggers that a claim sets off."""
    words = " ".join(plan["Query Text"].split())
    return words.startswith("UPDATE tasks_task") or any(mark in words for mark in OF_TRIGGERS)


@contextmanager
def explained() -> Iterator[list[dict[str, Any]]]:
    """Collects the plan of every statement that is run, in functions too, as PostgreSQL tells them."""
    told: list[dict[str, Any]] = []

    def listen(notice: Diagnostic) -> None:
        words = notice.message_primary or ""
        if "plan:" in words:
            told.append(json.loads(words.split("plan:", 1)[1]))

    settings = {
        "auto_explain.log_min_duration": "0",
        "auto_explain.log_analyze": "on",
        "auto_explain.log_buffers": "on",
        "auto_explain.log_timing": "off",
        "auto_explain.log_nested_statements": "on",
        "auto_explain.log_format": "json",
        "client_min_messages": "log",
    }
    raw = connection.connection
    with connection.cursor() as cursor:
        cursor.execute("LOAD 'auto_explain'")
        for name, value in settings.items():
            cursor.execute(f"SET {name} = {value}")
        raw.add_notice_handler(listen)
        try:
            yield told
        finally:
            raw.remove_notice_handler(listen)
            for name in settings:
                cursor.execute(f"RESET {name}")
