"""Twenty workers on the last places of a task: never more assignments than answers wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from django.db import IntegrityError, connection, connections

from marketplace.core.clock import now
from marketplace.core.errors import broken_constraint
from marketplace.projects.models import Batch
from tasks.answers.models import Answer
from tasks.assignment.models import Assignment
from tasks.assignment.services import NothingToDo, claim_suite, claim_task
from tasks.assignment.suite import Suite
from tasks.flow.services import submit_answer
from tasks.pool.models import Task
from tests.factories import Shape, make_live, make_worker
from tests.races.crowd import PATIENCE, Meeting, at_once, kinds, without_constraints
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


def handed_out(results: list[object]) -> int:
    return sum(len(suite.assignments) for suite in results if isinstance(suite, Suite))


def test_it_hands_out_the_last_places_of_a_batch_once() -> None:
    batch = make_live(shape=Shape(work=5, terms={"min_overlap": 2, "max_overlap": 3, "suite_size": 2}))
    results = at_once(*claims([make_worker() for _ in range(CROWD)], batch, 2))
    assert set(kinds(results)) == {"done", "NothingToDo"}
    for task in Task.objects.filter(batch=batch):
        assert task.live_count == task.assignments.count() <= task.overlap == 2
    assert handed_out(results) == Assignment.objects.count() <= 10


def answer_all(worker: Worker, batch: Batch, done: threading.Event) -> int:
    """Claim and answer until nothing is wanted any more; how many answers that were.

    Who finds nothing waits for others' claims to end, which may leave something.
    """
    answers = 0
    while not done.is_set():
        try:
            suite = claim_suite(worker=worker, batch=batch.public_id)
        except NothingToDo:
            if not Task.objects.filter(batch=batch, state="open").exists():
                done.set()
            connections.close_all()
            time.sleep(0.02)
            continue
        for held in suite.assignments:
            submit_answer(worker=worker, assignment=held.public_id, answer={"animal": "dog"})
            answers += 1
    return answers


def test_it_takes_every_wanted_answer_and_none_too_many_with_sixty_four_at_the_last_tasks() -> None:
    terms = {"min_overlap": 3, "max_overlap": 5, "suite_size": 2, "target_accuracy": 0.6}
    batch, people = make_live(shape=Shape(work=12, terms=terms)), [make_worker() for _ in range(64)]
    done = threading.Event()
    results = at_once(*[partial(answer_all, worker, batch, done) for worker in people])
    assert kinds(results) == {"done": 64}
    tasks = list(Task.objects.filter(batch=batch))
    assert {task.state for task in tasks} <= {"resolved", "disputed"}
    for task in tasks:
        assert task.live_count == 0
        assert 3 <= task.answers_count == task.answers.count() <= 5
        assert task.answers.values("worker").distinct().count() == task.answers_count
    assert sum(each for each in results if isinstance(each, int)) == Answer.objects.count()


def test_without_a_guard_a_worker_in_two_tabs_gets_a_task_twice() -> None:
    task, worker = task_of(pair_batch()), make_worker()
    with without_constraints("tasks_assignment", "one_worker_once_per_task"):
        assert kinds(naive_claims([worker] * 2, task)) == {"done": 2}


def test_it_gives_a_worker_in_many_tabs_each_task_once() -> None:
    batch, worker = make_live(shape=Shape(work=30, terms={"suite_size": 3})), make_worker()
    results = at_once(*claims([worker] * 8, batch, 3))
    assert kinds(results) == {"done": 8}
    held = list(Assignment.objects.values_list("task_id", flat=True))
    assert len(held) == len(set(held)) == handed_out(results) == 24


def test_it_gives_a_worker_one_named_task_once_however_often_they_ask() -> None:
    task, worker = task_of(pair_batch()), make_worker()
    results = at_once(*[partial(claim_task, worker=worker, task=task.public_id)] * 8)
    assert kinds(results) == {"done": 1, "AlreadyYours": 7}


def test_it_lets_a_second_tab_wait_for_the_first_and_take_what_is_left() -> None:
    batch, worker = make_live(shape=Shape(work=4, terms={"suite_size": 2, "gold_share": 0})), make_worker()
    claim = claims([worker], batch, 2)[0]
    looked = threading.Event()

    def linger(execute: Callable[..., object], sql: str, *rest: object) -> object:
        """Sleep once the bookmark is read, before anything is taken."""
        if "claim_suite" in sql:
            looked.set()
            time.sleep(0.4)
        return execute(sql, *rest)

    done = []

    def slow() -> object:
        with connection.execute_wrapper(linger):
            suite = claim()
        done.append("first")
        return suite

    def quick() -> object:
        looked.wait(PATIENCE)
        suite = claim()
        done.append("second")
        return suite

    results = at_once(slow, quick)
    assert done == ["first", "second"]
    assert [handed_out([each]) for each in results] == [2, 2]
    assert Assignment.objects.values("task").distinct().count() == 4


def test_it_never_breaks_where_a_claim_by_name_meets_a_claim_of_a_suite() -> None:
    batch, worker = make_live(shape=Shape(work=6, terms={"suite_size": 6, "gold_share": 0})), make_worker()
    names = list(Task.objects.filter(batch=batch).values_list("public_id", flat=True))
    by_name = [partial(claim_task, worker=worker, task=name) for name in names]
    results = at_once(*by_name, *claims([worker] * 2, batch, 6))
    assert set(kinds(results)) <= {"done", "AlreadyYours", "NothingToDo"}
    assert Assignment.objects.filter(state="claimed").count() == handed_out(results) == 6
    assert Assignment.objects.values("task").distinct().count() == 6
