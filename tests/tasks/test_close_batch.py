"""Ending a batch: nothing is lost, everything is paid, the rest goes back."""

from __future__ import annotations

import pytest

from marketplace.clients.services import funds_of
from marketplace.core.locks import Space
from marketplace.ledger.selectors import balance_micros
from marketplace.projects.models import Batch
from marketplace.projects.services import BatchMoved
from tasks.assignment.models import Assignment
from tasks.assignment.services import BatchNotLive, expire_leases, return_assignment
from tasks.consensus.models import Consensus
from tasks.flow import refits
from tasks.flow.background import close_batches
from tasks.flow.selectors import progress_of
from tasks.flow.services import pause_batch, resume_batch
from tasks.flow.settlement import close_batch, finish_closing
from tasks.pool.models import Task
from tasks.quality.promise import engine
from tests.factories import Shape, make_draft, make_expert, make_worker
from tests.tasks.acts import (
    answer,
    answer_by_new_workers,
    claim,
    decide,
    dispute_of,
    escrow_micros,
    pair_batch,
    submit,
    task_of,
)
from tests.tasks.conftest import Clock

pytestmark = pytest.mark.django_db


def funds_micros(batch: Batch) -> int:
    return balance_micros(funds_of(batch.project.client))


def test_it_gives_back_exactly_what_was_not_spent() -> None:
    batch = pair_batch(work=3, gold=1)
    held, funds = escrow_micros(batch), funds_micros(batch)
    answer_by_new_workers(task_of(batch, "w0"), ["dog", "dog"])
    answer(make_worker(), task_of(batch, "g0"))
    decide(make_expert(), dispute_of(task_of(batch, "w1")))
    assert close_batch(batch=batch) == "closed"
    spent = progress_of(batch)
    assert (
        spent["refunded_micros"] == held - spent["paid_micros"] - spent["expert_micros"] - spent["fee_micros"]
    )
    assert (spent["paid_micros"], spent["expert_micros"], spent["fee_micros"]) == (250_000, 500_000, 150_000)
    assert (spent["escrow_micros"], funds_micros(batch)) == (0, funds + spent["refunded_micros"])


def test_it_gives_everything_back_where_nothing_was_answered() -> None:
    batch = pair_batch()
    held, funds = escrow_micros(batch), funds_micros(batch)
    assert close_batch(batch=batch) == "closed"
    assert (escrow_micros(batch), funds_micros(batch)) == (0, funds + held)


def test_it_takes_open_tasks_off_the_market_and_keeps_settled_ones() -> None:
    batch = pair_batch(work=2)
    answer_by_new_workers(task_of(batch, "w0"), ["dog", "dog"])
    close_batch(batch=batch)
    assert (task_of(batch, "w0").state, task_of(batch, "w1").state) == ("resolved", "closed")


def test_it_hands_nothing_out_from_the_moment_it_is_asked_to_close() -> None:
    batch = pair_batch()
    claim(make_worker(), task_of(batch))
    close_batch(batch=batch)
    with pytest.raises(BatchNotLive):
        claim(make_worker(), task_of(batch))


@pytest.mark.parametrize("end", ["answered", "returned", "expired"])
def test_it_waits_for_what_is_held(end: str, clock: Clock) -> None:
    batch = pair_batch(lease_seconds=60)
    held = claim(make_worker(), task_of(batch))
    assert close_batch(batch=batch) == "closing"
    assert escrow_micros(batch) > 0
    if end == "answered":
        submit(held)
    elif end == "returned":
        return_assignment(worker=held.worker, assignment=held.public_id)
    else:
        clock.forward(61)
        expire_leases()
    close_batches()
    batch.refresh_from_db()
    assert (batch.state, escrow_micros(batch)) == ("closed", 0)
    held.refresh_from_db()
    assert held.state == {"answered": "accepted"}.get(end, end)


def test_it_waits_for_disputes_and_pays_their_experts() -> None:
    batch, expert = pair_batch(), make_expert()
    dispute = dispute_of(task_of(batch))
    assert close_batch(batch=batch) == "closing"
    decide(expert, dispute)
    assert finish_closing(batch_id=batch.pk)
    assert progress_of(batch)["expert_micros"] == batch.expert_reward_micros


def test_it_pays_what_is_not_due_yet(clock: Clock) -> None:
    batch = pair_batch(acceptance_seconds=3600)
    answer(make_worker(), task_of(batch))
    assert close_batch(batch=batch) == "closed"
    assert Assignment.objects.get().state == "accepted"
    assert progress_of(batch)["paid_micros"] == batch.reward_micros


def test_it_changes_nothing_to_close_again() -> None:
    batch = pair_batch()
    close_batch(batch=batch)
    funds, closed_at = funds_micros(batch), batch.closed_at
    assert close_batch(batch=batch) == "closed"
    assert not finish_closing(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (funds_micros(batch), batch.closed_at) == (funds, closed_at)


def test_it_refuses_a_draft() -> None:
    with pytest.raises(BatchMoved):
        close_batch(batch=make_draft())


def test_it_closes_a_paused_batch() -> None:
    batch = pair_batch()
    pause_batch(batch=batch)
    assert close_batch(batch=batch) == "closed"
    with pytest.raises(BatchMoved):
        resume_batch(batch=batch)


def test_it_closes_by_itself_once_every_task_is_settled() -> None:
    batch = pair_batch(gold=1)
    close_batches()
    batch.refresh_from_db()
    assert batch.state == "live"
    answer_by_new_workers(task_of(batch), ["dog", "dog"])
    close_batches()
    batch.refresh_from_db()
    assert (batch.state, escrow_micros(batch)) == ("closed", 0)
    assert task_of(batch, "g0").state == "closed"


def test_it_stores_a_last_estimate_of_every_answered_task() -> None:
    batch = pair_batch(work=2)
    answer(make_worker(), task_of(batch, "w0"))
    close_batch(batch=batch)
    row = Consensus.objects.get(task__batch=batch)
    assert (row.task, row.method) == (task_of(batch, "w0"), engine.METHOD)


def test_it_waits_while_another_process_refits(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = pair_batch()
    asked: list[Space] = []
    monkeypatch.setattr(refits, "try_lock", lambda space, key: asked.append(space))
    assert close_batch(batch=batch) == "closing"
    monkeypatch.undo()
    assert asked == [Space.PROJECT]
    assert finish_closing(batch_id=batch.pk)


def test_it_pauses_and_resumes() -> None:
    batch = pair_batch()
    pause_batch(batch=batch)
    with pytest.raises(BatchNotLive):
        claim(make_worker(), task_of(batch))
    with pytest.raises(BatchMoved):
        pause_batch(batch=batch)
    resume_batch(batch=batch)
    assert claim(make_worker(), task_of(batch)).state == "claimed"
    with pytest.raises(BatchMoved):
        resume_batch(batch=batch)


def test_it_takes_answers_while_paused() -> None:
    batch = pair_batch()
    held = claim(make_worker(), task_of(batch))
    pause_batch(batch=batch)
    assert submit(held).new


def test_it_leaves_a_draft_and_its_dataset_to_the_client() -> None:
    draft = make_draft(shape=Shape(work=1))
    close_batches()
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert not Task.objects.filter(batch=draft).exists()
