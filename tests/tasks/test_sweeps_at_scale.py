"""A hundred thousand things due at once: each step is short, reads no table whole, and the next goes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.projects.models import Batch
from tasks.assignment.models import Assignment
from tasks.assignment.services import expire_leases
from tasks.flow import settlement
from tests.factories import make_worker
from tests.tasks.acts import pair_batch
from tests.tasks.masses import buffers, nodes
from workers.pay.services import pay_work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_installed")]

DUE = 100_000
PEOPLE = 50
STEP = 500

_TASKS = """
INSERT INTO marketplace_row (dataset_id, position, external_id, data)
SELECT %(dataset)s, n, 'm' || n, '{}' FROM generate_series(100, 99 + %(tasks)s) AS n;
INSERT INTO tasks_task (public_id, batch_id, row_id, is_gold, state, lane, place, overlap, max_overlap,
                        answers_count, live_count)
SELECT upper(substr(md5(id::text), 1, 16)), %(batch)s, id, false, 'open', 1, 100 + position, 100, 100,
       %(answered)s, %(live)s
  FROM marketplace_row WHERE dataset_id = %(dataset)s AND position >= 100;
"""
_ASSIGNMENTS = """
INSERT INTO tasks_assignment (public_id, task_id, batch_id, worker_id, suite, state, skipped, fence,
                              claimed_at, lease_expires_at, submitted_at, accept_due_at)
SELECT upper(substr(md5(t.id || '.' || w.id), 1, 16)), t.id, t.batch_id, w.id, 'S', %(state)s, false, 1,
       now(), now() - random() * interval '1 hour', now(), now() - random() * interval '1 hour'
  FROM tasks_task t, workers_worker w WHERE t.batch_id = %(batch)s AND t.place >= 100
"""


def fill(state: str, due: int = DUE) -> Batch:
    """Everybody holds, or has answered, every task, and all of it is due."""
    batch = pair_batch()
    for _ in range(PEOPLE):
        make_worker()
    count = {"answered": 0, "live": 0} | {"live" if state == "claimed" else "answered": PEOPLE}
    terms: dict[str, Any] = {
        "batch": batch.pk,
        "dataset": batch.dataset_id,
        "tasks": due // PEOPLE,
        "state": state,
    } | count
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers
        for statement in _TASKS.split(";\n")[:2]:
            cursor.execute(statement, terms)
        cursor.execute(_ASSIGNMENTS, terms)
        cursor.execute("SET session_replication_role = origin")
    assert Assignment.objects.count() == due
    return batch


def explained(statement: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement)
        return dict(cursor.fetchone()[0][0]["Plan"])


def read_whole(plan: dict[str, Any]) -> list[str]:
    return [node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"]


@pytest.mark.parametrize("analysed", [False, True])
def test_a_step_of_the_lease_sweep_costs_what_it_takes_back(analysed: bool) -> None:
    fill("claimed")
    if analysed:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE tasks_assignment, tasks_task")
    with CaptureQueriesContext(connection) as asked:
        assert expire_leases(limit=STEP) == STEP
    assert Assignment.objects.filter(state="claimed").count() == DUE - STEP
    (statement,) = [query["sql"] for query in asked.captured_queries if "lease_expires_at" in query["sql"]]
    plan = explained(statement)
    assert read_whole(plan) == []
    assert max(node["Actual Rows"] for node in nodes(plan)) == STEP
    assert buffers(plan) < 40 * STEP
    assert expire_leases(limit=STEP) == STEP


def test_a_window_of_pay_is_read_from_the_front_of_what_is_due() -> None:
    fill("submitted")
    due = Assignment.objects.filter(state="submitted", accept_due_at__isnull=False).order_by("accept_due_at")
    plan = explained(str(due.query).replace("= submitted", "= 'submitted'") + f" LIMIT {settlement.WINDOW}")
    assert read_whole(plan) == []
    assert plan["Actual Rows"] == settlement.WINDOW
    assert "assignment_accept_due" in [node.get("Index Name") for node in nodes(plan)]


def test_pay_goes_through_all_of_it_and_each_transaction_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    due = 4000
    batch = fill("submitted", due)
    monkeypatch.setattr(settlement, "WINDOW", 2000)
    monkeypatch.setattr(settlement, "PER_PAYMENT", 30)
    sizes: list[int] = []
    pay = pay_work

    def paying(**terms: Any) -> Any:
        sizes.append(terms["reward_micros"])
        return pay(**terms)

    monkeypatch.setattr(settlement, "pay_work", paying)
    Batch.objects.filter(pk=batch.pk).update(reward_micros=1, fee_ppm=0)
    assert settlement.settle_due() == sum(sizes) == due
    assert max(sizes) == 30
