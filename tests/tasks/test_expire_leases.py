"""Taking back what was not answered in time."""

from __future__ import annotations

import pytest

from tasks.assignment.background import sweep_leases
from tasks.assignment.models import Assignment
from tasks.assignment.services import expire_leases
from tests.factories import make_worker
from tests.tasks.acts import answer, claim, pair_batch, submit, task_of
from tests.tasks.conftest import Clock

pytestmark = pytest.mark.django_db


def test_it_takes_back_only_what_ran_out(clock: Clock) -> None:
    batch = pair_batch(work=2, lease_seconds=60)
    late = claim(make_worker(), task_of(batch, "w0"))
    clock.forward(40)
    early = claim(make_worker(), task_of(batch, "w1"))
    clock.forward(30)
    assert expire_leases() == 1
    states = dict(Assignment.objects.values_list("id", "state"))
    assert states == {late.pk: "expired", early.pk: "claimed"}
    assert task_of(batch, "w0").live_count == 0


def test_it_leaves_answers_alone(clock: Clock) -> None:
    batch = pair_batch(lease_seconds=30)
    held = answer(make_worker(), task_of(batch))
    clock.forward(3600)
    assert expire_leases() == 0
    held.refresh_from_db()
    assert held.state == "submitted"


def test_it_frees_the_task_for_somebody_else(clock: Clock) -> None:
    batch = pair_batch(lease_seconds=30)
    for _ in range(2):
        claim(make_worker(), task_of(batch))
    clock.forward(31)
    assert expire_leases() == 2
    assert submit(claim(make_worker(), task_of(batch))).new


def test_it_takes_back_at_most_as_many_as_allowed_and_the_sweep_the_rest(clock: Clock) -> None:
    batch, worker = pair_batch(work=5, lease_seconds=30), make_worker()
    for row in range(5):
        claim(worker, task_of(batch, f"w{row}"))
    clock.forward(31)
    assert expire_leases(limit=2) == 2
    sweep_leases()
    assert not Assignment.objects.filter(state="claimed").exists()
    assert expire_leases() == 0
