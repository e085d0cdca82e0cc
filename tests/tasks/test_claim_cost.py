"""What a claim costs: the same whatever the batch's size and its worker's past, and never a scan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from marketplace.accounts.models import Scope
from marketplace.accounts.services import create_api_key
from marketplace.core.clock import now
from marketplace.core.ids import public_id
from marketplace.projects.models import Batch
from tasks.assignment import claim
from tasks.assignment.models import Bookmark
from tasks.pool.models import Task
from tasks.quality.truth.information import ASKED_FIRST
from tests.factories import Shape, make_live, make_worker
from tests.tasks.acts import submit, take, task_of
from tests.tasks.masses import Cost, analyse, big_batch, cost_of, let_answer, nodes, of_a_trigger
from workers.profiles.models import Worker
from workers.reliability.models import Reliability

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_installed")]

SMALL, BIG, HUGE = 10_000, 100_000, 1_000_000
MOST_BUFFERS, MOST_WITH_TRIGGERS = 50, 90
NEAR = 1.2  # "the same", give or take


def claim_cost(worker: Worker, batch: Batch, size: int = 1, gold: tuple[int, ...] = ()) -> Cost:
    """What the statement of a claim touches and how it is planned, run as a worker would have it run."""
    context = claim.read_context(worker_id=worker.pk, batch=batch.public_id)
    assert context is not None
    names, moment = [public_id() for _ in range(size)], now()
    return cost_of(claim._SUITE, [context.bookmark_id, size, list(gold), public_id(), names, moment, moment])


def settled(worker: Worker, batch: Batch) -> Cost:
    """The cost once plans are made and the worker's bookmark has caught up: that of every later claim."""
    for _ in range(3):
        claim_cost(worker, batch)
    return least(claim_cost(worker, batch) for _ in range(3))


def least(costs: Iterable[Cost]) -> Cost:
    """The least of some: at any moment the server may have to read its own catalogue again."""
    return min(costs, key=lambda cost: cost.all)


def scans(cost: Cost) -> list[str]:
    """Nodes that read a whole table, or, in the claim's own statements, a whole index."""
    found = []
    for plan in cost.plans:
        for node in nodes(plan["Plan"]):
            whole = node["Node Type"] == "Seq Scan" or node["Node Type"].startswith("Bitmap")
            unguided = node["Node Type"].startswith("Index") and "Index Cond" not in node
            if whole or (unguided and not of_a_trigger(plan)):
                found.append(f"{node['Node Type']} in {plan['Query Text']}")
    return found


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that Django sends."""
    sent: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield sent


def statements(sent: list[str]) -> int:
    """How many they are, but for the savepoints that a test's own transaction brings."""
    return sum("SAVEPOINT" not in sql for sql in sent)


def caller(worker: Worker) -> APIClient:
    """The worker's program, with a key that was used before."""
    _, secret = create_api_key(user=worker.user, name="mine", scopes=[Scope.WORK])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.get("/api/v1/assignments").status_code == 200
    return client


@pytest.mark.parametrize("size", [1, 10, 50])
def test_it_takes_three_statements_by_key_whatever_the_size_of_the_suite(size: int) -> None:
    batch = make_live(shape=Shape(work=120, gold=20, terms={"suite_size": 50, "gold_share": 0.2}))
    client = caller(make_worker())
    client.post("/api/v1/work/claims", {"batch": batch.public_id, "size": 1}, format="json")
    with counted() as sent:
        reply = client.post("/api/v1/work/claims", {"batch": batch.public_id, "size": size}, format="json")
    assert len(reply.json()["assignments"]) == size
    assert statements(sent) == 3


def test_it_takes_no_more_statements_where_there_is_nothing_to_do() -> None:
    batch, worker = make_live(shape=Shape(work=2, terms={"suite_size": 2})), make_worker()
    client = caller(worker)
    take(worker, batch)
    with counted() as sent:
        reply = client.post("/api/v1/work/claims", {"batch": batch.public_id}, format="json")
    assert reply.json()["code"] == "nothing_to_do"
    assert statements(sent) == 3


def test_it_takes_two_statements_to_claim_a_task_by_name() -> None:
    batch = make_live(shape=Shape(work=2))
    client = caller(make_worker())
    first, second = ({"task": task_of(batch, row).public_id} for row in ("w0", "w1"))
    client.post("/api/v1/work/claims", first, format="json")
    with counted() as sent:
        reply = client.post("/api/v1/work/claims", second, format="json")
    assert reply.status_code == 201
    assert statements(sent) == 2


