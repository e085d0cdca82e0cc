"""Sending a whole suite: each answer has an outcome of its own, and those that can be taken are taken."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from marketplace.projects.models import Batch
from marketplace.projects.selectors import schema_of
from tasks.answers.models import Answer, Grade
from tasks.assignment.models import Assignment
from tasks.assignment.services import expire_leases, return_assignment
from tasks.consensus.fits import refit_question
from tasks.consensus.models import Consensus
from tasks.disputes.models import Dispute
from tasks.pool.models import Task
from tests.factories import Shape, make_live, make_worker
from tests.tasks.acts import answer, answer_by_new_workers, claim, pair_batch, submit, take, task_of
from tests.tasks.conftest import Clock
from workers.profiles.models import Worker
from workers.reliability.models import Reliability

pytestmark = pytest.mark.django_db

STORED = {"state": "submitted", "status": 201}
REPEATED = {"state": "submitted", "status": 200}


def post(worker: Worker, suite: str, answers: Any) -> Any:
    caller = APIClient()
    caller.force_authenticate(worker.user)
    return caller.post(f"/api/v1/suites/{suite}/answers", {"answers": answers}, format="json")


def said(held: Assignment, value: Any = "dog", **more: Any) -> dict[str, Any]:
    return {"assignment": held.public_id, "answer": {"animal": value}, "fence": held.fence} | more


def send(suite: list[Assignment], *answers: dict[str, Any]) -> list[dict[str, Any]]:
    """Send answers under a suite; what is told of each, without its name, in their order."""
    reply = post(suite[0].worker, suite[0].suite, list(answers))
    assert reply.status_code == 200, reply.content
    results = reply.json()["results"]
    assert [each.pop("assignment") for each in results] == [each["assignment"] for each in answers]
    return list(results)


def code_of(result: dict[str, Any]) -> str:
    """Why one answer was refused."""
    assert (result["state"], result["status"]) == ("refused", result["problem"]["status"])
    return str(result["problem"]["code"])


@pytest.fixture
def batch() -> Batch:
    return pair_batch(work=3, suite_size=3, gold_share=0, lease_seconds=60)


@pytest.fixture
def suite(batch: Batch) -> list[Assignment]:
    return take(make_worker(), batch)


def test_it_stores_every_answer_once(suite: list[Assignment]) -> None:
    answers = [said(held, value, seconds=2) for held, value in zip(suite, ("dog", "cat", "dog"), strict=True)]
    assert send(suite, *answers) == [STORED] * 3
    assert send(suite, *reversed(answers)) == [REPEATED] * 3
    stored = Answer.objects.values_list("assignment_id", "value", "labels", "seconds")
    assert {pk: tuple(rest) for pk, *rest in stored} == {
        suite[0].pk: ({"animal": "dog"}, [1], 2.0),
        suite[1].pk: ({"animal": "cat"}, [0], 2.0),
        suite[2].pk: ({"animal": "dog"}, [1], 2.0),
    }
    assert set(Task.objects.values_list("answers_count", "live_count")) == {(1, 0)}


def test_a_part_of_a_suite_may_be_sent_and_the_rest_one_by_one(suite: list[Assignment]) -> None:
    assert send(suite, said(suite[1])) == [STORED]
    assert submit(suite[0]).new
    assert send(suite, *[said(held) for held in suite]) == [REPEATED, REPEATED, STORED]


def test_it_takes_the_good_ones_where_others_are_refused(suite: list[Assignment]) -> None:
    return_assignment(worker=suite[0].worker, assignment=suite[0].public_id)
    results = send(suite, said(suite[0]), said(suite[1], "horse"), said(suite[2]))
    assert [code_of(each) for each in results[:2]] == ["assignment_returned", "answer_invalid"]
    assert results[2] == STORED
    faults = results[1]["problem"]["errors"]
    assert [(fault["where"], fault["code"]) for fault in faults] == [("animal", "option_unknown")]
    assert Answer.objects.get().assignment_id == suite[2].pk


def test_it_refuses_another_answer_to_what_is_answered(suite: list[Assignment]) -> None:
    send(suite, said(suite[0]))
    results = send(suite, said(suite[0], "cat"), said(suite[1]))
    assert (code_of(results[0]), results[1]) == ("answer_already_stored", STORED)


def test_it_refuses_what_ran_out(suite: list[Assignment], clock: Clock) -> None:
    clock.forward(61)
    assert send(suite, said(suite[0])) == [STORED]  # nobody has taken it back yet
    expire_leases()
    assert [code_of(each) for each in send(suite, said(suite[1]), said(suite[2]))] == ["lease_expired"] * 2


def test_it_refuses_what_was_claimed_again_since(suite: list[Assignment]) -> None:
    held = suite[0]
    return_assignment(worker=held.worker, assignment=held.public_id)
    newer = claim(held.worker, held.task)
    without_a_fence = {key: value for key, value in said(held).items() if key != "fence"}
    assert code_of(send(suite, said(held))[0]) == "lease_fenced"
    assert code_of(send(suite, without_a_fence)[0]) == "lease_fenced"  # another suite by now
    assert send([newer], said(newer)) == [STORED]
    assert send(suite, without_a_fence) == [REPEATED]  # what is stored is stored


def test_it_refuses_each_malformed_answer_by_itself(suite: list[Assignment]) -> None:
    wrong: list[tuple[str, Any]] = [("seconds", -1), ("fence", "first"), ("answer", None)]
    for where, value in wrong:
        results = send(suite, said(suite[0]) | {where: value}, said(suite[1]))
        assert [fault["where"] for fault in results[0]["problem"]["errors"]] == [where]
        assert (code_of(results[0]), results[0]["status"]) == ("invalid", 422)
        assert results[1]["state"] == "submitted"
    assert Answer.objects.count() == 1


@pytest.mark.parametrize("answers", [None, [], {}, "all", [{}] * 51])
def test_it_wants_a_list_of_one_to_fifty(suite: list[Assignment], answers: Any) -> None:
    reply = post(suite[0].worker, suite[0].suite, answers)
    assert reply.status_code == 422
    assert [(f["where"], f["code"]) for f in reply.json()["errors"]] == [("answers", "answers_missing")]


def test_it_wants_each_assignment_named_and_once(suite: list[Assignment]) -> None:
    answers = [said(suite[0]), said(suite[0]), {"answer": {"animal": "dog"}}, "dog"]
    answers += [{"assignment": name} for name in (7, "", "\x00" * 16, "é", "a" * 16, "A" * 17)]
    reply = post(suite[0].worker, suite[0].suite, answers)
    assert reply.status_code == 422
    assert [(f["where"], f["code"]) for f in reply.json()["errors"]] == [
        ("answers.1.assignment", "assignment_twice"),
        *[(f"answers.{place}.assignment", "assignment_missing") for place in range(2, 10)],
    ]
    assert not Answer.objects.exists()


def test_it_cannot_be_confused_by_half_a_character(suite: list[Assignment]) -> None:
    caller = APIClient()
    caller.force_authenticate(suite[0].worker.user)
    body = '{"answers": [{"assignment": "\\ud800", "answer": {"animal": "dog"}}]}'
    reply = caller.post(f"/api/v1/suites/{suite[0].suite}/answers", body, content_type="application/json")
    assert reply.status_code == 422


def test_it_knows_nothing_of_what_is_somebody_else_s(batch: Batch, suite: list[Assignment]) -> None:
    other = take(make_worker(), batch)
    reply = post(other[0].worker, suite[0].suite, [said(held) for held in suite])
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
    results = send(other, said(suite[0]), said(other[0]))
    assert (code_of(results[0]), results[1]) == ("not_found", STORED)


def test_it_grades_gold_and_weighs_work_of_one_suite() -> None:
    batch, worker = pair_batch(work=2, gold=3), make_worker()
    rows = ("g0", "w0", "g1", "w1", "g2")
    held = in_one_suite([claim(worker, task_of(batch, row)) for row in rows])
    values = ("dog", "dog", "cat", "cat", "dog")
    answers = [said(each, value) for each, value in zip(held, values, strict=True)]
    assert send(held, *answers) == [STORED] * 5
    assert sorted(Grade.objects.values_list("score", "passed")) == [(0, False), (1, True), (1, True)]
    known = Reliability.objects.get()
    assert (known.gold_right, known.gold_answers, known.counts) == (2, 3, [[0, 0], [1, 2]])
    values_of = dict(Consensus.objects.values_list("task__row__external_id", "value"))
    assert values_of == {"w0": "dog", "w1": "cat"}


def in_one_suite(held: list[Assignment]) -> list[Assignment]:
    """What was claimed by name, as if it had been claimed together."""
    for each in held:
        each.suite = "ONESUITE"
        each.save(update_fields=["suite"])
    return held


def ends_of(batch: Batch, rows: list[str]) -> list[Any]:
    """What has become of rows and of what is known of them."""
    tasks = Task.objects.filter(batch=batch, row__external_id__in=rows).order_by("row__position")
    results = Consensus.objects.filter(task__in=tasks).order_by("task__row__position")
    disputes = Dispute.objects.filter(task__in=tasks).order_by("task__row__position")
    return [
        list(tasks.values_list("state", "overlap", "lane", "answers_count", "live_count")),
        list(results.values_list("value", "confidence", "posterior", "answers_used", "method", "version")),
        list(disputes.values_list("reason", "evidence", "state")),
    ]


def test_a_suite_adds_up_to_what_its_answers_do_one_by_one() -> None:
    """Rows with the same history, some answered one by one and some together, by the same person."""
    terms = {"min_overlap": 2, "max_overlap": 3, "target_accuracy": 0.9}
    batch = make_live(shape=Shape(work=16, terms=terms))
    people = [make_worker() for _ in range(3)]
    for n in range(8, 16):  # they know each other to be good
        for worker in people[: 2 + n % 2]:
            answer(worker, task_of(batch, f"w{n}"), "dog" if n % 3 else "cat")
    for n, before in enumerate((["dog"], ["cat"], ["dog", "cat"], ["cat", "dog"]) * 2):
        for worker, value in zip(people, before, strict=False):
            answer(worker, task_of(batch, f"w{n}"), value)
    assert refit_question(batch=batch, schema=schema_of(batch.project_id), index=0, verdicts={})
    singly, together = [f"w{n}" for n in range(4)], [f"w{n}" for n in range(4, 8)]
    for row in singly:
        answer(people[2], task_of(batch, row), "dog")
    held = in_one_suite([claim(people[2], task_of(batch, row)) for row in together])
    assert send(held, *[said(each) for each in held]) == [STORED] * 4
    ends = ends_of(batch, together)
    assert ends == ends_of(batch, singly)
    assert len({state for state, *_ in ends[0]}) > 1


def test_it_opens_one_dispute_for_each_row_that_needs_an_expert(
    suite: list[Assignment], batch: Batch
) -> None:
    for held in suite:
        answer_by_new_workers(held.task, ["cat"])
    assert send(suite, *[said(held, "dog") for held in suite]) == [STORED] * 3
    disputes = Dispute.objects.order_by("task_id")
    assert [each.task_id for each in disputes] == sorted(held.task_id for held in suite)
    assert {each.evidence["answers"] for each in disputes} == {2}
    assert set(Task.objects.filter(batch=batch).values_list("state", flat=True)) == {"disputed"}
