"""`python -m benchmarks.tables`: what a row of each large table takes, and what an answer writes.

Starts servers of its own, fills the real tables with so many tasks and three answers to each, moved through
the same states as by the product, and prints bytes a row with and without indexes. Then a few workers answer
through the services, and it prints the bytes of WAL and the row versions of one answer. `docs/scaling.md`
reckons with these.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django

from marketplace.local.servers import Given
from marketplace.local.testing import throwaway_servers

ANSWERS = 3  # to a task
PER_ENTRY = 4  # answers that one journal entry pays
PEOPLE = 2000
SUITE = 5
ROUNDS = 30
LARGE = 10_000  # rows from which a table is listed

_SIZES = """
SELECT c.relname, c.reltuples::bigint, pg_relation_size(c.oid), pg_indexes_size(c.oid),
       (SELECT count(*) FROM pg_index WHERE indrelid = c.oid)
  FROM pg_class c
 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > %s ORDER BY 3 + 4 DESC
"""
_VERSIONS = "SELECT relname, n_tup_ins, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"


def main() -> None:
    """Fill, measure, answer, measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__)
    parser.add_argument("--tasks", type=int, default=100_000)
    tasks = parser.parse_args().tasks
    with throwaway_servers(Given()) as addresses:
        os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = addresses.database_url, addresses.redis_url
        os.environ["ASSAY_STATEMENT_TIMEOUT_MS"] = "0"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
        django.setup()
        run(tasks)


def run(tasks: int) -> None:
    """Everything after Django is set up."""
    from django.core.management import call_command  # noqa: PLC0415  (Django must be set up first)

    from benchmarks.tables.filling import fill, open_batch  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    fill(open_batch(rows=1, people=PEOPLE), tasks=tasks, answers=ANSWERS, per_entry=PER_ENTRY)
    print(f"{tasks:,} tasks with {ANSWERS} answers each; bytes a row")
    for name, rows, heap, indexes, count in ask(_SIZES, LARGE):
        print(
            f"  {name:26} {rows:10,} rows {heap / rows:6.0f} + {indexes / rows:4.0f} in {count} indexes"
            f" = {(heap + indexes) / rows:5.0f}"
        )
    measure_answers(open_batch(rows=600, people=4))


def measure_answers(batch: Any) -> None:
    """Let four workers answer suites, and say what each answer wrote."""
    from tasks.assignment.services import NothingToDo, claim_suite  # noqa: PLC0415
    from tasks.flow.services import submit_answer  # noqa: PLC0415
    from tasks.flow.settlement import settle_due  # noqa: PLC0415
    from workers.profiles.models import Worker  # noqa: PLC0415

    rng = random.Random(0)  # noqa: S311
    workers = list(Worker.objects.order_by("-pk")[:4])
    written = {"claims": 0, "submits": 0, "pay": 0}
    answers, before = 0, versions()
    for _ in range(ROUNDS):
        for worker in workers:
            with counted(written, "claims"):
                try:
                    suite = claim_suite(worker=worker, batch=batch.public_id, size=SUITE)
                except NothingToDo:
                    continue
            for held in suite.assignments:
                said = {"animal": rng.choice(["cat", "dog", "dog"])}
                with counted(written, "submits"):
                    submit_answer(
                        worker=worker, assignment=held.public_id, answer=said, fence=held.fence, seconds=5.0
                    )
                answers += 1
    with counted(written, "pay"):
        settle_due()
    parts = ", ".join(f"{name} {size / answers:,.0f}" for name, size in written.items())
    print(f"\n{answers:,} answers in suites of {SUITE}; bytes of WAL an answer: {parts}")
    for name, counts in sorted(versions().items()):
        pairs = zip(counts, before.get(name, (0, 0, 0)), strict=True)
        made, moved, within = ((new - old) / answers for new, old in pairs)
        if made + moved > 0.02:
            print(f"  {name:26} {made:5.2f} inserted {moved:5.2f} updated, {within:5.2f} within their page")


@contextmanager
def counted(written: dict[str, int], part: str) -> Iterator[None]:
    """Add the bytes of WAL that the block writes."""
    start = ask("SELECT pg_current_wal_insert_lsn()")[0][0]
    yield
    written[part] += int(ask("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", start)[0][0])


def versions() -> dict[str, tuple[int, int, int]]:
    """Rows inserted, updated, and updated within their page, by table; all that was done so far is in."""
    ask("SELECT pg_stat_force_next_flush()")
    ask("SELECT pg_stat_clear_snapshot()")
    return {name: counts for name, *counts in ask(_VERSIONS)}


def ask(sql: str, *values: Any) -> list[Any]:
    """The rows of a question."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return list(cursor.fetchall())


if __name__ == "__main__":
    main()
