"""Twenty workers on the last places of a task: never more assignments than answers wanted."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest
from django.db import IntegrityError, connection

from marketplace.core.clock import now
from marketplace.core.errors import broken_constraint
from marketplace.projects.models import Batch
from tasks.assignment.models import Assignment
from tasks.assignment.services import claim_suite, claim_task
from tasks.pool.models import Task
from tests.factories import Shape, make_live, make_worker
from tests.races.crowd import Meeting, at_once, kinds, without_constraints
from tests.tasks.acts import pair_batch, task_of
from workers.profiles.models import Worker

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CROWD = 20
PLACES = 2  # answers that a task of a pair batch may get


def naive_claim(worker: Worker, task: int, meeting: Meeting) -> None:
    """Look, then take: what the real claim must not do."""
    found = Task.objects.get(pk=task)
    assert found.wanted
    meeting.wait()
    Assignment.objects.create(
        task=found,
        batch_id=found.batch_id,
        worker=worker,
        suite="S",
        claimed_at=now(),
        lease_expires_at=now(),
    )


def naive_claims(people: list[Worker], task: Task) -> list[object]:
    meeting = Meeting(len(people))
    return at_once(*[partial(naive_claim, worker, task.pk, meeting) for worker in people])


def test_without_a_guard_too_many_get_the_task() -> None:
    task, people = task_of(pair_batch()), [make_worker() for _ in range(CROWD)]
    with without_constraints("tasks_task", "never_more_answers_than_overlap"):
        assert kinds(naive_claims(people, task)) == {"done": CROWD}
        assert Assignment.objects.filter(task=task).count() == CROWD > PLACES


def test_the_database_refuses_what_a_careless_claim_lets_through() -> None:
    task, people = task_of(pair_batch()), [make_worker() for _ in range(CROWD)]
    results = naive_claims(people, task)
    assert kinds(results) == {"done": PLACES, "IntegrityError": CROWD - PLACES}
    broken = {broken_constraint(each) for each in results if isinstance(each, IntegrityError)}
    assert broken == {"never_more_answers_than_overlap"}


def test_it_gives_one_named_task_to_as_many_as_it_wants() -> None:
    task, people = task_of(pair_batch()), [make_worker() for _ in range(CROWD)]
    results = at_once(*[partial(claim_task, worker=worker, task=task.public_id) for worker in people])
    assert kinds(results) == {"done": PLACES, "TaskFullyLeased": CROWD - PLACES}
    task.refresh_from_db()
    assert task.live_count == Assignment.objects.filter(task=task, state="claimed").count() == PLACES


def claims(people: list[Worker], batch: Batch, size: int) -> list[Callable[[], object]]:
    return [partial(claim_suite, worker=worker, batch=batch.public_id, size=size) for worker in people]


def test_it_hands_out_the_last_places_of_a_batch_once() -> None:
    batch = make_live(shape=Shape(work=5, terms={"min_overlap": 2, "max_overlap": 3, "suite_size": 2}))
    results = at_once(*claims([make_worker() for _ in range(CROWD)], batch, 2))
    assert set(kinds(results)) == {"done", "NothingToDo"}
    for task in Task.objects.filter(batch=batch):
        assert task.live_count == task.assignments.count() <= task.overlap == 2
    handed_out = sum(len(suite) for suite in results if isinstance(suite, list))
    assert handed_out == Assignment.objects.count() <= 10


def test_without_a_guard_a_worker_in_two_tabs_gets_a_task_twice() -> None:
    task, worker = task_of(pair_batch()), make_worker()
    with without_constraints("tasks_assignment", "one_worker_once_per_task"):
        assert kinds(naive_claims([worker] * 2, task)) == {"done": 2}


def test_it_gives_a_worker_in_many_tabs_each_task_once() -> None:
    batch, worker = make_live(shape=Shape(work=30, terms={"suite_size": 3})), make_worker()
    results = at_once(*claims([worker] * 8, batch, 3))
    assert set(kinds(results)) <= {"done", "NothingToDo"}
    held = list(Assignment.objects.values_list("task_id", flat=True))
    assert len(held) == len(set(held)) == sum(len(suite) for suite in results if isinstance(suite, list))


def test_it_gives_a_worker_one_named_task_once_however_often_they_ask() -> None:
    task, worker = task_of(pair_batch()), make_worker()
    results = at_once(*[partial(claim_task, worker=worker, task=task.public_id)] * 8)
    assert kinds(results) == {"done": 1, "AlreadyYours": 7}


def sleepily(execute: Callable[..., object], sql: str, *rest: object) -> object:
    """Let a claim statement look at the queue, sleep, and only then take."""
    return execute(
        sql.replace(" WHERE t.batch_id", " WHERE (SELECT pg_sleep(0.6)) IS NOT NULL AND t.batch_id"), *rest
    )


def test_it_never_breaks_when_a_second_tab_takes_what_a_first_has_only_looked_at() -> None:
    batch, worker = make_live(shape=Shape(work=4, terms={"suite_size": 2, "gold_share": 0})), make_worker()
    claim = claims([worker], batch, 2)[0]

    def slow() -> object:
        with connection.execute_wrapper(sleepily):
            return claim()

    def quick() -> object:
        time.sleep(0.2)
        return claim()

    results = at_once(slow, quick)
    assert set(kinds(results)) <= {"done", "NothingToDo"}
    held = list(Assignment.objects.values_list("task_id", flat=True))
    assert len(held) == len(set(held)) > 0
