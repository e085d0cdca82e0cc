"""What a submit costs: few statements whatever is answered and however many, and never a scan."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from marketplace.accounts.models import Scope
from marketplace.projects.models import Batch
from marketplace.projects.selectors import schema_of
from tasks.answers.models import Answer
from tasks.assignment.models import Assignment
from tasks.disputes.models import Dispute
from tasks.flow import hold
from tasks.flow.refits import refit_batch
from tasks.flow.submit import Given, decide_tasks, take_answers
from tasks.pool.models import Task
from tests.factories import Shape, make_live, make_worker
from tests.marketplace.callers import ok, with_key
from tests.tasks.acts import answer, answer_by_new_workers, claim, pair_batch, task_of
from tests.tasks.masses import Cost, analyse, big_batch, cost_of, explained, let_answer, nodes
from workers.profiles.models import Worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_installed")]

# who is calling; all there is to know, under lock; everything that is written
USUAL = 3
MOST = 6


@pytest.fixture
def batch() -> Batch:
    terms = {"min_overlap": 2, "max_overlap": 3, "target_accuracy": 0.8, "suite_size": 50}
    return make_live(shape=Shape(work=60, gold=20, terms=terms))


@pytest.fixture
def ben() -> Worker:
    return make_worker("Ben")


def program(worker: Worker, batch: Batch, *rows: str) -> APIClient:
    """The worker's own program, which has answered before: nothing is asked for the first time."""
    client = with_key(worker.user, Scope.WORK)
    for row in rows or ("w59", "g19"):
        single(client, claim(worker, task_of(batch, row)))
    return client


def said(held: Assignment, value: str = "dog") -> dict[str, Any]:
    return {"answer": {"animal": value}, "fence": held.fence, "seconds": 2.5}


def single(client: APIClient, held: Assignment, value: str = "dog", status: int = 201) -> None:
    ok(client.post(f"/api/v1/assignments/{held.public_id}/submit", said(held, value), format="json"), status)


def together(client: APIClient, held: list[Assignment], value: str = "dog") -> None:
    """Answer a suite."""
    answers = [said(each, value) | {"assignment": each.public_id} for each in held]
    reply = ok(client.post("/api/v1/suites/ONESUITE/answers", {"answers": answers}, format="json"))
    assert {each["state"] for each in reply["results"]} == {"submitted"}


class Counted(CaptureQueriesContext):
    """Everything asked of the database between a request and its reply, commit hooks included."""

    def __init__(self) -> None:
        super().__init__(connection)

    @property
    def statements(self) -> int:
        """How many they are, but for the savepoints that a test's own transaction brings."""
        return sum("SAVEPOINT" not in query["sql"] for query in self)


def claims(worker: Worker, tasks: list[Task]) -> list[Assignment]:
    """Tasks claimed by name, as if they had been claimed together."""
    held = [claim(worker, task) for task in tasks]
    Assignment.objects.filter(pk__in=[each.pk for each in held]).update(suite="ONESUITE")
    return held


def rows_of(batch: Batch, *rows: str) -> list[Task]:
    return [task_of(batch, row) for row in rows]


def test_it_takes_three_statements_for_work_and_for_gold(batch: Batch, ben: Worker) -> None:
    client = program(ben, batch)
    for row in ("w0", "g0", "w1", "g1"):
        held = claim(ben, task_of(batch, row))
        with Counted() as cost:
            single(client, held)
        assert cost.statements == USUAL, row
        with Counted() as cost:
            single(client, held, status=200)
        assert cost.statements == USUAL - 1  # a repeat writes nothing


@pytest.mark.parametrize("size", [1, 10, 50])
def test_it_takes_three_statements_for_any_number_of_answers(batch: Batch, ben: Worker, size: int) -> None:
    client = program(ben, batch)
    gold = size // 5
    rows = [f"g{n}" for n in range(gold)] + [f"w{n}" for n in range(size - gold)]
    held = claims(ben, rows_of(batch, *rows))
    with Counted() as cost:
        together(client, held)
    assert cost.statements == USUAL
    assert Answer.objects.filter(worker=ben).count() == 2 + size


