"""Claiming the next suite of a batch: what fits, in which order, with gold that nobody can tell."""

from __future__ import annotations

import random

import pytest

from marketplace.projects.models import Batch, BatchState
from marketplace.projects.services import move_batch
from tasks.assignment.models import Assignment
from tasks.assignment.selectors import suite_as_shown
from tasks.assignment.services import BatchNotLive, NothingToDo, claim_suite, expire_leases, return_assignment
from tasks.pool.models import GoldAnswer, Task
from tests.factories import Shape, make_draft, make_live, make_worker
from tests.tasks.acts import answer_by_new_workers, claim, held_of, pair_batch, submit, take, task_of
from tests.tasks.conftest import Clock

pytestmark = pytest.mark.django_db


def rows_of(suite: list[Assignment]) -> set[str | None]:
    return {held.task.row.external_id for held in suite}


def test_it_leases_as_many_tasks_as_the_batch_hands_out_together() -> None:
    batch = pair_batch(work=9, suite_size=4)
    suite = take(make_worker(), batch)
    assert len(suite) == 4
    assert len({held.suite for held in suite}) == 1
    assert {(held.state, held.fence) for held in suite} == {("claimed", 1)}


@pytest.mark.parametrize(("asked", "got"), [(1, 1), (3, 3), (50, 4)])
def test_it_hands_out_what_was_asked_up_to_the_size_of_the_batch(asked: int, got: int) -> None:
    batch = pair_batch(work=9, suite_size=4)
    assert len(take(make_worker(), batch, asked)) == got


def test_it_hands_out_what_is_left() -> None:
    assert len(take(make_worker(), pair_batch(work=2))) == 2


def test_it_never_hands_a_worker_the_same_task_twice() -> None:
    batch, worker = pair_batch(work=7, suite_size=3), make_worker()
    seen = [held.task_id for _ in range(3) for held in take(worker, batch)]
    assert len(seen) == len(set(seen)) == 7
    with pytest.raises(NothingToDo):
        take(worker, batch)


def test_it_offers_again_what_the_worker_gave_back_unseen_under_a_higher_fence() -> None:
    batch, worker = pair_batch(work=1, suite_size=1), make_worker()
    first = take(worker, batch)[0]
    return_assignment(worker=worker, assignment=first.public_id, skipped=False)
    again = take(worker, batch)[0]
    assert (again.public_id, again.fence) == (first.public_id, first.fence + 1)
    again.task.refresh_from_db()
    assert (again.task.live_count, again.task.answers_count) == (1, 0)


def test_it_does_not_offer_again_what_the_worker_skipped() -> None:
    batch, worker = pair_batch(work=2, suite_size=1), make_worker()
    first = take(worker, batch)[0]
    return_assignment(worker=worker, assignment=first.public_id)
    assert take(worker, batch)[0].task_id != first.task_id
    with pytest.raises(NothingToDo):
        take(worker, batch)


def test_it_offers_again_what_ran_out(clock: Clock) -> None:
    batch, worker = pair_batch(work=1, lease_seconds=30), make_worker()
    first = take(worker, batch)[0]
    clock.forward(31)
    expire_leases()
    again = take(worker, batch)[0]
    assert (again.pk, again.fence) == (first.pk, 2)
    assert again.lease_expires_at > clock.now()


def test_it_fills_the_queue_in_its_order() -> None:
    batch = pair_batch(work=6, suite_size=2)
    queue = list(Task.objects.filter(batch=batch).order_by("place").values_list("id", flat=True))
    worker = make_worker()
    taken = [{held.task_id for held in take(worker, batch)} for _ in range(3)]
    assert taken == [set(queue[:2]), set(queue[2:4]), set(queue[4:])]


def test_it_gives_the_head_of_the_queue_to_everybody_until_it_has_its_answers() -> None:
    batch = pair_batch(work=4, suite_size=2)
    first, second, third = (rows_of(take(make_worker(), batch)) for _ in range(3))
    assert first == second
    assert not first & third


