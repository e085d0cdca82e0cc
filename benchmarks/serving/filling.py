"""Set-up inside Assay, beside its servers: people, batches of any size, and a count at the end.

    python -m benchmarks.serving.filling

reads one JSON object a line, `{"act": ..., ...}`, and answers each with a line. It needs the environment of
the running servers. Accounts, money and the launch go through the product's own services; the rows of a
dataset are made by one INSERT ... SELECT, because reading a million of them from a file is not measured here.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.db.models import Count, F, Sum  # noqa: E402

from benchmarks.serving.adapter import CLASSES, TRUTH_IN_SQL  # noqa: E402
from marketplace.accounts.models import Scope, User  # noqa: E402
from marketplace.accounts.services import create_api_key  # noqa: E402
from marketplace.clients.models import Client  # noqa: E402
from marketplace.clients.services import MAX_DEPOSIT_MICROS, create_client, deposit_funds  # noqa: E402
from marketplace.core.ids import public_id  # noqa: E402
from marketplace.datasets.models import Dataset, DatasetState  # noqa: E402
from marketplace.ledger.checks import ledger_sum_micros  # noqa: E402
from marketplace.projects.services import create_project, draft_batch, quote_batch  # noqa: E402
from tasks.answers.models import Answer  # noqa: E402
from tasks.flow.services import launch_batch  # noqa: E402
from workers.profiles.services import join_as_worker  # noqa: E402

QUESTION = "tree"
SCHEMA = {
    "questions": [
        {"name": QUESTION, "kind": "choice", "title": "Which tree is it?", "options": list(CLASSES)}
    ]
}
BULK = 200_000  # items from which on nobody looks again whether what rows refer to is there
SUITE = 50  # most tasks that may be claimed at once in a batch made here
_ROWS = """
INSERT INTO marketplace_row (dataset_id, position, external_id, data)
SELECT %(dataset)s, n, n::text,
       jsonb_build_object('n', n, 'text', 'Tree ' || n || ': which? ' || md5(n::text) || md5(-n || ''))
  FROM generate_series(0, %(rows)s::bigint - 1) AS n
"""
_GOLD = f"""
INSERT INTO marketplace_rowgold (row_id, answer, reason)
SELECT id, to_jsonb((%(classes)s::text[])[1 + {TRUTH_IN_SQL}]), ''
  FROM (SELECT id, position AS n FROM marketplace_row WHERE dataset_id = %(dataset)s) AS made
 WHERE n >= %(items)s
"""  # noqa: S608  (all of it stands here)


def people(count: int) -> dict[str, Any]:
    """`count` workers with a key each, and somebody with a client's key."""
    run = public_id().lower()
    with transaction.atomic():
        owner = User.objects.create_user(f"owner.{run}@bench.assay", name="Owner")
        client = create_client(user=owner, name="Bench")
        workers = [_worker(f"worker{number}.{run}@bench.assay", number) for number in range(count)]
    return {
        "client": client.public_id,
        "owner": create_api_key(user=owner, name="bench", scopes=[Scope.CLIENT])[1],
        "workers": workers,
    }


def batch(*, client: str, items: int, overlap: int, gold: int) -> dict[str, Any]:
    """A live batch over `items` rows and `gold` known ones besides, each to be answered `overlap` times."""
    owner = Client.objects.get(public_id=client)
    began = time.monotonic()
    with transaction.atomic():
        dataset = _dataset(owner, items, gold)
    filled = time.monotonic()
    project = create_project(
        client=owner, name=f"{items} trees", schema=SCHEMA, guidelines="Look at the leaf."
    )
    made = draft_batch(project=project, dataset=dataset, name="bench", terms=_terms(overlap, gold, items))
    _deposit(owner, quote_batch(made).worst_case_micros)
    launch_batch(batch=made)
    launched = time.monotonic()
    settle()
    return {
        "batch": made.public_id,
        "rows_s": filled - began,
        "launch_s": launched - filled,
        "vacuum_s": time.monotonic() - launched,
    }


def settle() -> dict[str, Any]:
    """Vacuum, analyse and write out, so that the cost of a fill does not fall into what is measured next."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_database_size(current_database())")
        return {"bytes": cursor.fetchone()[0]}


def check(*, batch: str, overlap: int) -> dict[str, Any]:
    """What the database holds of a batch: answers beyond the overlap, a worker's second to a task."""
    answers = Answer.objects.filter(batch__public_id=batch)
    per_task = answers.values("task").annotate(n=Count("id"))
    over = per_task.filter(n__gt=overlap).aggregate(items=Count("task"), answers=Sum(F("n") - overlap))
    twice = answers.values("task", "worker").annotate(n=Count("id")).filter(n__gt=1)
    return {
        "answers": answers.count(),
        "items_over": over["items"] or 0,
        "surplus": over["answers"] or 0,
        "twice": sum(row["n"] - 1 for row in twice),
        "full": per_task.filter(n=overlap, task__is_gold=False).count(),
        "gold_answers": answers.filter(task__is_gold=True).count(),
        "ledger_sum_micros": ledger_sum_micros(),
    }


def _dataset(client: Client, items: int, gold: int) -> Dataset:
    dataset = Dataset.objects.create(
        client=client,
        name=f"{items} trees",
        file_format="jsonl",
        state=DatasetState.READY,
        rows_count=items + gold,
        gold_count=gold,
    )
    values: dict[str, Any] = {"dataset": dataset.pk, "rows": items + gold, "items": items}
    with connection.cursor() as cursor, _trusted(items >= BULK):
        cursor.execute(_ROWS, values)
        cursor.execute(_GOLD, values | {"classes": list(CLASSES)})
    return dataset


@contextmanager
def _trusted(really: bool) -> Iterator[None]:
    """Within the block nobody looks again whether references are there: half of the time of a large fill.

    For statements that read what they refer to themselves; inside a transaction, by a superuser.
    """
    with connection.cursor() as cursor:
        if really:
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        if really:
            cursor.execute("SET LOCAL session_replication_role = origin")


def _terms(overlap: int, gold: int, items: int) -> dict[str, Any]:
    return {
        "min_overlap": overlap,
        "max_overlap": overlap,
        "gold_max_overlap": overlap,
        "gold_share": gold / (items + gold),
        "no_gold_reason": "" if gold else "A run without known answers.",
        "suite_size": SUITE,
        "lease_seconds": 3600,
        # paid within the run that earned it, not in the next system's
        "acceptance_seconds": 0,
    }


def _worker(email: str, number: int) -> dict[str, str]:
    user = User.objects.create_user(email, name=f"Worker {number}")
    worker = join_as_worker(user=user, display_name=f"Worker {number}")
    key = create_api_key(user=user, name="bench", scopes=[Scope.WORK])[1]
    return {"worker": worker.public_id, "key": key}


def _deposit(client: Client, amount_micros: int) -> None:
    while amount_micros > 0:
        part = min(amount_micros, MAX_DEPOSIT_MICROS)
        deposit_funds(client=client, amount_micros=part, reference=f"bench {public_id()}")
        amount_micros -= part


ACTS: dict[str, Callable[..., dict[str, Any]]] = {
    "people": people,
    "batch": batch,
    "check": check,
    "settle": settle,
}


def main() -> None:
    """Do one act a line until the input ends."""
    for line in sys.stdin:
        wanted = json.loads(line)
        done = ACTS[wanted.pop("act")](**wanted)
        print(json.dumps(done), flush=True)


if __name__ == "__main__":
    main()
