"""The same answer sent fifty times at once: stored once, answered alike."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from marketplace.core.clock import now
from tasks.answers.models import Answer, Grade
from tasks.assignment.models import Assignment
from tasks.assignment.services import expire_leases
from tasks.pool.models import Task
from tests.factories import make_worker
from tests.races.crowd import Meeting, at_once, definition_of, kinds, without, without_constraints
from tests.tasks.acts import claim, pair_batch, submit, take, task_of
from workers.reliability.models import Reliability

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CROWD = 20
COPIES = 50


def naive_submit(pk: int, meeting: Meeting) -> None:
    """Look whether it is still held, then write."""
    held = Assignment.objects.get(pk=pk)
    assert held.state == "claimed"
    meeting.wait()
    Answer.objects.create(
        assignment=held,
        task_id=held.task_id,
        batch_id=held.batch_id,
        worker_id=held.worker_id,
        value={"animal": "dog"},
        labels=[1],
        submitted_at=now(),
    )


def unique_by_assignment() -> str:
    """The name PostgreSQL knows the one-to-one link under."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "tasks_answer")
    return next(
        name for name, each in found.items() if each["unique"] and each["columns"] == ["assignment_id"]
    )


def test_without_a_guard_an_answer_is_stored_as_often_as_it_is_sent() -> None:
    held, meeting = claim(make_worker(), task_of(pair_batch())), Meeting(CROWD)
    guards = ("one_answer_per_worker_and_task", unique_by_assignment())
    trigger = "TRIGGER answer_only_for_live_assignment"
    with (
        without_constraints("tasks_answer", *guards),
        without("tasks_answer", f"DISABLE {trigger}", f"ENABLE {trigger}"),
    ):
        results = at_once(*[partial(naive_submit, held.pk, meeting)] * CROWD)
        assert kinds(results) == {"done": CROWD}
        assert Answer.objects.count() == CROWD
    assert [definition_of(guard).split()[0] for guard in guards] == ["UNIQUE", "UNIQUE"]


def test_the_database_refuses_what_a_careless_submit_lets_through() -> None:
    held, meeting = claim(make_worker(), task_of(pair_batch())), Meeting(CROWD)
    results = at_once(*[partial(naive_submit, held.pk, meeting)] * CROWD)
    assert kinds(results) == {"done": 1, "IntegrityError": CROWD - 1}


def test_it_stores_one_answer_and_says_the_same_to_everybody() -> None:
    held = claim(make_worker(), task_of(pair_batch()))

    def send() -> Any:
        caller = APIClient()
        caller.force_authenticate(held.worker.user)
        body = {"answer": {"animal": "dog"}, "fence": held.fence}
        return caller.post(f"/api/v1/assignments/{held.public_id}/submit", body, format="json")

    replies: list[Any] = at_once(*[send] * COPIES)
    assert sorted(reply.status_code for reply in replies) == [200] * (COPIES - 1) + [201]
    assert {reply.content for reply in replies} == {replies[0].content}
    task = task_of(held.batch)
    assert (Answer.objects.count(), task.answers_count, task.live_count) == (1, 1, 0)


def test_it_stores_a_suite_once_however_often_and_in_whatever_order_it_is_sent() -> None:
    batch = pair_batch(work=5, suite_size=5, gold_share=0)
    held = take(make_worker(), batch)
    answers = [{"assignment": each.public_id, "answer": {"animal": "dog"}} for each in held]

    def send(turn: int) -> Any:
        caller = APIClient()
        caller.force_authenticate(held[0].worker.user)
        body = {"answers": answers[turn:] + answers[:turn]}
        return caller.post(f"/api/v1/suites/{held[0].suite}/answers", body, format="json")

    replies: list[Any] = at_once(*[partial(send, n % 5) for n in range(CROWD)])
    told = [each for reply in replies for each in reply.json()["results"]]
    assert sorted(each["status"] for each in told) == [200] * 5 * (CROWD - 1) + [201] * 5
    assert Answer.objects.count() == 5
    assert set(Task.objects.values_list("answers_count", "live_count")) == {(1, 0)}


def test_it_grades_gold_once_however_often_it_is_sent() -> None:
    held = claim(make_worker(), task_of(pair_batch(gold=1), "g0"))
    results = at_once(*[partial(submit, held)] * 8)
    assert kinds(results) == {"done": 8}
    assert Grade.objects.count() == 1
    assert Reliability.objects.get().gold_answers == 1


def test_it_keeps_the_first_of_two_different_answers() -> None:
    held = claim(make_worker(), task_of(pair_batch()))
    results = at_once(partial(submit, held, "cat"), partial(submit, held, "dog"))
    assert kinds(results) == {"done": 1, "AnswerStored": 1}


def test_it_weighs_both_of_two_last_answers_that_come_at_once() -> None:
    batch = pair_batch()
    held = [claim(make_worker(), task_of(batch)) for _ in range(2)]
    assert kinds(at_once(*[partial(submit, each) for each in held])) == {"done": 2}
    assert task_of(batch).state == "resolved"


def test_it_measures_a_worker_right_who_answers_many_known_rows_at_once() -> None:
    batch, worker = pair_batch(gold=6), make_worker()
    held = [claim(worker, task_of(batch, f"g{row}")) for row in range(6)]
    assert kinds(at_once(*[partial(submit, each) for each in held])) == {"done": 6}
    known = Reliability.objects.get()
    assert (known.gold_right, known.gold_answers, known.counts) == (6, 6, [[0, 0], [0, 6]])


def test_it_either_takes_an_answer_or_takes_the_task_back() -> None:
    batch = pair_batch(work=6)
    for row in range(6):
        held = claim(make_worker(), task_of(batch, f"w{row}"))
        Assignment.objects.filter(pk=held.pk).update(lease_expires_at=held.claimed_at)
        done, _ = at_once(partial(submit, held), expire_leases)
        held.refresh_from_db()
        assert (held.state, kinds([done])) in (
            ("submitted", {"done": 1}),
            ("expired", {"AssignmentNotLive": 1}),
        )
        assert Answer.objects.filter(assignment=held).exists() == (held.state == "submitted")
