"""Claiming one task by name, and every reason why not."""

from __future__ import annotations

import pytest

from marketplace.core.errors import NotFound
from marketplace.projects.models import BatchState
from marketplace.projects.services import move_batch
from tasks.assignment.services import (
    AlreadyYours,
    BatchNotLive,
    TaskFullyLeased,
    TaskSettled,
    claim_task,
    expire_leases,
    return_assignment,
)
from tasks.pool.models import Task
from tests.factories import make_worker
from tests.tasks.acts import answer, answer_by_new_workers, claim, pair_batch, submit, task_of
from tests.tasks.conftest import Clock

pytestmark = pytest.mark.django_db


def test_it_leases_the_task_for_the_time_of_the_batch() -> None:
    batch = pair_batch(lease_seconds=90)
    held = claim(make_worker(), task_of(batch))
    assert (held.state, held.fence) == ("claimed", 1)
    assert (held.lease_expires_at - held.claimed_at).total_seconds() == 90
    assert task_of(batch).live_count == 1


def test_it_refuses_a_task_that_does_not_exist() -> None:
    with pytest.raises(NotFound):
        claim_task(worker=make_worker(), task="A" * 16)


def test_it_refuses_a_second_claim_of_what_is_held() -> None:
    batch, worker = pair_batch(), make_worker()
    claim(worker, task_of(batch))
    with pytest.raises(AlreadyYours):
        claim(worker, task_of(batch))
    assert task_of(batch).live_count == 1


def test_it_refuses_a_task_the_worker_has_answered() -> None:
    batch, worker = pair_batch(), make_worker()
    answer(worker, task_of(batch))
    with pytest.raises(AlreadyYours):
        claim(worker, task_of(batch))


def test_it_says_fully_leased_while_others_hold_every_answer_wanted() -> None:
    batch = pair_batch()
    held = [claim(make_worker(), task_of(batch)) for _ in range(2)]
    late = make_worker()
    with pytest.raises(TaskFullyLeased):
        claim(late, task_of(batch))
    return_assignment(worker=held[0].worker, assignment=held[0].public_id)
    assert claim(late, task_of(batch)).state == "claimed"


@pytest.mark.parametrize("values", [["dog", "dog"], ["cat", "dog"]], ids=["resolved", "disputed"])
def test_it_says_settled_once_no_answer_is_wanted_any_more(values: list[str]) -> None:
    batch = pair_batch()
    answer_by_new_workers(task_of(batch), values)
    with pytest.raises(TaskSettled):
        claim(make_worker(), task_of(batch))


def test_it_refuses_a_task_taken_off_the_market() -> None:
    batch = pair_batch()
    Task.objects.filter(batch=batch).update(state="closed")
    with pytest.raises(TaskSettled):
        claim(make_worker(), task_of(batch))


@pytest.mark.parametrize("state", [BatchState.PAUSED, BatchState.CLOSING])
def test_it_refuses_a_batch_that_hands_nothing_out(state: BatchState) -> None:
    batch = pair_batch()
    move_batch(batch=batch, origins=(BatchState.LIVE,), state=state)
    with pytest.raises(BatchNotLive):
        claim(make_worker(), task_of(batch))


def test_it_lets_a_worker_take_back_what_they_returned_under_a_higher_fence() -> None:
    batch, worker = pair_batch(), make_worker()
    first = claim(worker, task_of(batch))
    return_assignment(worker=worker, assignment=first.public_id)
    again = claim(worker, task_of(batch))
    assert (again.pk, again.fence, again.state) == (first.pk, 2, "claimed")
    assert again.suite != first.suite
    assert submit(again).new


def test_it_lets_a_worker_take_back_what_ran_out(clock: Clock) -> None:
    batch, worker = pair_batch(lease_seconds=30), make_worker()
    claim(worker, task_of(batch))
    clock.forward(31)
    with pytest.raises(AlreadyYours):  # until it is taken back, it stands
        claim(worker, task_of(batch))
    assert expire_leases() == 1
    again = claim(worker, task_of(batch))
    assert again.fence == 2
    assert again.lease_expires_at > clock.now()
