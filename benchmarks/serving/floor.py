"""The two floors' tables and statements: claiming and submitting with nothing around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from benchmarks.serving.figures import Counts

DATABASE = "floor"
TABLES = (Path(__file__).parent / "floor.sql").read_text()

#: one item further on than the worker's cursor; no row where there is none
CLAIM = """
WITH mine AS MATERIALIZED (
  SELECT place FROM floor_cursor WHERE worker = %(worker)s AND project = %(project)s FOR UPDATE
), head AS (
  SELECT id, number, place, content FROM floor_item
   WHERE project = %(project)s AND is_wanted AND place > (SELECT place FROM mine)
     AND NOT EXISTS (
       SELECT 1 FROM floor_claim AS had WHERE had.worker = %(worker)s AND had.item = floor_item.id)
   ORDER BY place LIMIT 1
     FOR UPDATE OF floor_item SKIP LOCKED
), taken AS (
  UPDATE floor_item SET wanted = wanted - 1, is_wanted = wanted > 1
    FROM head WHERE floor_item.id = head.id
), moved AS (
  UPDATE floor_cursor SET place = head.place
    FROM head WHERE worker = %(worker)s AND project = %(project)s
), claimed AS (
  INSERT INTO floor_claim (item, worker, leased_until)
  SELECT id, %(worker)s, now() + interval '10 minutes' FROM head
  RETURNING id, item
)
SELECT claimed.id, claimed.item, head.number, head.content FROM claimed JOIN head ON head.id = claimed.item
"""
#: items that others had locked lie behind the cursor; a worker with nothing ahead looks at all once more
REWIND = """
UPDATE floor_cursor SET place = 0 WHERE worker = %(worker)s AND project = %(project)s AND place > 0
"""
#: a row when the answer was taken, none when the claim is not this worker's, was answered or ran out
SUBMIT = """
WITH held AS (
  UPDATE floor_claim SET answered = true
   WHERE id = %(claim)s AND worker = %(worker)s AND NOT answered AND leased_until > now()
  RETURNING id, item, worker
), counted AS (
  UPDATE floor_item SET answers = answers + 1 FROM held WHERE floor_item.id = held.item
)
INSERT INTO floor_answer (claim, item, worker, value)
SELECT id, item, worker, %(value)s::jsonb FROM held
RETURNING claim
"""
#: of no project: so that no plan is made for an empty table
_HISTORY = """
INSERT INTO floor_claim (item, worker, answered, leased_until)
SELECT -n, n % 1000, true, now() FROM generate_series(1, 50000) AS n ON CONFLICT DO NOTHING
"""
_FILL = """
INSERT INTO floor_item (project, number, place, wanted, content)
SELECT %(project)s, n, n + 1, %(overlap)s, 'Tree ' || n || ': which is it? ' || md5(n::text) || md5(-n || '')
  FROM generate_series(0, %(items)s::bigint - 1) AS n
"""
_CURSORS = """
INSERT INTO floor_cursor (worker, project)
SELECT worker, %(project)s FROM generate_series(1, 1000) AS worker
"""
_CHECK = """
WITH mine AS (SELECT id FROM floor_item WHERE project = %(project)s),
     per_item AS (
       SELECT item, count(*) AS n, count(*) - count(DISTINCT worker) AS twice
         FROM floor_answer WHERE item IN (SELECT id FROM mine) GROUP BY item)
SELECT coalesce(sum(n), 0)::bigint, count(*) FILTER (WHERE n > %(overlap)s),
       coalesce(sum(n - %(overlap)s) FILTER (WHERE n > %(overlap)s), 0)::bigint,
       coalesce(sum(twice), 0)::bigint, count(*) FILTER (WHERE n >= %(overlap)s)
  FROM per_item
"""


def prepare(maintenance: str, url: str) -> None:
    """Make the database of `url` and its tables where they are missing, by way of another database."""
    name = urlsplit(url).path[1:]
    with psycopg.connect(maintenance, autocommit=True) as line:
        if not line.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            line.execute(f'CREATE DATABASE "{name}"')
    with psycopg.connect(url, autocommit=True) as line:
        line.execute(TABLES)
        line.execute(_HISTORY)


def fill(url: str, items: int, overlap: int) -> int:
    """A new project with `items` items; its number."""
    with psycopg.connect(url, autocommit=True) as line:
        row = line.execute("SELECT nextval('floor_project')").fetchone()
        project = int(row[0]) if row else 0
        values: dict[str, Any] = {"project": project, "items": items, "overlap": overlap}
        line.execute(_FILL, values)
        line.execute(_CURSORS, values)
        line.execute("VACUUM ANALYZE")
        line.execute("CHECKPOINT")
    return project


def count(url: str, project: int, overlap: int) -> Counts:
    """What the tables hold of a project."""
    with psycopg.connect(url) as line:
        row = line.execute(_CHECK, {"project": project, "overlap": overlap}).fetchone()
    return Counts(*row) if row else Counts(0, 0, 0, 0)
