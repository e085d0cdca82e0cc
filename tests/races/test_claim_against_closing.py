"""A claim meets the end of its batch: no lease is live once the escrow has gone back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connections, transaction

from marketplace.core.clock import now
from marketplace.projects.models import Batch
from tasks.assignment import services
from tasks.assignment.models import Assignment
from tasks.assignment.services import claim_suite
from tasks.flow.settlement import finish_closing
from tests.factories import make_worker
from tests.races.crowd import PATIENCE, at_once, kinds
from tests.tasks.acts import claim, close, escrow_micros, pair_batch, submit, take, task_of

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def live_leases(batch: Batch) -> int:
    return Assignment.objects.filter(batch=batch, state="claimed").count()


def alone(act: Callable[[], object]) -> Callable[[], None]:
    """An act for a thread of its own, over a connection of its own."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    return run


def in_another_thread(act: Callable[[], object]) -> None:
    """Do it now, from beginning to end."""
    thread = threading.Thread(target=alone(act), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def closing(batch: Batch) -> Callable[[], object]:
    return partial(close, Batch.objects.get(pk=batch.pk))


def test_without_a_guard_a_lease_outlives_the_escrow() -> None:
    batch = pair_batch()
    task, worker = task_of(batch), make_worker()
    assert batch.state == "live"  # looked
    in_another_thread(closing(batch))
    Assignment.objects.create(  # and taken
        task=task, batch=batch, worker=worker, suite="S", claimed_at=now(), lease_expires_at=now()
    )
    batch.refresh_from_db()
    assert (batch.state, escrow_micros(batch), live_leases(batch)) == ("closed", 0, 1)


def test_it_does_not_close_a_batch_between_the_look_and_the_taking(monkeypatch: pytest.MonkeyPatch) -> None:
    batch, worker = pair_batch(work=4), make_worker()
    end: list[threading.Thread] = []

    def close_meanwhile(*args: object, **terms: object) -> int:
        end.append(threading.Thread(target=alone(closing(batch)), daemon=True))
        end[0].start()
        end[0].join(0.5)
        assert end[0].is_alive(), "the batch was closed under the claim's hands"
        return 0

    monkeypatch.setattr(services, "gold_count", close_meanwhile)
    held = take(worker, batch)
    end[0].join(PATIENCE)
    batch.refresh_from_db()
    assert (batch.state, live_leases(batch)) == ("closing", len(held)) == ("closing", 4)
    assert escrow_micros(batch)


@pytest.mark.parametrize("how", ["suite", "task"])
def test_it_lets_closing_wait_for_a_claim_under_way(how: str) -> None:
    batch, worker = pair_batch(), make_worker()
    asked = threading.Event()

    def close_aloud() -> None:
        asked.set()
        closing(batch)()

    closer = threading.Thread(target=alone(close_aloud), daemon=True)
    with transaction.atomic():
        held = take(worker, batch, 1)[0] if how == "suite" else claim(worker, task_of(batch))
        closer.start()
        asked.wait(PATIENCE)
        closer.join(0.5)
        assert closer.is_alive(), "the batch was closed under the claim's hands"
    closer.join(PATIENCE)
    batch.refresh_from_db()
    assert (batch.state, live_leases(batch)) == ("closing", 1)
    submit(held)
    assert finish_closing(batch_id=batch.pk)


def test_it_never_leaves_a_lease_on_a_closed_batch_whoever_comes_first() -> None:
    for _ in range(3):
        batch = pair_batch(work=4)
        claims = [partial(claim_suite, worker=make_worker(), batch=batch.public_id) for _ in range(5)]
        results = at_once(*claims[:3], closing(batch), *claims[3:])
        assert set(kinds(results)) <= {"done", "BatchNotLive", "NothingToDo"}
        batch.refresh_from_db()
        assert batch.state == ("closing" if live_leases(batch) else "closed")
        assert bool(escrow_micros(batch)) == bool(live_leases(batch))


def test_it_refunds_once_however_often_it_is_closed() -> None:
    batch = pair_batch()
    results = at_once(*[closing(batch) for _ in range(6)])
    assert kinds(results) == {"done": 6}
    finish_closing(batch_id=batch.pk)  # where those who met all went home, the sweep comes again
    batch.refresh_from_db()
    assert (batch.state, escrow_micros(batch)) == ("closed", 0)
