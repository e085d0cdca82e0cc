"""Taking hold of what is answered: its rows locked, and all there is to know of them (see `sql/hold.sql`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from tasks.consensus.rules import Terms
from tasks.consensus.votes import FitMark
from tasks.consensus.weighing import Heard, Record

_HOLD_ASSIGNMENTS = "SELECT * FROM hold_assignments(%s, %s::text[])"
# In the order of their ids, as everybody locks them who locks several.
_LOCK_TASKS = "SELECT FROM tasks_task WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE"
_TASKS_KNOWN = "SELECT * FROM tasks_known(%s, NULL)"


class HeldBatch(NamedTuple):
    """What a decision needs of a batch."""

    terms: Terms
    fits: FitMark
    id: int
    project_id: int
    state: str
    acceptance_seconds: int


class HeldTask(NamedTuple):
    """A locked task and its answers so far. `known`: its gold answer; `judged`: an expert has answered it."""

    batch: HeldBatch
    answers: list[Heard]
    id: int
    is_gold: bool
    state: str
    lane: int
    overlap: int
    max_overlap: int
    judged: bool
    known: dict[str, Any] | None


class HeldAssignment(NamedTuple):
    """A worker's locked assignment. `stored` is the answer that stands for it, if any. While it is live its
    task is here too, and what is known of the worker, by question.
    """

    task: HeldTask | None
    records: dict[str, Record]
    id: int
    public_id: str
    suite: str
    state: str
    fence: int
    project_id: int
    stored: dict[str, Any] | None


def hold_assignments(*, worker_id: int, names: Sequence[str]) -> dict[str, HeldAssignment]:
    """A worker's own assignments by public id, locked with their tasks until the transaction ends.

    The names of others are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_ASSIGNMENTS, [worker_id, list(names)])
        return {row[1]: _assignment(row) for row in cursor.fetchall()}


def hold_tasks(*, task_ids: Sequence[int]) -> list[HeldTask]:
    """Tasks in the order of their ids, locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_TASKS, [list(task_ids)])
        cursor.execute(_TASKS_KNOWN, [list(task_ids)])
        return [_task(row) for row in cursor.fetchall()]


def _assignment(row: tuple[Any, ...]) -> HeldAssignment:
    known = row[7:]
    task = None if known[0] is None else _task(known)
    return HeldAssignment(task, _records(known[12]), *row[:7])


def _task(known: tuple[Any, ...]) -> HeldTask:
    """From a row of `tasks_known`."""
    target, least, most, reward, expert_reward, fee_ppm, newest, own = known[4:12]
    terms = Terms.at_prices(target, (least, most), (reward, expert_reward), fee_ppm)
    batch = HeldBatch(terms, FitMark(newest, own), *known[:4])
    answers = [Heard(labels, value or {}, _records(of_whom)) for labels, value, of_whom in known[21] or ()]
    return HeldTask(batch, answers, *known[13:21])


def _records(known: dict[str, Any] | None) -> dict[str, Record]:
    return {question: Record(*record) for question, record in (known or {}).items()}
