"""One worker in many tabs, one client with many drafts: nobody gets more at once than is allowed."""

from __future__ import annotations

from functools import partial

import pytest

from marketplace.projects.models import Batch
from tasks.assignment.limits import EnoughOfThisBatch, TooManyHeld
from tasks.assignment.models import Assignment
from tasks.flow.services import launch_batch
from tests.factories import make_client, make_draft, make_worker
from tests.races.crowd import Meeting, at_once, kinds, without
from tests.tasks.acts import claim, pair_batch, take, task_of
from workers.profiles.models import Worker

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

TABS = 6
MOST = 4


def worker_who_may_hold(most: int) -> Worker:
    worker = make_worker()
    Worker.objects.filter(pk=worker.pk).update(most_leases=most)
    return worker


def held_by(worker: Worker) -> int:
    return Assignment.objects.filter(worker=worker, state="claimed").count()


def naive_take(worker: Worker, batch: Batch, meeting: Meeting) -> None:
    """Look whether there is room, then take."""
    room = MOST - held_by(worker)
    meeting.wait()
    take(worker, batch, min(2, room))


def test_without_a_guard_every_tab_finds_room() -> None:
    worker, batches = worker_who_may_hold(MOST), [pair_batch(work=4) for _ in range(TABS)]
    meeting = Meeting(TABS)
    off, on = "DISABLE TRIGGER leases_within_limits", "ENABLE TRIGGER leases_within_limits"
    with without("tasks_assignment", off, on):
        results = at_once(*[partial(naive_take, worker, batch, meeting) for batch in batches])
        assert kinds(results) == {"done": TABS}
        assert held_by(worker) == 2 * TABS


def test_a_worker_gets_no_more_than_allowed_from_many_batches_at_once() -> None:
    worker, batches = worker_who_may_hold(MOST), [pair_batch(work=4) for _ in range(TABS)]
    results = at_once(*[partial(take, worker, batch, 2) for batch in batches])
    assert set(kinds(results)) == {"done", TooManyHeld.__name__}
    assert held_by(worker) == MOST


def test_a_worker_gets_no_more_of_a_batch_than_allowed_by_name_at_once() -> None:
    batch, worker = pair_batch(work=TABS, most_per_worker=MOST), make_worker()
    results = at_once(*[partial(claim, worker, task_of(batch, f"w{row}")) for row in range(TABS)])
    assert kinds(results) == {"done": MOST, EnoughOfThisBatch.__name__: TABS - MOST}
    assert held_by(worker) == MOST


def test_a_client_runs_no_more_batches_than_allowed_launched_at_once() -> None:
    client = make_client()
    client.most_live_batches = 2
    client.save()
    drafts = [make_draft(client) for _ in range(4)]
    results = at_once(*[partial(launch_batch, batch=draft) for draft in drafts])
    assert kinds(results) == {"done": 2, "TooManyBatches": 2}
    assert Batch.objects.filter(project__client=client, state="live").count() == 2
