"""The order of a batch's queue: what is begun before what is fresh, and nothing out of anybody's reach."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from marketplace.core.ids import public_id
from marketplace.projects.models import Batch
from tasks.assignment.models import Assignment, Bookmark
from tasks.assignment.services import NothingToDo, expire_leases, return_assignment
from tasks.pool.models import Lane, Task
from tests.factories import Shape, make_live, make_worker
from tests.races.crowd import at_once
from tests.tasks.acts import claim, submit, take, task_of
from tests.tasks.conftest import Clock
from workers.profiles.models import Worker

pytestmark = pytest.mark.django_db


def work_batch(work: int = 6, **terms: object) -> Batch:
    """A live batch without gold in which three answers are wanted of each task."""
    wanted = {"suite_size": 10, "min_overlap": 3, "max_overlap": 5, "lease_seconds": 30} | terms
    return make_live(shape=Shape(work=work, terms=wanted))


def queue(batch: Batch) -> list[Task]:
    """Every task in the order in which a newcomer would get them."""
    return list(Task.objects.filter(batch=batch, is_gold=False, wanted=True).order_by("-lane", "place"))


def next_of(worker: Worker, batch: Batch) -> int:
    return take(worker, batch, 1)[0].task_id


def bookmark(worker: Worker, batch: Batch) -> Bookmark:
    return Bookmark.objects.get(worker=worker, batch=batch)


def test_it_takes_the_first_fresh_task_and_begins_it() -> None:
    batch = work_batch()
    first = queue(batch)[0]
    assert first.lane == Lane.FRESH
    assert next_of(make_worker(), batch) == first.pk
    first.refresh_from_db()
    assert first.lane == Lane.BEGUN


def test_it_goes_on_with_what_is_begun_before_it_begins_anything() -> None:
    batch = work_batch()
    begun = {held.task_id for held in take(make_worker(), batch, 2)}
    second = [held.task_id for held in take(make_worker(), batch, 3)]
    assert begun < set(second)
    third = {held.task_id for held in take(make_worker(), batch, 3)}
    assert third == set(second)


def test_it_takes_what_is_nearly_settled_before_what_is_only_begun() -> None:
    batch = work_batch()
    begun = [held.task_id for held in take(make_worker(), batch, 4)]
    Task.objects.filter(pk=begun[2]).update(lane=Lane.NEAR)
    assert next_of(make_worker(), batch) == begun[2]


def test_it_takes_the_longest_begun_first() -> None:
    batch = work_batch()
    begun = [next_of(make_worker(), batch)]
    taken = {next_of(worker, batch) for worker in [make_worker() for _ in range(2)]}
    assert taken == set(begun)  # until it has its answers, everybody is given the oldest
    assert next_of(make_worker(), batch) not in begun


def test_it_leaves_a_begun_task_at_its_place_while_others_claim_and_answer_it() -> None:
    batch = work_batch(1)
    held = take(make_worker(), batch)[0]
    place = queue(batch)[0].place
    take(make_worker(), batch)
    submit(held)
    assert queue(batch)[0].place == place


def give_back(held: Assignment, clock: Clock) -> None:
    return_assignment(worker=held.worker, assignment=held.public_id, skipped=False)


def run_out(held: Assignment, clock: Clock) -> None:
    clock.forward(11)
    assert expire_leases() == 1


@pytest.mark.parametrize("lose", [give_back, run_out])
@pytest.mark.parametrize("others", [0, 1, 2])
def test_it_puts_what_is_lost_ahead_of_the_bookmark_of_whoever_lost_it(
    lose: Callable[[Assignment, Clock], None], others: int, clock: Clock
) -> None:
    batch, worker = work_batch(9), make_worker()
    held = take(worker, batch, 1)[0]
    for _ in range(others):
        submit(claim(make_worker(), held.task))
    clock.forward(20)
    take(worker, batch, 1)  # and the bookmark stands behind it
    passed = bookmark(worker, batch).begun_place >= Task.objects.get(pk=held.task_id).place
    assert passed or others == 2  # then it is not wanted, and stands in no lane
    lose(held, clock)
    assert next_of(worker, batch) == held.task_id  # which is begun: before all that is fresh


def test_it_puts_a_task_that_wants_one_answer_more_ahead_of_everybody() -> None:
    batch = work_batch(2, min_overlap=1, target_accuracy=0.5)  # one answer settles a task
    late, task = make_worker(), task_of(batch, "w0")
    submit(claim(make_worker(), task))
    take(late, batch)  # their bookmarks stand at the end now
    with pytest.raises(NothingToDo):
        take(late, batch)
    Task.objects.filter(pk=task.pk).update(state="open", overlap=1)
    Task.objects.filter(pk=task.pk).update(overlap=2)  # one answer more is wanted
    task.refresh_from_db()
    assert (task.lane, task.overlap) == (Lane.BEGUN, 2)
    assert next_of(late, batch) == task.pk


def test_it_never_counts_what_came_back_as_fresh() -> None:
    batch, worker = work_batch(1, min_overlap=1), make_worker()
    held = take(worker, batch)[0]
    assert task_of(batch).lane == Lane.FRESH  # not wanted, so it stands in no lane
    return_assignment(worker=worker, assignment=held.public_id)
    assert task_of(batch).lane == Lane.BEGUN
    with pytest.raises(NothingToDo):
        take(worker, batch)
    assert next_of(make_worker(), batch) == held.task_id


def test_it_keeps_gold_at_its_place_whatever_happens() -> None:
    batch = make_live(shape=Shape(work=1, gold=1, terms={"gold_share": 0.5}))
    before = task_of(batch, "g0")
    held = claim(make_worker(), before)
    return_assignment(worker=held.worker, assignment=held.public_id)
    submit(claim(make_worker(), before))
    after = task_of(batch, "g0")
    assert (after.lane, after.place) == (before.lane, before.place)


def test_it_moves_the_bookmark_past_what_the_worker_has_had() -> None:
    batch, worker = work_batch(30, suite_size=2), make_worker()
    for _ in range(5):
        take(worker, batch, 2)
    places = [task.place for task in queue(batch) if task.lane == Lane.BEGUN]
    mark = bookmark(worker, batch)
    assert places[7] <= mark.begun_place < places[8]
    assert mark.taken == 10


def test_it_gets_past_any_number_of_tasks_the_worker_has_had_to_one_they_have_not() -> None:
    batch, worker = work_batch(60), make_worker()
    tasks = list(Task.objects.filter(batch=batch).order_by("id"))
    for task in tasks[:-1]:  # by name, which moves no bookmark
        submit(claim(worker, task))
    other = make_worker()
    held = claim(other, tasks[-1])
    return_assignment(worker=other, assignment=held.public_id)  # begun, after all the others
    assert next_of(worker, batch) == tasks[-1].pk


def lose_behind(batch: Batch, worker: Worker, count: int) -> set[int]:
    """Let so many begun tasks lie behind a worker's bookmark, where only reading again can find them."""
    lost = {held.task_id for _ in range(count // 50) for held in take(make_worker(), batch, 50)}
    end = max(task.place for task in queue(batch))
    Bookmark.objects.update_or_create(
        worker=worker, batch=batch, defaults={"begun_place": end, "near_place": end, "fresh_place": end}
    )
    return lost


def test_it_finds_what_lies_behind_the_bookmark_when_nothing_is_ahead() -> None:
    batch, worker = work_batch(50, suite_size=50), make_worker()
    lost = lose_behind(batch, worker, 50)
    found = {held.task_id for _ in range(5) for held in take(worker, batch, 10)}
    assert found == lost
    with pytest.raises(NothingToDo):
        take(worker, batch)


@pytest.mark.django_db(transaction=True)
def test_it_reads_on_each_time_until_the_one_task_left_is_found() -> None:
    batch, worker = work_batch(300, suite_size=50), make_worker()
    Worker.objects.update(most_leases=1000)
    for _ in range(6):
        take(worker, batch, 50)
    Task.objects.filter(batch=batch).update(lane=Lane.BEGUN)
    last = queue(batch)[-20]
    Assignment.objects.filter(worker=worker, task=last).delete()  # as if they had never had it
    Task.objects.filter(pk=last.pk).update(live_count=0)
    lose_behind(batch, worker, 0)
    tries = 0
    while not Assignment.objects.filter(worker=worker, task=last).exists():
        tries += 1
        try:
            take(worker, batch, 1)
        except NothingToDo:
            assert tries <= 300 // 64 + 1, "it does not get round"
    assert tries > 1


@pytest.mark.django_db(transaction=True)
def test_it_comes_round_to_everything_under_idempotency_keys_too() -> None:
    """A refusal under a key stores no reply, but how far the worker has read stands."""
    batch, worker = work_batch(150, suite_size=50), make_worker()
    Worker.objects.update(most_leases=1000)
    tasks = list(Task.objects.filter(batch=batch).order_by("id"))
    for task in tasks[:-1]:
        claim(worker, task)
    claim(make_worker(), tasks[-1])
    client = APIClient()
    client.force_authenticate(worker.user)
    for _ in range(60):
        key = {"Idempotency-Key": public_id()}
        reply = client.post("/api/v1/work/claims", {"batch": batch.public_id}, format="json", headers=key)
        if reply.status_code == 201:
            break
    assert [each["task"]["id"] for each in reply.json()["assignments"]] == [tasks[-1].public_id]


@pytest.mark.django_db(transaction=True)
def test_it_stays_before_a_task_that_somebody_holds_locked_and_takes_it_next_time() -> None:
    batch, first, second = work_batch(3), make_worker(), make_worker()
    take(first, batch, 3)
    head, *rest = queue(batch)
    with transaction.atomic():
        Task.objects.select_for_update().get(pk=head.pk)
        (got,) = at_once(lambda: {held.task_id for held in take(second, batch)})
        assert got == {task.pk for task in rest}
        assert bookmark(second, batch).begun_place < head.place
    assert next_of(second, batch) == head.pk


def test_it_tells_nobody_who_has_had_a_task_by_its_order() -> None:
    """The rows of a suite come back shuffled, whichever lane they were in."""
    batch = work_batch(30, suite_size=20)
    take(make_worker(), batch, 10)
    in_order = []
    for _ in range(4):
        places = [held.task.place for held in take(make_worker(), batch, 15)]
        in_order.append(places == sorted(places))
    assert not all(in_order)
