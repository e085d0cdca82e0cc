"""A clock that is put an hour forward or back harms nobody: not who holds a task, not who waits for pay."""

from __future__ import annotations

import pytest

from tasks.assignment.background import sweep_leases
from tasks.assignment.models import Assignment
from tasks.disputes import background as disputes
from tasks.disputes.models import Dispute
from tasks.disputes.services import claim_dispute
from tasks.flow.background import close_batches, settle_pay
from tasks.flow.settlement import close_batch
from tasks.offers.background import sweep_offers
from tasks.offers.selectors import offers_for
from tests.factories import make_expert, make_worker
from tests.tasks.acts import answer, claim, decide, dispute_of, pair_batch, submit, task_of
from tests.tasks.conftest import Clock
from workers.pay.selectors import earnings
from workers.profiles.models import Worker

pytestmark = pytest.mark.django_db

HOUR = 3600.0


@pytest.fixture(autouse=True)
def _sweeps_have_run_before(clock: Clock) -> None:
    sweep_leases()
    disputes.sweep_leases()


def state_of(held: Assignment) -> str:
    held.refresh_from_db()
    return held.state


def earned(worker: Worker) -> int:
    return sum(line.available_micros for line in earnings(worker.public_id))


def test_nobody_loses_a_task_by_a_clock_put_forward(clock: Clock) -> None:
    batch = pair_batch(work=2, lease_seconds=600)
    held, lost = claim(make_worker(), task_of(batch, "w0")), claim(make_worker(), task_of(batch, "w1"))
    clock.put(HOUR)
    sweep_leases()
    assert (state_of(held), state_of(lost)) == ("claimed", "claimed")
    clock.forward(590)
    sweep_leases()
    assert submit(held).new
    clock.forward(20)
    sweep_leases()
    assert state_of(lost) == "expired"


def test_what_is_claimed_after_the_jump_has_its_time_too(clock: Clock) -> None:
    batch = pair_batch(work=2, lease_seconds=600)
    claim(make_worker(), task_of(batch, "w0"))
    clock.put(HOUR)
    sweep_leases()
    late = claim(make_worker(), task_of(batch, "w1"))
    clock.forward(599)
    sweep_leases()
    assert state_of(late) == "claimed"
    clock.forward(300)
    sweep_leases()
    assert state_of(late) == "expired"


def test_nobody_loses_a_task_by_a_clock_put_back(clock: Clock) -> None:
    batch = pair_batch(work=2, lease_seconds=600)
    held = claim(make_worker(), task_of(batch, "w0"))
    clock.put(-HOUR)
    late = claim(make_worker(), task_of(batch, "w1"))
    clock.forward(590)
    sweep_leases()
    assert (state_of(held), state_of(late)) == ("claimed", "claimed")
    clock.forward(20)
    sweep_leases()
    assert (state_of(held), state_of(late)) == ("claimed", "expired")
    clock.forward(HOUR)
    sweep_leases()
    assert state_of(held) == "expired"


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_an_answer_is_paid_once_and_in_full(clock: Clock, jump: float) -> None:
    batch, worker = pair_batch(acceptance_seconds=600), make_worker()
    answer(worker, task_of(batch))
    settle_pay()
    assert earned(worker) == 0
    clock.put(jump)
    for _ in range(9):
        clock.forward(600)
        settle_pay()
    clock.put(-jump)
    settle_pay()
    assert earned(worker) == batch.reward_micros


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_an_expert_keeps_a_dispute(clock: Clock, jump: float) -> None:
    expert, dispute = make_expert(), dispute_of(task_of(pair_batch()))
    claim_dispute(expert=expert, dispute=dispute.public_id)
    disputes.sweep_leases()
    clock.put(jump)
    clock.forward(30)
    disputes.sweep_leases()
    assert Dispute.objects.get().state == "claimed"
    assert decide(expert, dispute).state == "decided"


def test_a_closing_that_was_being_tended_in_the_future_goes_on(clock: Clock) -> None:
    batch = pair_batch()
    close_batch(batch=batch)
    batch.tended_at = clock.now()  # by a process that died
    batch.save(update_fields=["tended_at"])
    close_batches()
    batch.refresh_from_db()
    assert batch.state == "closing"
    clock.put(-HOUR)
    close_batches()
    batch.refresh_from_db()
    assert batch.state == "closed"


def test_the_crowd_s_page_goes_on_counting(clock: Clock) -> None:
    batch = pair_batch(work=2)
    clock.put(-HOUR)
    answer(make_worker(), task_of(batch, "w0"))
    answer(make_worker(), task_of(batch, "w0"))
    sweep_offers()
    assert batch.offer.work_left == 1
    assert len(offers_for(make_worker()).offers) == 1
