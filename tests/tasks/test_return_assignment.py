"""Giving a task back unanswered."""

from __future__ import annotations

import pytest

from marketplace.core.errors import NotFound
from tasks.assignment.services import AssignmentNotLive, expire_leases, return_assignment
from tests.factories import make_worker
from tests.tasks.acts import answer, claim, pair_batch, task_of
from tests.tasks.conftest import Clock

pytestmark = pytest.mark.django_db


def test_it_frees_the_place_for_somebody_else() -> None:
    batch, worker = pair_batch(), make_worker()
    held = claim(worker, task_of(batch))
    assert return_assignment(worker=worker, assignment=held.public_id).state == "returned"
    task = task_of(batch)
    assert (task.live_count, task.answers_count, task.wanted) == (0, 0, True)


def test_it_changes_nothing_the_second_time() -> None:
    batch, worker = pair_batch(), make_worker()
    held = claim(worker, task_of(batch))
    for _ in range(2):
        assert return_assignment(worker=worker, assignment=held.public_id).state == "returned"
    assert task_of(batch).live_count == 0


def test_it_refuses_what_was_answered() -> None:
    batch, worker = pair_batch(), make_worker()
    held = answer(worker, task_of(batch))
    with pytest.raises(AssignmentNotLive):
        return_assignment(worker=worker, assignment=held.public_id)
    assert task_of(batch).answers_count == 1


def test_it_refuses_what_ran_out(clock: Clock) -> None:
    batch, worker = pair_batch(lease_seconds=30), make_worker()
    held = claim(worker, task_of(batch))
    clock.forward(31)
    expire_leases()
    with pytest.raises(AssignmentNotLive):
        return_assignment(worker=worker, assignment=held.public_id)


def test_it_refuses_what_somebody_else_holds() -> None:
    batch = pair_batch()
    held = claim(make_worker(), task_of(batch))
    with pytest.raises(NotFound):
        return_assignment(worker=make_worker(), assignment=held.public_id)
    assert task_of(batch).live_count == 1
