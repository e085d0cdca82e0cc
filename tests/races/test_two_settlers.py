"""Pay sweeps that run at the same time: every answer is paid once."""

from __future__ import annotations

from functools import partial

import pytest

from marketplace.core.ids import public_id
from marketplace.projects.models import Batch
from tasks.assignment.models import Assignment
from tasks.flow.settlement import settle_due
from tests.factories import make_worker
from tests.races.crowd import Meeting, at_once, kinds
from tests.tasks.acts import answer, close, escrow_micros, pair_batch, task_of
from workers.pay.selectors import earnings
from workers.pay.services import pay_work
from workers.profiles.models import Worker

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CROWD = 6
REWARD = 50_000


def crowd_work(rows: int, people: int = 2) -> tuple[Batch, list[Worker]]:
    batch, crowd = pair_batch(work=rows), [make_worker() for _ in range(people)]
    for worker in crowd:
        for row in range(rows):
            answer(worker, task_of(batch, f"w{row}"))
    return batch, crowd


def earned(worker: Worker) -> int:
    return sum(line.available_micros for line in earnings(worker.public_id))


def naive_settle(batch: Batch, worker: Worker, meeting: Meeting) -> None:
    """Look what is due, then pay it, under a name of one's own."""
    due = Assignment.objects.filter(worker=worker, state="submitted").count()
    meeting.wait()
    pay_work(batch=batch, worker=worker, reward_micros=due * REWARD, source=public_id(), memo="")


def test_without_a_guard_an_answer_is_paid_by_every_sweep() -> None:
    batch, (worker, _) = crowd_work(rows=1)
    meeting = Meeting(3)
    assert kinds(at_once(*[partial(naive_settle, batch, worker, meeting)] * 3)) == {"done": 3}
    assert earned(worker) == 3 * REWARD


def test_it_pays_each_answer_once_however_many_sweeps_run() -> None:
    batch, crowd = crowd_work(rows=3)
    held = escrow_micros(batch)
    results = at_once(*[settle_due] * CROWD)
    assert kinds(results) == {"done": CROWD}
    assert sum(int(str(paid)) for paid in results) + settle_due() == 6
    assert [earned(worker) for worker in crowd] == [3 * REWARD] * 2
    assert held - escrow_micros(batch) == 6 * REWARD * 6 // 5
    assert Assignment.objects.filter(state="accepted", payment__isnull=False).count() == 6


def test_it_pays_and_refunds_once_when_a_sweep_meets_the_end_of_the_batch() -> None:
    batch, crowd = crowd_work(rows=2)
    results = at_once(settle_due, partial(close, batch), settle_due)
    assert kinds(results) == {"done": 3}
    settle_due()
    close(batch)
    batch.refresh_from_db()
    assert (batch.state, escrow_micros(batch)) == ("closed", 0)
    assert [earned(worker) for worker in crowd] == [2 * REWARD] * 2
