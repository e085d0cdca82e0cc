"""Whole suites that share tasks, and verdicts on those tasks: whoever waits, waits for an end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from django.db import connection, transaction

from marketplace.core.clock import now
from marketplace.core.events import append_event, events_after
from marketplace.projects.models import Batch
from tasks.answers.models import Answer
from tasks.assignment.models import Assignment
from tasks.consensus.models import Consensus
from tasks.disputes.models import Dispute, Verdict
from tasks.disputes.services import STREAM, claim_dispute
from tasks.flow.services import decide_dispute
from tasks.flow.submit import Given, take_answers
from tasks.pool.models import Task
from tests.factories import Shape, make_expert, make_live, make_worker
from tests.races.crowd import at_once, kinds
from tests.tasks.acts import answer_by_new_workers, claim, pair_batch, submit, take, task_of

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

LOCK = """PERFORM FROM unnest(live) AS named (id)
    CROSS JOIN LATERAL (SELECT FROM tasks_task WHERE id = named.id FOR NO KEY UPDATE) AS t;"""
IN_ORDER = "id"
EACH_IN_AN_ORDER_OF_ITS_OWN = "CASE WHEN p_worker % 2 = 0 THEN id ELSE -id END"
STEP = 0.4  # seconds between two locks


@contextmanager
def step_by_step(order: str) -> Iterator[None]:
    """Let a submit take one task after another, in this order, and rest after each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('hold_assignments'::regproc)")
        (written,) = cursor.fetchone()
        assert written.count(LOCK) == 1
        rows = f"SELECT id FROM tasks_task WHERE id = ANY (live) ORDER BY {order} FOR NO KEY UPDATE"  # noqa: S608
        cursor.execute(written.replace(LOCK, f"PERFORM pg_sleep({STEP}) FROM ({rows}) AS taken;"))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(written)


def sending(held: list[Assignment], value: str = "dog") -> Callable[[], object]:
    """Send a whole suite; raises what one of its answers is refused for."""

    def send() -> list[bool]:
        given = [Given(each.public_id, {"animal": value}, each.fence) for each in held]
        receipts = take_answers(worker_id=held[0].worker_id, given=given, suite=held[0].suite)
        for receipt in receipts:
            if receipt.refusal is not None:
                raise receipt.refusal
        return [receipt.new for receipt in receipts]

    return send


def two_suites(batch: Batch) -> list[list[Assignment]]:
    """Two people who hold the same tasks; one's number is even, the other's odd."""
    people = [make_worker() for _ in range(3)]
    one = people[0]
    other = next(worker for worker in people[1:] if (worker.pk - one.pk) % 2)
    return [take(worker, batch) for worker in (one, other)]


def small_batch() -> Batch:
    terms = {"min_overlap": 3, "max_overlap": 6, "suite_size": 2, "gold_share": 0}
    return make_live(shape=Shape(work=2, terms=terms))


def test_without_an_order_two_suites_wait_for_each_other_for_ever() -> None:
    with step_by_step(EACH_IN_AN_ORDER_OF_ITS_OWN):
        results = at_once(*[sending(held) for held in two_suites(small_batch())])
    assert kinds(results) == {"done": 1, "OperationalError": 1}
    assert "deadlock" in str(next(each for each in results if isinstance(each, Exception)))
    assert Answer.objects.count() == 2


def test_in_order_one_waits_for_the_other() -> None:
    suites = two_suites(small_batch())
    with step_by_step(IN_ORDER):
        results = at_once(*[sending(held) for held in (suites[0], suites[1][::-1])])
    assert results == [[True, True]] * 2
    assert set(Task.objects.values_list("answers_count", "live_count")) == {(2, 0)}


def test_many_suites_of_the_same_tasks_are_all_taken() -> None:
    batch = make_live(
        shape=Shape(work=8, terms={"min_overlap": 6, "max_overlap": 6, "suite_size": 8, "gold_share": 0})
    )
    suites = [take(make_worker(), batch) for _ in range(6)]
    acts = [sending(held[n:] + held[:n]) for n, held in enumerate(suites)]
    results = at_once(*acts, *acts)
    assert kinds(results) == {"done": 12}
    assert Answer.objects.count() == 6 * 8
    assert set(Task.objects.values_list("answers_count", "live_count")) == {(6, 0)}
    assert set(Consensus.objects.values_list("answers_used", flat=True)) == {6}


# Verdicts


def disputed(task: Task) -> Dispute:
    """Put a task before the experts while somebody still holds it, as a refit may."""
    Task.objects.filter(pk=task.pk).update(state="disputed")
    return Dispute.objects.create(
        task=task, batch=task.batch, reason="no_consensus", opened_at=now(), due_at=now()
    )


def test_a_verdict_stands_whenever_a_late_answer_comes() -> None:
    batch, expert = pair_batch(work=6, max_overlap=3), make_expert()
    for row in range(6):
        task = task_of(batch, f"w{row}")
        answer_by_new_workers(task, ["cat"])
        late = claim(make_worker(), task)
        dispute = disputed(task)
        claim_dispute(expert=expert, dispute=dispute.public_id)
        decide = partial(
            decide_dispute,
            expert=expert,
            dispute=dispute.public_id,
            outcome="decided",
            answer={"animal": "dog"},
            reason="clear",
        )
        assert kinds(at_once(decide, partial(submit, late, "cat"))) == {"done": 2}
        found = Consensus.objects.get(task=task)
        assert (found.value, found.method) == ("dog", "verdict")
        assert task_of(batch, f"w{row}").state == "resolved"
    assert Verdict.objects.count() == 6


def late_and_last() -> tuple[Batch, list[Assignment], Dispute]:
    """A suite of two: one task is before an expert, the other will have to be."""
    batch = pair_batch(work=2, suite_size=2, gold_share=0)
    suite = sorted(take(make_worker(), batch), key=lambda held: held.task_id)
    answer_by_new_workers(suite[1].task, ["cat"])
    return batch, suite, disputed(suite[0].task)


def test_a_verdict_that_takes_the_stream_before_the_task_waits_for_ever() -> None:
    _, suite, dispute = late_and_last()

    def naive_verdict() -> None:
        time.sleep(STEP)  # the suite has its tasks by now
        with transaction.atomic():
            append_event(stream=STREAM, kind="decided", payload={"dispute": dispute.public_id})
            Task.objects.select_for_update().get(pk=dispute.task_id)

    with step_by_step(IN_ORDER):
        results = at_once(naive_verdict, sending(suite))
    assert kinds(results) == {"done": 1, "OperationalError": 1}


def test_a_verdict_waits_for_a_suite_that_calls_experts_too() -> None:
    _, suite, dispute = late_and_last()
    expert = make_expert()
    claim_dispute(expert=expert, dispute=dispute.public_id)

    def verdict() -> None:
        time.sleep(STEP)
        words = {"outcome": "decided", "answer": {"animal": "cat"}, "reason": "clear"}
        decide_dispute(expert=expert, dispute=dispute.public_id, **words)  # type: ignore[arg-type]

    with step_by_step(IN_ORDER):
        results = at_once(verdict, sending(suite))
    assert kinds(results) == {"done": 2}
    assert [event.seq for event in events_after(STREAM, 0)] == [1, 2, 3]
    assert {event.kind for event in events_after(STREAM, 0)} == {"claimed", "opened", "decided"}
