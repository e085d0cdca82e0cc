"""How much may be held at once, and by whom: refused by name, with the time to come again."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from marketplace.projects.models import Batch
from marketplace.projects.services import TooManyBatches
from tasks.assignment.background import count_leases, sweep_leases
from tasks.assignment.limits import EnoughOfThisBatch, TeamHoldsTooMany, TooManyHeld
from tasks.assignment.models import Assignment
from tasks.assignment.services import return_assignment
from tasks.flow.services import launch_batch
from tasks.pool.models import Task
from tests.factories import Shape, make_client, make_draft, make_live, make_user, make_worker
from tests.tasks.acts import claim, close, pair_batch, submit, take, task_of
from tests.tasks.conftest import Clock
from workers.profiles.models import Worker
from workers.teams.models import Vendor
from workers.teams.services import add_member, create_vendor

pytestmark = pytest.mark.django_db


def worker_who_may_hold(most: int) -> Worker:
    worker = make_worker()
    Worker.objects.filter(pk=worker.pk).update(most_leases=most)
    return worker


def team_that_may_hold(most: int, *members: Worker) -> Vendor:
    vendor = create_vendor(manager=make_user(), name="Team")
    Vendor.objects.filter(pk=vendor.pk).update(most_leases=most)
    for worker in members:
        add_member(vendor=vendor, worker=worker)
    return vendor


def held_by(*workers: Worker) -> int:
    return Assignment.objects.filter(worker__in=workers, state="claimed").count()


def test_a_worker_holds_no_more_than_allowed_whatever_batches_it_comes_from() -> None:
    one, other, worker = pair_batch(work=5), pair_batch(work=5), worker_who_may_hold(6)
    take(worker, one, 4)
    assert len(take(worker, other, 3)) == 2  # as many as there is room for
    with pytest.raises(TooManyHeld):
        take(worker, other, 3)
    assert held_by(worker) == 6
    with pytest.raises(TooManyHeld):
        claim(worker, free_task(one, worker))


@pytest.mark.parametrize("how", ["answered", "returned", "expired"])
def test_there_is_room_again_for_what_is_no_longer_held(how: str, clock: Clock) -> None:
    batch, worker = pair_batch(work=3, lease_seconds=60), worker_who_may_hold(1)
    held = take(worker, batch, 1)[0]
    if how == "answered":
        submit(held)
    elif how == "returned":
        return_assignment(worker=worker, assignment=held.public_id)
    else:
        clock.forward(61)
        sweep_leases()
    assert len(take(worker, batch, 1)) == 1


def test_what_is_claimed_again_counts_too() -> None:
    batch, worker = pair_batch(work=2), worker_who_may_hold(1)
    held = claim(worker, task_of(batch, "w0"))
    return_assignment(worker=worker, assignment=held.public_id)
    claim(worker, task_of(batch, "w1"))
    with pytest.raises(TooManyHeld):
        claim(worker, task_of(batch, "w0"))


def test_a_team_holds_no_more_than_allowed_as_of_a_moment_ago() -> None:
    batch, (ann, ben), outsider = pair_batch(work=9), (make_worker(), make_worker()), make_worker()
    team_that_may_hold(3, ann, ben)
    take(ann, batch, 2)
    count_leases()
    take(ben, batch, 2)  # 2 of 3 when it was counted
    count_leases()
    for worker in (ann, ben):
        with pytest.raises(TeamHoldsTooMany):
            take(worker, batch, 1)
    take(outsider, batch, 2)
    for held in Assignment.objects.filter(worker=ann).select_related("worker"):
        submit(held)
    count_leases()
    take(ann, batch, 1)


def test_one_worker_gets_no_more_of_a_batch_than_its_client_wants() -> None:
    batch, worker, other = pair_batch(work=9, most_per_worker=4), make_worker(), make_worker()
    for held in take(worker, batch, 3):
        submit(held)
    assert len(take(worker, batch, 3)) == 1  # what is left of four
    with pytest.raises(EnoughOfThisBatch):
        take(worker, batch, 1)
    with pytest.raises(EnoughOfThisBatch):
        claim(worker, free_task(batch, worker))
    assert len(take(other, batch, 4)) == 4


def free_task(batch: Batch, worker: Worker) -> Task:
    """A task of a batch that a worker has not had."""
    return Task.objects.filter(batch=batch).exclude(assignments__worker=worker)[0]


@pytest.mark.parametrize(("skipped", "again"), [(False, True), (True, False)])
def test_what_was_given_back_unseen_was_not_had(skipped: bool, again: bool) -> None:
    batch, worker = pair_batch(work=9, most_per_worker=2), make_worker()
    for held in take(worker, batch, 2):
        return_assignment(worker=worker, assignment=held.public_id, skipped=skipped)
    if again:
        assert len(take(worker, batch, 2)) == 2
    with pytest.raises(EnoughOfThisBatch):
        take(worker, batch, 1)


def test_what_ran_out_and_is_claimed_again_was_had_once(clock: Clock) -> None:
    batch, worker = pair_batch(work=3, most_per_worker=1, lease_seconds=60), make_worker()
    held = claim(worker, task_of(batch))
    clock.forward(61)
    sweep_leases()
    assert claim(worker, task_of(batch)).fence == held.fence + 1
    with pytest.raises(EnoughOfThisBatch):
        claim(worker, task_of(batch, "w1"))


def test_a_client_runs_no_more_batches_at_once_than_allowed() -> None:
    client = make_client()
    client.most_live_batches = 2
    client.save()
    first, _ = make_live(client), make_live(client)
    third = make_draft(client)
    with pytest.raises(TooManyBatches) as refusal:
        launch_batch(batch=third)
    assert refusal.value.data == {"running": 2, "most": 2}
    third.refresh_from_db()
    assert third.state == "draft"
    close(first)
    launch_batch(batch=third)
    make_live()  # another client's


def refused(response: Any, status: int, code: str, retry_after: str | None) -> None:
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers.get("Retry-After") == retry_after


def test_over_http_each_refusal_has_a_code_and_says_when_to_come_again() -> None:
    worker = worker_who_may_hold(1)
    batch, small = pair_batch(work=3), pair_batch(work=3, most_per_worker=1)
    caller = APIClient()
    caller.force_authenticate(worker.user)
    path, more = "/api/v1/work/claims", {"batch": batch.public_id}
    assert caller.post(path, {"batch": small.public_id}, format="json").status_code == 201
    refused(caller.post(path, more, format="json"), 429, "too_many_held", "30")
    Worker.objects.filter(pk=worker.pk).update(most_leases=9)
    again = {"batch": small.public_id}
    refused(caller.post(path, again, format="json"), 409, "enough_of_this_batch", None)
    vendor = team_that_may_hold(1, worker)
    Vendor.objects.filter(pk=vendor.pk).update(leases_seen=1)
    refused(caller.post(path, more, format="json"), 429, "team_holds_too_many", "30")
    assert held_by(worker) == 1


def test_over_http_a_client_is_told_that_too_many_run() -> None:
    owner = make_user()
    client = make_client(owner)
    client.most_live_batches = 1
    client.save()
    make_live(client)
    draft = make_draft(client, Shape(work=1))
    caller = APIClient()
    caller.force_authenticate(owner)
    response = caller.post(f"/api/v1/batches/{draft.public_id}/launch")
    refused(response, 429, "too_many_batches", "60")
    assert response.json()["where"] == {"running": 1, "most": 1}


def told(*words: str) -> str:
    out = StringIO()
    call_command("limits", *words, stdout=out)
    return out.getvalue().strip()


def test_an_operator_sees_and_sets_them() -> None:
    worker, client = make_worker("Ben"), make_client()
    vendor = create_vendor(manager=make_user(), name="Team")
    assert told("worker", worker.public_id) == "Ben may hold 100 tasks at once"
    assert told("worker", worker.public_id, "--leases=7") == "Ben may hold 7 tasks at once"
    assert told("vendor", vendor.public_id, "--leases=900").startswith("Team may hold 900 tasks at once, and")
    words = told("client", client.public_id, "--batches=3", "--priority=2.5")
    assert words.endswith("may run 3 batches at once; its work counts 2.5 times as much as usual")
    assert "may run 100 batches" in told("client", make_client().public_id)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["worker", "A" * 16], "there is no worker"),
        (["worker", "ben", "--leases=0"], "most_leases: Let them"),
        (["vendor", "team", "--leases=0"], "most_leases: Let them"),
        (["client", "ada", "--batches=-1"], "most_live_batches: Give"),
        (["client", "ada", "--priority=0"], "priority: Must be"),
        (["client", "ada", "--priority=101"], "priority: Must be"),
    ],
)
def test_an_operator_is_told_what_cannot_be(words: list[str], reason: str) -> None:
    names = {
        "ben": make_worker().public_id,
        "team": create_vendor(manager=make_user(), name="Team").public_id,
        "ada": make_client().public_id,
    }
    with pytest.raises(CommandError, match=reason):
        told(*[names.get(word, word) for word in words])
