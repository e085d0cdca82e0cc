"""Sweeps that run at the same time, and beside people: each thing is done once, and nobody waits for ever."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import OperationalError, transaction
from django.db.models import Count, F, Q

from marketplace.core.clock import now
from marketplace.core.events import append_event
from marketplace.core.models import Event
from marketplace.projects.models import Batch
from tasks.assignment.models import Assignment
from tasks.assignment.services import expire_leases
from tasks.disputes.models import Dispute
from tasks.disputes.services import STREAM, claim_dispute, reopen_expired
from tasks.offers.models import Offer
from tasks.offers.services import refresh_offers
from tasks.pool.models import Task
from tests.factories import make_expert, make_worker
from tests.races.crowd import PATIENCE, Meeting, at_once, kinds
from tests.tasks.acts import claim, dispute_of, pair_batch, submit, task_of

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

PAST = dt.timedelta(hours=1)


def overdue(rows: int, people: int = 2) -> list[Assignment]:
    """A batch in which everybody holds every task, and the time of all of it is up."""
    batch, crowd = pair_batch(work=rows), [make_worker() for _ in range(people)]
    held = [claim(worker, task_of(batch, f"w{row}")) for worker in crowd for row in range(rows)]
    Assignment.objects.filter(batch=batch).update(lease_expires_at=now() - PAST)
    return held


def wrong_counters() -> int:
    counted = Task.objects.annotate(
        live=Count("assignments", filter=Q(assignments__state="claimed")),
        done=Count("assignments", filter=Q(assignments__state__in=("submitted", "accepted"))),
    )
    return counted.exclude(live=F("live_count"), done=F("answers_count")).count()


def until_nothing(sweep: Callable[[], int]) -> int:
    total = 0
    while done := sweep():
        total += done
    return total


def naive_reopen(meeting: Meeting) -> None:
    """Look what ran out, then put it back and tell of it."""
    found = list(Dispute.objects.filter(state="claimed", lease_expires_at__lt=now()))
    meeting.wait()
    for dispute in found:
        with transaction.atomic():
            Dispute.objects.filter(pk=dispute.pk).update(state="open", lease_expires_at=None)
            append_event(stream=STREAM, kind="released", payload={"dispute": dispute.public_id})


def vanished_experts(count: int) -> None:
    batch, expert = pair_batch(work=count), make_expert()
    for row in range(count):
        claim_dispute(expert=expert, dispute=dispute_of(task_of(batch, f"w{row}")).public_id)
    Dispute.objects.update(lease_expires_at=now() - PAST)


def test_without_a_guard_a_dispute_comes_back_twice() -> None:
    vanished_experts(2)
    meeting = Meeting(3)
    assert kinds(at_once(*[partial(naive_reopen, meeting)] * 3)) == {"done": 3}
    assert Event.objects.filter(kind="released").count() == 6


def test_each_dispute_comes_back_once() -> None:
    vanished_experts(5)
    results = at_once(*[partial(until_nothing, partial(reopen_expired, limit=2))] * 4)
    assert kinds(results) == {"done": 4}
    assert sum(int(str(done)) for done in results) == Event.objects.filter(kind="released").count() == 5
    assert not Dispute.objects.exclude(state="open").exists()


def test_without_an_order_two_sweeps_wait_for_each_other() -> None:
    held = overdue(rows=2)
    met = threading.Barrier(2)

    def naive_expire(mine: list[Assignment]) -> None:
        with transaction.atomic():
            for assignment in mine:
                Assignment.objects.filter(pk=assignment.pk).update(state="expired")
                if assignment is mine[0]:
                    met.wait(PATIENCE)

    # one goes through the two tasks from the front, the other from the back
    results = at_once(partial(naive_expire, held[:2]), partial(naive_expire, held[2:][::-1]))
    assert OperationalError.__name__ in kinds(results)


def test_each_lease_is_taken_back_once_and_nobody_waits_for_ever() -> None:
    for _ in range(3):
        held = overdue(rows=12)
        results = at_once(*[partial(until_nothing, partial(expire_leases, limit=5))] * 4)
        assert kinds(results) == {"done": 4}
        assert sum(int(str(done)) for done in results) == len(held)
        assert wrong_counters() == 0


def test_an_answer_that_meets_the_sweep_is_stored_or_refused() -> None:
    held = overdue(rows=8)
    sweeps = [partial(until_nothing, partial(expire_leases, limit=3))] * 2
    results = at_once(sweeps[0], *[partial(submit, each) for each in held], sweeps[1])
    assert set(kinds(results)) <= {"done", "AssignmentNotLive"}
    refused = kinds(results).get("AssignmentNotLive", 0)
    states = dict(Assignment.objects.values_list("state").annotate(n=Count("id")))
    assert states.get("submitted", 0) == len(held) - refused
    assert states.get("expired", 0) + states.get("claimed", 0) == refused
    assert wrong_counters() == 0


def test_two_sweeps_share_the_counting_of_offers() -> None:
    for _ in range(6):
        pair_batch()
    Offer.objects.update(refreshed_at=now() - PAST)
    results = at_once(*[refresh_offers] * 3)
    assert kinds(results) == {"done": 3}
    assert sum(int(str(done)) for done in results) == 6
    assert Offer.objects.count() == Batch.objects.count()