@pytest.mark.parametrize("statistics", ["fresh", "analysed"])
def test_it_never_reads_a_table_through(statistics: str) -> None:
    first = make_live(shape=Shape(work=3, gold=2, terms={"gold_share": 0.5}))
    take(make_worker(), first)  # plans are made while the tables are nearly empty
    batch, worker, prolific = big_batch(SMALL, gold=400), make_worker(), make_worker()
    let_answer(prolific, batch, SMALL // 2)
    if statistics == "analysed":
        analyse()
    for someone in (worker, prolific):
        for size, gold in ((1, ()), (1, (5000,)), (10, (10, 9000))):
            cost = claim_cost(someone, batch, size, gold)
            assert len(cost.plans) > 5
            assert scans(cost) == []
    task = Task.objects.filter(batch=batch)[77]
    for tells in (None, 0.1):  # the second looks for others who are there
        Reliability.objects.update_or_create(
            worker=prolific, project_id=batch.project_id, question="animal", defaults={"tells": tells}
        )
        asked = [prolific.pk, batch.public_id, ASKED_FIRST, now() - claim.OTHERS_THERE]
        assert scans(cost_of(claim._CONTEXT, asked)) == []
    assert scans(cost_of(claim._TASK, [prolific.pk, task.public_id, "S", public_id(), now()])) == []


def test_it_reads_no_table_through_when_it_reads_again() -> None:
    batch, worker = big_batch(SMALL), make_worker()
    let_answer(worker, batch, SMALL)
    costs = [claim_cost(worker, batch) for _ in range(3)]
    assert [scans(cost) for cost in costs] == [[], [], []]
    assert any("<= (" in plan["Query Text"] for plan in costs[-1].plans)
    assert costs[-1].all < 64 * 6  # what one such reading looks at


@pytest.mark.parametrize("statistics", ["fresh", "analysed"])
def test_it_touches_as_much_of_a_big_batch_as_of_a_small_one_whatever_the_worker_has_answered(
    statistics: str,
) -> None:
    costs = []
    for tasks in (SMALL, BIG):
        batch, prolific = big_batch(tasks, gold=tasks // 25), make_worker()
        let_answer(prolific, batch, min(20_000, tasks // 2))
        if statistics == "analysed":
            analyse()
        costs += [settled(make_worker(), batch), settled(prolific, batch)]
    flat(costs)


def flat(costs: list[Cost]) -> None:
    """Few buffers, and the same everywhere."""
    own = [cost.own for cost in costs]
    assert max(own) <= MOST_BUFFERS
    assert max(own) <= NEAR * min(own)
    assert max(cost.all for cost in costs) <= MOST_WITH_TRIGGERS


def test_it_draws_gold_at_the_same_cost_from_forty_and_from_four_thousand() -> None:
    costs = []
    for gold in (40, 4000):
        batch, worker = big_batch(SMALL, gold=gold), make_worker()
        settled(worker, batch)
        claim_cost(worker, batch, gold=(77,))
        costs.append(least(claim_cost(worker, batch, gold=(place,)) for place in (2000, 5000, 8000)))
    own = [cost.own for cost in costs]
    assert max(own) <= 1.1 * MOST_BUFFERS
    assert max(own) <= NEAR * min(own)


def test_it_costs_the_same_while_a_worker_s_own_answers_come_ahead_of_them_again() -> None:
    batch, worker = big_batch(SMALL, suite_size=50), make_worker()
    let_answer(worker, batch, 2000)
    usual = settled(worker, batch)
    Bookmark.objects.filter(worker=worker).update(begun_place=0)  # as if all of them were wanted once more
    cost = claim_cost(worker, batch)
    assert cost.own < usual.own + 18 * 6  # sixteen looked at and passed, then something fresh
    assert Bookmark.objects.get(worker=worker).begun_place > 0


def test_it_starts_a_newcomer_where_others_have_come_to() -> None:
    batch, old = make_live(shape=Shape(work=40, terms={"suite_size": 10, "min_overlap": 1})), make_worker()
    for _ in range(3):
        for held in take(old, batch, 10):
            submit(held)
    new = make_worker()
    take(new, batch, 1)
    marks = dict(Bookmark.objects.values_list("worker", "fresh_place"))
    assert marks[new.pk] >= marks[old.pk] > 0


@pytest.mark.long
@pytest.mark.timeout(900)
def test_it_touches_no_more_of_a_million_tasks_than_of_ten_thousand() -> None:
    costs = []
    for tasks in (SMALL, HUGE):
        batch, prolific = big_batch(tasks, gold=tasks // 25), make_worker()
        let_answer(prolific, batch, min(20_000, tasks // 2))
        costs += [settled(make_worker(), batch), settled(prolific, batch)]
        analyse()
        costs += [settled(make_worker(), batch), settled(prolific, batch)]
    flat(costs)
