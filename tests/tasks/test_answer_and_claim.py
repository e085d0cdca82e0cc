"""Answers that ask for the next task too: what came of the claim is told beside what became of them."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from marketplace.accounts.models import Scope
from marketplace.accounts.services import create_api_key
from marketplace.projects.models import Batch
from tasks.answers.models import Answer
from tasks.assignment.models import Assignment, AssignmentState
from tasks.flow.services import pause_batch
from tasks.pool.models import Task
from tests.factories import make_worker
from tests.tasks.acts import pair_batch, take
from tests.tasks.test_claim_cost import counted, statements
from workers.profiles.models import Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch() -> Batch:
    return pair_batch(work=4, gold_share=0, suite_size=2)


def caller_for(worker: Worker) -> APIClient:
    _, secret = create_api_key(user=worker.user, name="mine", scopes=[Scope.WORK])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def send(
    held: Assignment, wanted: Any, *, value: Any = "dog", caller: APIClient | None = None, **more: Any
) -> Any:
    """Answer one task and ask for the next."""
    body = {"answer": {"animal": value}, "fence": held.fence, "next": wanted}
    caller = caller or caller_for(held.worker)
    return caller.post(f"/api/v1/assignments/{held.public_id}/submit", body, format="json", **more)


def live(worker: Worker) -> list[str]:
    held = Assignment.objects.filter(worker=worker, state=AssignmentState.CLAIMED)
    return sorted(held.values_list("public_id", flat=True))


def names(suite: dict[str, Any]) -> list[str]:
    return sorted(held["id"] for held in suite["assignments"])


def test_it_brings_the_next_suite_with_the_reply(batch: Batch) -> None:
    worker = make_worker()
    (held,) = take(worker, batch, 1)
    reply = send(held, {"batch": batch.public_id, "size": 2})
    assert reply.status_code == 201
    assert reply.json()["state"] == "submitted"
    suite = reply.json()["next"]["suite"]
    assert suite["batch"]["id"] == batch.public_id
    assert names(suite) == live(worker)
    assert len(live(worker)) == 2
    assert Answer.objects.filter(worker=worker).count() == 1


def test_it_brings_a_named_task(batch: Batch) -> None:
    worker = make_worker()
    (held,) = take(worker, batch, 1)
    other = Task.objects.filter(batch=batch).exclude(pk=held.task_id)[0]
    suite = send(held, {"task": other.public_id}).json()["next"]["suite"]
    assert [each["task"]["id"] for each in suite["assignments"]] == [other.public_id]
    assert names(suite) == live(worker)


@pytest.mark.parametrize("more", [{}, {"next": None}])
def test_it_says_nothing_of_a_next_that_nobody_asked_for(batch: Batch, more: dict[str, None]) -> None:
    (held,) = take(make_worker(), batch, 1)
    body = {"answer": {"animal": "dog"}} | more
    reply = caller_for(held.worker).post(f"/api/v1/assignments/{held.public_id}/submit", body, format="json")
    assert "next" not in reply.json()
    assert live(held.worker) == []


def test_it_keeps_the_answer_where_there_is_nothing_to_claim(batch: Batch) -> None:
    (held,) = take(make_worker(), batch, 1)
    pause_batch(batch=batch)
    reply = send(held, {"batch": batch.public_id})
    assert reply.status_code == 201
    assert reply.json()["next"]["problem"]["code"] == "batch_not_live"
    assert reply.json()["next"]["problem"]["status"] == 409
    assert Answer.objects.filter(assignment=held).exists()


def test_it_keeps_the_answer_where_a_referee_refuses_the_claim(batch: Batch) -> None:
    worker = make_worker()
    Worker.objects.filter(pk=worker.pk).update(most_leases=2)
    held, *_ = take(worker, batch, 2)
    caller = caller_for(worker)
    assert "suite" in send(held, {"batch": batch.public_id}, caller=caller).json()["next"]
    again = send(held, {"batch": batch.public_id}, caller=caller)
    assert again.status_code == 200
    assert again.json()["next"]["problem"]["code"] == "too_many_held"
    assert len(live(worker)) == 2


def test_it_claims_nothing_after_an_answer_that_is_refused(batch: Batch) -> None:
    (held,) = take(make_worker(), batch, 1)
    reply = send(held, {"batch": batch.public_id}, value="horse")
    assert reply.status_code == 422
    assert live(held.worker) == [held.public_id]


@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        ({}, "next.batch"),
        ({"batch": "B", "task": "T"}, "next.batch"),
        ({"batch": "B", "size": 0}, "next.size"),
        ({"batch": "B", "size": "many"}, "next.size"),
        ("B", "next.non_field_errors"),
    ],
)
def test_it_stores_nothing_where_what_comes_next_cannot_be_read(
    batch: Batch, wanted: Any, where: str
) -> None:
    (held,) = take(make_worker(), batch, 1)
    reply = send(held, wanted)
    assert reply.status_code == 422
    assert [fault["where"] for fault in reply.json()["errors"]] == [where]
    assert live(held.worker) == [held.public_id]


def test_it_brings_the_same_suite_again_under_the_same_key(batch: Batch) -> None:
    worker = make_worker()
    (held,) = take(worker, batch, 1)
    first, again = (send(held, {"batch": batch.public_id}, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert live(worker) == names(first.json()["next"]["suite"])


def test_it_stores_a_repeated_answer_once_and_claims_anew_without_a_key(batch: Batch) -> None:
    worker = make_worker()
    (held,) = take(worker, batch, 1)
    first, again = (send(held, {"batch": batch.public_id, "size": 1}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert names(first.json()["next"]["suite"]) != names(again.json()["next"]["suite"])
    assert Answer.objects.filter(worker=worker).count() == 1


def test_it_brings_the_next_suite_with_what_became_of_a_suite(batch: Batch) -> None:
    worker = make_worker()
    suite = take(worker, batch, 2)
    answers = [
        {"assignment": suite[0].public_id, "answer": {"animal": "dog"}},
        {"assignment": suite[1].public_id, "answer": {"animal": "horse"}},
    ]
    body = {"answers": answers, "next": {"batch": batch.public_id, "size": 1}}
    reply = caller_for(worker).post(f"/api/v1/suites/{suite[0].suite}/answers", body, format="json")
    assert [each["state"] for each in reply.json()["results"]] == ["submitted", "refused"]
    assert live(worker) == sorted([suite[1].public_id, *names(reply.json()["next"]["suite"])])


def test_it_takes_five_statements(batch: Batch) -> None:
    worker = make_worker()
    caller = caller_for(worker)
    first, second = take(worker, batch, 2)
    send(first, {"batch": batch.public_id, "size": 1}, caller=caller)
    with counted() as sent:
        reply = send(second, {"batch": batch.public_id, "size": 1}, caller=caller)
    assert "suite" in reply.json()["next"]
    assert statements(sent) == 5
