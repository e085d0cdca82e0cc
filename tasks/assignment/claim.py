"""The claim statements, and nothing else. What they do stands in `tasks/migrations/sql/claim.sql`.

A suite is two statements in one transaction: the first locks the worker's bookmark, and only then does the
second look at the queue. Between them it is drawn how much gold there shall be.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from marketplace.core.clock import now
from marketplace.core.ids import public_id
from marketplace.database.trips import as_last
from tasks.assignment.suite import BatchTerms, Leased
from tasks.quality.truth.information import ASKED_FIRST

#: others are there to be asked while one of them answered so short a time ago
OTHERS_THERE = dt.timedelta(minutes=10)

_CONTEXT = "SELECT * FROM claim_context(%s, %s, %s, %s)"
_SUITE = "SELECT * FROM claim_suite(%s, %s, %s::bigint[], %s, %s::text[], %s, %s)"
_TASK = "SELECT * FROM claim_task(%s, %s, %s, %s, %s)"


class Context(NamedTuple):
    """What a claim needs to know before it draws.

    `places` is how many the batch has for fresh tasks and gold; `bookmark_id` is None unless the batch is
    live; `taken` is how many of its tasks the worker was ever handed in suites; `others_first` says that the
    worker tells little and others are there to be asked; `graded` is the worker's gold in this project:
    question, right, all.
    """

    batch_id: int
    state: str
    suite_size: int
    gold_share: float
    places: int
    bookmark_id: int | None
    taken: int
    others_first: bool
    graded: list[tuple[str, int, int]]
    terms: BatchTerms


class Named(NamedTuple):
    """What came of a claim by name: a code that says why not, or the lease and its terms."""

    refusal: str | None
    leased: Leased
    expires_at: dt.datetime
    terms: BatchTerms


def read_context(*, worker_id: int, batch: str) -> Context | None:
    """A batch by its public id, None where there is none; locks the worker's bookmark and holds the batch
    until the transaction ends.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CONTEXT, [worker_id, batch, ASKED_FIRST, now() - OTHERS_THERE])
        row = cursor.fetchone()
    if row is None:
        return None
    graded = json.loads(row[8]) if row[8] else []
    return Context._make((*row[:8], graded, BatchTerms(*row[9:])))


def lease_suite(
    *,
    bookmark_id: int,
    size: int,
    gold: Sequence[int],
    suite: str,
    moment: dt.datetime,
    expires: dt.datetime,
) -> list[Leased]:
    """Lease up to `size` tasks to the worker whose bookmark is held; empty where there is no work for them.
    The last act of the caller's transaction.

    One of them is gold for each place in `gold`, which says where in the batch to look for it. The
    transaction is to be committed where nothing was found, too: it holds how far the worker has read.
    """
    names = [public_id() for _ in range(size)]
    with connection.cursor() as cursor:
        cursor.execute(as_last(_SUITE), [bookmark_id, size, list(gold), suite, names, moment, expires])
        rows = cursor.fetchall()
    return [Leased(name, fence, task, json.loads(data)) for name, fence, task, data in rows]


def lease_task(*, worker_id: int, task: str, suite: str, moment: dt.datetime) -> Named:
    """Lease one task by its public id, unless something speaks against it; all of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(as_last(_TASK), [worker_id, task, suite, public_id(), moment])
        refusal, name, fence, expires, data, *terms = cursor.fetchone()
    content = json.loads(data) if data else None
    return Named(refusal, Leased(name, fence, task, content), expires, BatchTerms(*terms))