@pytest.mark.parametrize("size", [1, 10])
def test_it_takes_no_more_to_settle_or_to_want_one_answer_more(batch: Batch, ben: Worker, size: int) -> None:
    client = program(ben, batch)
    for value, state in (("dog", "resolved"), ("cat", "open")):
        rows = [f"w{n + (0 if value == 'dog' else 20)}" for n in range(size)]
        for row in rows:
            answer_by_new_workers(task_of(batch, row), ["dog"])
        held = claims(ben, rows_of(batch, *rows))
        with Counted() as cost:
            together(client, held, value)
        assert cost.statements == USUAL
        assert {task_of(batch, row).state for row in rows} == {state}
        assert {task_of(batch, row).overlap for row in rows} == {2 if state == "resolved" else 3}


@pytest.mark.parametrize("size", [1, 10])
def test_it_takes_one_more_to_tell_experts_that_they_are_wanted(
    ben: Worker, size: int, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    batch = pair_batch(work=size + 1, gold=1)
    client = program(ben, batch, f"w{size}", "g0")
    rows = [f"w{n}" for n in range(size)]
    for row in rows:
        answer_by_new_workers(task_of(batch, row), ["cat"])
    held = claims(ben, rows_of(batch, *rows))
    with Counted() as cost, django_capture_on_commit_callbacks(execute=True):
        together(client, held)
    assert Dispute.objects.count() == size
    assert cost.statements == USUAL + 1


def test_it_takes_one_more_after_a_refit_and_only_once(batch: Batch, ben: Worker) -> None:
    client = program(ben, batch)
    answer_by_new_workers(task_of(batch, "w9"), ["dog"])
    costs = []
    for row in ("w0", "w1", "w2", "w3"):
        if row in ("w0", "w2"):
            refit_batch(batch=batch, schema=schema_of(batch.project_id))
        held = claim(ben, task_of(batch, row))
        with Counted() as cost:
            single(client, held)
        costs.append(cost.statements)
    assert costs == [USUAL + 1, USUAL] * 2


def test_it_never_takes_more_than_six_whatever_comes_together(
    ben: Worker, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """Gold, work that settles, work that needs an expert, and a fit that nobody has read yet."""
    batch = pair_batch(work=9, gold=4)
    client = program(ben, batch, "w8", "g3")
    for n in range(8):
        answer_by_new_workers(task_of(batch, f"w{n}"), ["cat" if n % 2 else "dog"])
    refit_batch(batch=batch, schema=schema_of(batch.project_id))
    held = claims(ben, rows_of(batch, *(f"w{n}" for n in range(8)), "g0", "g1"))
    with Counted() as cost, django_capture_on_commit_callbacks(execute=True):
        together(client, held)
    assert set(Task.objects.filter(batch=batch, is_gold=False).values_list("state", flat=True)) >= {
        "disputed"
    }
    assert cost.statements == USUAL + 2 <= MOST


def test_a_round_of_decisions_takes_three_for_any_number_of_tasks(batch: Batch) -> None:
    people = [make_worker() for _ in range(2)]
    for n in range(12):
        for worker in people:
            answer(worker, task_of(batch, f"w{n}"), "dog" if n % 2 else "cat")
    Task.objects.filter(batch=batch, answers_count__gt=0).update(state="open")
    tasks = [task_of(batch, f"w{n}").pk for n in range(12)]
    for some in (tasks[:1], tasks):
        with Counted() as cost:
            decide_tasks(task_ids=some)
        assert cost.statements == USUAL
    assert set(Task.objects.filter(id__in=tasks).values_list("state", flat=True)) == {"resolved"}


# Plans

SMALL = 10_000
GOLD = 400
CROWD = 200

_ASSIGNMENTS = """
INSERT INTO tasks_assignment
  (public_id, task_id, batch_id, worker_id, suite, state, skipped, fence, claimed_at, lease_expires_at,
   submitted_at, accept_due_at)
SELECT upper(substr(md5('s' || t.id || '.' || k), 1, 16)), t.id, t.batch_id,
       (%(people)s::bigint[])[1 + (t.id + k * 7) %% %(crowd)s], 'S', 'submitted', false, 1, now(), now(),
       now(), now()
  FROM tasks_task t, generate_series(1, 2) AS k WHERE t.batch_id = %(batch)s AND t.place > 100
"""
_ANSWERS = """
INSERT INTO tasks_answer (assignment_id, task_id, batch_id, worker_id, value, labels, seconds, submitted_at)
SELECT id, task_id, batch_id, worker_id, '{"animal": "dog"}', '{1}', 1, now()
  FROM tasks_assignment WHERE batch_id = %(batch)s AND suite = 'S'
"""
_COUNTS = "UPDATE tasks_task SET answers_count = 2, lane = 1 WHERE batch_id = %(batch)s AND place > 100"
_CONSENSUS = """
INSERT INTO tasks_consensus
  (task_id, question, value, confidence, posterior, answers_used, method, version, updated_at)
SELECT id, 'animal', '"dog"', 0.7, '[0.3, 0.7]', 2, 'posterior', '2', now()
  FROM tasks_task WHERE batch_id = %(batch)s AND place > 100 AND NOT is_gold
"""
_GOLD = """
INSERT INTO tasks_goldanswer (task_id, answer, reason)
SELECT id, '{"animal": "dog"}', '' FROM tasks_task WHERE batch_id = %(batch)s AND is_gold AND place > 100
"""
_RECORDS = """
INSERT INTO workers_reliability
  (worker_id, project_id, question, gold_right, gold_answers, counts, weights, version, updated_at)
SELECT unnest(%(people)s), %(project)s, 'animal', 3, 4, '[[0, 0], [1, 3]]', '[]', '', now()
"""
#: tables that grow with every answer; the others are small enough to be read through
GROWING = {
    "tasks_task",
    "tasks_assignment",
    "tasks_answer",
    "tasks_consensus",
    "tasks_goldanswer",
    "tasks_grade",
}


def busy_batch() -> Batch:
    """Ten thousand tasks, each answered twice by a crowd of two hundred with records."""
    batch = big_batch(SMALL, gold=GOLD, min_overlap=3, max_overlap=4)
    people = [make_worker().pk for _ in range(CROWD)]
    values: dict[str, Any] = {
        "batch": batch.pk,
        "project": batch.project_id,
        "people": people,
        "crowd": CROWD,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers
        for sql in (_ASSIGNMENTS, _ANSWERS, _COUNTS, _CONSENSUS, _GOLD, _RECORDS):
            cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = origin")
    return batch


def some_of(batch: Batch, size: int, *, is_gold: bool) -> list[Task]:
    fit = Task.objects.filter(batch=batch, is_gold=is_gold, wanted=True, answers_count=2)
    return list(fit.order_by("-place")[:size])


def scans(plans: list[dict[str, Any]]) -> list[str]:
    """Nodes that read a growing table, or an index of one, through."""
    return [
        f"{node['Node Type']} of {node['Relation Name']} in {plan['Query Text']}"
        for plan in plans
        for node in nodes(plan["Plan"])
        if node.get("Relation Name") in GROWING and reads_through(node)
    ]


def reads_through(node: dict[str, Any]) -> bool:
    kind = node["Node Type"]
    return kind == "Seq Scan" or (kind.startswith("Index") and "Index Cond" not in node)


@pytest.mark.parametrize("statistics", ["fresh", "analysed"])
def test_it_never_reads_a_table_through(statistics: str, ben: Worker) -> None:
    first = pair_batch(work=2, gold=1)
    for row in ("w0", "g0"):
        answer(ben, task_of(first, row))  # plans are made while the tables are nearly empty
    batch = busy_batch()
    if statistics == "analysed":
        analyse()
    for size in (1, 10):
        for is_gold, value in ((False, "dog"), (False, "cat"), (True, "dog")):
            worker = make_worker()
            held = claims(worker, some_of(batch, size, is_gold=is_gold))
            given = [Given(each.public_id, {"animal": value}, each.fence) for each in held]
            with explained() as plans:
                receipts = take_answers(worker_id=worker.pk, given=given, suite="ONESUITE")
            assert all(receipt.new for receipt in receipts)
            assert len(plans) > 5
            assert scans(plans) == []
    again = [task.pk for task in some_of(batch, 50, is_gold=False)]
    with explained() as plans:
        decide_tasks(task_ids=again)
    assert scans(plans) == []


def held_at(worker: Worker, batch: Batch) -> Cost:
    """What it touches to lock an assignment and to read all there is to know, once its plans are made."""
    for task in some_of(batch, 2, is_gold=False):
        held = claim(worker, task)
        cost = cost_of(hold._HOLD_ASSIGNMENTS, [worker.pk, [held.public_id]])
    return cost


def test_it_touches_as_little_for_somebody_who_has_answered_much() -> None:
    batch, prolific = busy_batch(), make_worker()
    let_answer(prolific, batch, SMALL // 2)
    costs = [held_at(worker, batch).all for worker in (make_worker(), prolific)]
    assert max(costs) <= 60
    assert max(costs) <= 1.2 * min(costs)
