"""Sending an answer: every defined outcome over HTTP, and what a stored answer sets in motion."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from marketplace.projects.models import Batch
from tasks.answers.models import Answer, Grade
from tasks.answers.services import AnswerInvalid
from tasks.assignment.models import Assignment
from tasks.assignment.services import expire_leases, return_assignment
from tasks.consensus.models import Consensus
from tasks.disputes.models import Dispute
from tasks.flow.services import submit_answer
from tasks.pool.models import Lane, Task
from tests.factories import Shape, make_live, make_worker
from tests.tasks.acts import answer, answer_by_new_workers, claim, close, pair_batch, submit, task_of
from tests.tasks.conftest import Clock
from workers.profiles.models import Worker
from workers.reliability.models import Reliability

pytestmark = pytest.mark.django_db


def send(worker: Worker, held: Assignment, value: Any = "dog", **more: Any) -> Any:
    caller = APIClient()
    caller.force_authenticate(worker.user)
    body = {"answer": {"animal": value}, "fence": held.fence, "seconds": 3.5} | more
    return caller.post(f"/api/v1/assignments/{held.public_id}/submit", body, format="json")


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    body = dict(response.json())
    assert (response.status_code, body["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"
    return body


@pytest.fixture
def batch() -> Batch:
    return pair_batch(lease_seconds=60)


@pytest.fixture
def held(batch: Batch) -> Assignment:
    return claim(make_worker(), task_of(batch))


def test_it_stores_the_answer_once(held: Assignment) -> None:
    response = send(held.worker, held)
    assert response.status_code == 201
    assert response.json() == {"assignment": held.public_id, "state": "submitted"}
    stored = Answer.objects.get()
    assert (stored.value, stored.labels, stored.seconds) == ({"animal": "dog"}, [1], 3.5)
    assert (stored.task_id, stored.worker_id, stored.batch_id) == (
        held.task_id,
        held.worker_id,
        held.batch_id,
    )
    task = held.task
    task.refresh_from_db()
    assert (task.answers_count, task.live_count) == (1, 0)


def test_it_answers_the_same_again_with_200_and_the_same_words(held: Assignment) -> None:
    first, again = send(held.worker, held), send(held.worker, held)
    assert (again.status_code, again.json()) == (200, first.json())
    assert Answer.objects.count() == 1


def test_it_still_answers_the_same_again_after_the_answer_is_paid(batch: Batch, held: Assignment) -> None:
    send(held.worker, held)
    close(batch)
    assert send(held.worker, held).status_code == 200


def test_it_refuses_another_answer_to_what_is_answered(held: Assignment) -> None:
    send(held.worker, held)
    refused(send(held.worker, held, "cat"), 409, "answer_already_stored")
    assert Answer.objects.get().value == {"animal": "dog"}


def test_it_refuses_an_answer_after_the_lease_ran_out(held: Assignment, clock: Clock) -> None:
    clock.forward(61)
    expire_leases()
    refused(send(held.worker, held), 409, "lease_expired")
    assert not Answer.objects.exists()


def test_it_takes_a_late_answer_as_long_as_nobody_took_the_task_back(held: Assignment, clock: Clock) -> None:
    clock.forward(61)
    assert send(held.worker, held).status_code == 201


def test_it_refuses_an_answer_to_what_was_given_back(held: Assignment) -> None:
    return_assignment(worker=held.worker, assignment=held.public_id)
    refused(send(held.worker, held), 409, "assignment_returned")


def test_it_refuses_an_answer_under_an_older_claim(held: Assignment) -> None:
    return_assignment(worker=held.worker, assignment=held.public_id)
    newer = claim(held.worker, held.task)
    refused(send(held.worker, held), 409, "lease_fenced")
    assert send(newer.worker, newer).status_code == 201


def test_it_takes_an_answer_while_the_batch_closes(batch: Batch, held: Assignment) -> None:
    assert close(batch) == "closing"
    assert send(held.worker, held).status_code == 201


def test_it_refuses_an_answer_after_the_batch_closed(batch: Batch, held: Assignment, clock: Clock) -> None:
    clock.forward(61)
    expire_leases()
    assert close(batch) == "closed"
    refused(send(held.worker, held), 409, "lease_expired")
    assert not Answer.objects.exists()


def test_it_refuses_an_answer_from_somebody_else(held: Assignment) -> None:
    refused(send(make_worker(), held), 404, "not_found")


def test_it_lists_what_is_wrong_with_an_answer_and_keeps_the_lease(held: Assignment) -> None:
    body = refused(send(held.worker, held, "horse"), 422, "answer_invalid")
    assert [(fault["where"], fault["code"]) for fault in body["errors"]] == [("animal", "option_unknown")]
    held.refresh_from_db()
    assert held.state == "claimed"
    assert send(held.worker, held).status_code == 201


@pytest.mark.parametrize(
    "wrong", [None, "dog", [], {}, {"animal": None}, {"animal": ["dog"]}, {"animal": "dog", "size": "big"}]
)
def test_it_refuses_whatever_does_not_fit_the_schema(held: Assignment, wrong: Any) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        submit_answer(worker=held.worker, assignment=held.public_id, answer=wrong)
    assert refusal.value.faults


def test_it_grades_gold_and_moves_reliability() -> None:
    batch, worker = pair_batch(gold=2), make_worker()
    answer(worker, task_of(batch, "g0"), "dog")
    answer(worker, task_of(batch, "g1"), "cat")
    assert list(Grade.objects.order_by("answer_id").values_list("score", "passed")) == [(1, True), (0, False)]
    known = Reliability.objects.get(worker=worker)
    assert (known.gold_right, known.gold_answers) == (1, 2)
    assert known.counts == [[0, 0], [1, 1]]


def test_it_answers_gold_as_it_answers_work() -> None:
    batch, worker = pair_batch(gold=1), make_worker()
    replies = [send(worker, claim(worker, task_of(batch, row))) for row in ("g0", "w0")]
    gold, work = (
        {key: value for key, value in r.headers.items() if key != "Content-Length"} for r in replies
    )
    assert gold == work
    assert [sorted(reply.json()) for reply in replies] == [["assignment", "state"]] * 2
    assert len({len(reply.content) for reply in replies}) == 1


def test_it_never_settles_gold() -> None:
    batch = pair_batch(gold=1)
    answer_by_new_workers(task_of(batch, "g0"), ["dog", "dog", "dog"])
    assert task_of(batch, "g0").state == "open"
    assert not Consensus.objects.filter(task=task_of(batch, "g0")).exists()


def test_it_moves_the_posterior_with_each_answer() -> None:
    batch = make_live(shape=Shape(work=1, terms={"min_overlap": 3, "max_overlap": 5}))
    seen = []
    for value in ["dog", "dog", "cat"]:
        answer(make_worker(), task_of(batch), value)
        row = Consensus.objects.get(task=task_of(batch))
        seen.append((row.value, row.answers_used))
        assert row.posterior[1] == pytest.approx(row.confidence, abs=1e-6)
        assert sum(row.posterior) == pytest.approx(1)
    assert seen == [("dog", 1), ("dog", 2), ("dog", 3)]


def test_it_trusts_a_worker_with_a_good_record_more() -> None:
    batch, proven = pair_batch(work=2, gold=8), make_worker()
    for row in range(8):
        answer(proven, task_of(batch, f"g{row}"), "dog")
    answer(proven, task_of(batch, "w0"))
    answer(make_worker(), task_of(batch, "w1"))
    sure, unsure = (Consensus.objects.get(task=task_of(batch, row)).confidence for row in ("w0", "w1"))
    assert sure > unsure + 0.05


def test_it_resolves_a_task_at_the_threshold() -> None:
    batch = pair_batch()
    answer_by_new_workers(task_of(batch), ["dog", "dog"])
    assert task_of(batch).state == "resolved"


def test_it_never_resolves_on_fewer_answers_than_the_least() -> None:
    batch = make_live(shape=Shape(work=1, terms={"min_overlap": 3, "target_accuracy": 0.5}))
    answer_by_new_workers(task_of(batch), ["dog", "dog"])
    assert task_of(batch).state == "open"
    answer(make_worker(), task_of(batch))
    assert task_of(batch).state == "resolved"


def test_it_weighs_an_answer_that_comes_after_the_task_was_resolved() -> None:
    batch = make_live(shape=Shape(work=1, terms={"min_overlap": 3, "target_accuracy": 0.8}))
    late = claim(make_worker(), task_of(batch))
    answer_by_new_workers(task_of(batch), ["dog", "dog"])
    Task.objects.filter(batch=batch).update(state="resolved")  # as a refit may
    assert submit(late, "dog").new
    assert (Consensus.objects.get().answers_used, task_of(batch).state) == (3, "resolved")


def test_it_wants_one_answer_more_where_they_differ() -> None:
    batch = make_live(shape=Shape(work=1, terms={"min_overlap": 2, "max_overlap": 4}))
    answer_by_new_workers(task_of(batch), ["dog", "cat"])
    task = task_of(batch)
    assert (task.state, task.overlap, task.wanted) == ("open", 3, True)


def test_it_moves_what_one_more_answer_could_settle_to_the_front() -> None:
    for target, lane in ((0.8, Lane.NEAR), (0.99, Lane.BEGUN)):
        batch = make_live(
            shape=Shape(work=1, terms={"min_overlap": 2, "max_overlap": 5, "target_accuracy": target})
        )
        answer(make_worker(), task_of(batch))
        assert (task_of(batch).lane, task_of(batch).wanted) == (lane, True)
    answer(make_worker(), task_of(batch), "cat")
    assert task_of(batch).lane == Lane.BEGUN


def test_it_disputes_a_task_that_its_last_answer_did_not_settle() -> None:
    batch = pair_batch()
    answer_by_new_workers(task_of(batch), ["dog", "cat"])
    assert task_of(batch).state == "disputed"
    dispute = Dispute.objects.get()
    assert (dispute.task_id, dispute.state, dispute.reason) == (task_of(batch).pk, "open", "no_consensus")
    assert dispute.evidence == {"confidence": 0.5, "answers": 2}


def test_it_sets_the_time_when_the_answer_is_paid() -> None:
    batch = pair_batch(acceptance_seconds=120)
    held = answer(make_worker(), task_of(batch))
    assert held.submitted_at is not None
    assert held.accept_due_at is not None
    assert (held.accept_due_at - held.submitted_at).total_seconds() == 120