def test_it_hands_nothing_out_twice_over_the_answers_wanted() -> None:
    batch = pair_batch(work=2)
    for _ in range(2):
        take(make_worker(), batch)
    with pytest.raises(NothingToDo):
        take(make_worker(), batch)


def test_it_says_nothing_to_do_where_every_task_is_settled() -> None:
    batch = pair_batch()
    answer_by_new_workers(task_of(batch), ["dog", "dog"])
    with pytest.raises(NothingToDo):
        take(make_worker(), batch)


@pytest.mark.parametrize("state", [BatchState.PAUSED, BatchState.CLOSING, BatchState.CLOSED])
def test_it_refuses_a_batch_that_is_not_live(state: BatchState) -> None:
    batch = pair_batch()
    move_batch(batch=batch, origins=(BatchState.LIVE,), state=state)
    with pytest.raises(BatchNotLive):
        take(make_worker(), batch)


def test_it_does_not_let_workers_see_a_draft() -> None:
    draft = make_draft()
    with pytest.raises(Exception, match="nothing here by that name"):
        take(make_worker(), draft)


def gold_batch(**terms: object) -> Batch:
    return make_live(shape=Shape(work=40, gold=10, terms={"suite_size": 10, "gold_share": 0.5} | terms))


def test_it_mixes_gold_into_work_at_no_fixed_place() -> None:
    batch = gold_batch()
    places = set()
    for seed in range(6):
        suite = take(make_worker(), batch, seed=seed)
        kinds = [held.task.is_gold for held in suite]
        assert True in kinds
        assert False in kinds
        places |= {place for place, gold in enumerate(kinds) if gold}
    assert len(places) > 3


def test_it_mixes_gold_into_suites_of_one_too() -> None:
    batch, worker = gold_batch(), make_worker()
    kinds = [take(worker, batch, 1, seed=seed)[0].task.is_gold for seed in range(20)]
    assert True in kinds
    assert False in kinds


def test_it_hands_out_no_gold_where_no_work_is_left_for_the_worker() -> None:
    batch, worker = make_live(shape=Shape(work=1, gold=9, terms={"gold_share": 0.5})), make_worker()
    claim(worker, task_of(batch, "w0"))
    for seed in range(10):
        with pytest.raises(NothingToDo):
            take(worker, batch, 1, seed=seed)


def test_it_shows_gold_exactly_as_it_shows_work() -> None:
    batch = gold_batch()
    suite = claim_suite(worker=make_worker(), batch=batch.public_id, rng=random.Random(0))
    shown = suite_as_shown(suite)
    assert set(shown) == {"suite", "batch", "assignments"}
    for each in shown["assignments"]:
        assert set(each) == {"id", "fence", "lease_expires_at", "task"}
        assert set(each["task"]) == {"id", "data"}
        assert set(each["task"]["data"]) == {"text"}
    assert len({each["lease_expires_at"] for each in shown["assignments"]}) == 1
    assert GoldAnswer.objects.filter(task__assignments__in=held_of(suite)).exists()


def test_it_writes_gold_and_work_down_in_no_order() -> None:
    batch = gold_batch()
    for seed in range(4):
        suite = sorted(take(make_worker(), batch, seed=seed), key=lambda held: held.pk)
        kinds = [held.task.is_gold for held in suite]
        if kinds not in (sorted(kinds), sorted(kinds, reverse=True)):
            return
    pytest.fail("gold stands at one end of every suite")


def test_it_gives_newcomers_more_gold_than_those_already_measured() -> None:
    batch = make_live(shape=Shape(work=120, gold=60, terms={"suite_size": 50, "gold_share": 0.01}))
    known = make_worker()
    for row in range(12):
        submit(claim(known, task_of(batch, f"g{row}")))
    shown = {"newcomers": 0, "known": 0}
    for seed in range(5):
        shown["newcomers"] += sum(held.task.is_gold for held in take(make_worker(), batch, 20, seed))
        shown["known"] += sum(held.task.is_gold for held in take(known, batch, 20, seed))
    assert shown["newcomers"] > shown["known"] + 3
