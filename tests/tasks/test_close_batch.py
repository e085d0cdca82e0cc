"""Ending a batch: nothing is lost, everything is paid, the rest goes back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from marketplace.clients.services import funds_of
from marketplace.core.clock import now
from marketplace.core.locks import Space
from marketplace.ledger.selectors import balance_micros
from marketplace.projects.models import Batch
from marketplace.projects.services import BatchMoved
from tasks.assignment.models import Assignment
from tasks.assignment.services import BatchNotLive, expire_leases, return_assignment
from tasks.consensus.models import Consensus, Fit
from tasks.disputes.models import Dispute
from tasks.flow import refits, settlement
from tasks.flow.background import close_batches, run_closing
from tasks.flow.selectors import progress_of
from tasks.flow.services import pause_batch, resume_batch
from tasks.flow.settlement import close_batch, finish_closing
from tasks.offers.services import open_offer
from tasks.pool.models import Task
from tasks.quality.promise import engine
from tests.factories import Shape, make_draft, make_expert, make_worker
from tests.tasks.acts import (
    answer,
    answer_by_new_workers,
    claim,
    close,
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
    assert close(batch) == "closed"
    spent = progress_of(batch)
    assert (
        spent["refunded_micros"] == held - spent["paid_micros"] - spent["expert_micros"] - spent["fee_micros"]
    )
    assert (spent["paid_micros"], spent["expert_micros"], spent["fee_micros"]) == (250_000, 500_000, 150_000)
    assert (spent["escrow_micros"], funds_micros(batch)) == (0, funds + spent["refunded_micros"])


def test_it_gives_everything_back_where_nothing_was_answered() -> None:
    batch = pair_batch()
    held, funds = escrow_micros(batch), funds_micros(batch)
    assert close(batch) == "closed"
    assert (escrow_micros(batch), funds_micros(batch)) == (0, funds + held)


def test_it_takes_open_tasks_off_the_market_and_keeps_settled_ones() -> None:
    batch = pair_batch(work=2)
    answer_by_new_workers(task_of(batch, "w0"), ["dog", "dog"])
    close(batch)
    assert (task_of(batch, "w0").state, task_of(batch, "w1").state) == ("resolved", "closed")


def test_it_hands_nothing_out_from_the_moment_it_is_asked_to_close() -> None:
    batch = pair_batch()
    claim(make_worker(), task_of(batch))
    close(batch)
    with pytest.raises(BatchNotLive):
        claim(make_worker(), task_of(batch))


@pytest.mark.parametrize("end", ["answered", "returned", "expired"])
def test_it_waits_for_what_is_held(end: str, clock: Clock) -> None:
    batch = pair_batch(lease_seconds=60)
    held = claim(make_worker(), task_of(batch))
    assert close(batch) == "closing"
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
    assert close(batch) == "closing"
    decide(expert, dispute)
    assert finish_closing(batch_id=batch.pk)
    assert progress_of(batch)["expert_micros"] == batch.expert_reward_micros


def test_it_pays_what_is_not_due_yet(clock: Clock) -> None:
    batch = pair_batch(acceptance_seconds=3600)
    answer(make_worker(), task_of(batch))
    assert close(batch) == "closed"
    assert Assignment.objects.get().state == "accepted"
    assert progress_of(batch)["paid_micros"] == batch.reward_micros


def test_it_changes_nothing_to_close_again() -> None:
    batch = pair_batch()
    close(batch)
    funds, closed_at = funds_micros(batch), batch.closed_at
    assert close(batch) == "closed"
    assert not finish_closing(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (funds_micros(batch), batch.closed_at) == (funds, closed_at)


def test_it_refuses_a_draft() -> None:
    with pytest.raises(BatchMoved):
        close_batch(batch=make_draft())


def test_it_closes_a_paused_batch() -> None:
    batch = pair_batch()
    pause_batch(batch=batch)
    assert close(batch) == "closed"
    with pytest.raises(BatchMoved):
        resume_batch(batch=batch)


def test_it_closes_by_itself_once_every_task_is_settled() -> None:
    batch = pair_batch(gold=1)
    close_batches()
    batch.refresh_from_db()
    assert batch.state == "live"
    answer_by_new_workers(task_of(batch), ["dog", "dog"])
    open_offer(batch_id=batch.pk)
    close_batches()
    batch.refresh_from_db()
    assert (batch.state, escrow_micros(batch)) == ("closed", 0)
    assert task_of(batch, "g0").state == "closed"


def test_it_stores_a_last_estimate_of_every_answered_task() -> None:
    batch = pair_batch(work=2)
    answer(make_worker(), task_of(batch, "w0"))
    close(batch)
    row = Consensus.objects.get(task__batch=batch)
    assert (row.task, row.method) == (task_of(batch, "w0"), engine.METHOD)


def test_it_waits_while_another_process_refits(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = pair_batch()
    asked: list[Space] = []
    monkeypatch.setattr(refits, "try_lock", lambda space, key: asked.append(space))
    assert close(batch) == "closing"
    monkeypatch.undo()
    assert asked == [Space.PROJECT]
    assert finish_closing(batch_id=batch.pk)


def test_it_does_nothing_dear_while_the_client_waits(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def never(**terms: object) -> bool:
        raise AssertionError("this belongs to the background")

    for dear in ("refit_batch", "pay_work", "close_open_tasks", "refund_escrow"):
        monkeypatch.setattr(settlement, dear, never)
    for work in (1, 8):
        batch = pair_batch(work=work)
        answer_by_new_workers(task_of(batch, "w0"), ["dog", "dog"])
        with django_assert_num_queries(5):
            assert close_batch(batch=batch) == "closing"
        assert batch.closing_step == "waiting"


def test_the_request_wakes_the_background(django_capture_on_commit_callbacks: Any) -> None:
    batch = pair_batch()
    caller = APIClient()
    caller.force_authenticate(batch.project.client.members.get())
    with django_capture_on_commit_callbacks() as hooks:
        body = caller.post(f"/api/v1/batches/{batch.public_id}/close").json()
    assert (body["state"], body["closing_step"], len(hooks)) == ("closing", "waiting", 1)
    run_closing(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.closing_step) == ("closed", "")


def test_it_goes_step_by_step_and_each_is_shown() -> None:
    batch = pair_batch(work=3)
    answer_by_new_workers(task_of(batch, "w0"), ["dog", "dog"])
    answer(make_worker(), task_of(batch, "w1"))
    held = claim(make_worker(), task_of(batch, "w2"))
    browser = Browser()
    browser.force_login(
        batch.project.client.members.get(), backend="django.contrib.auth.backends.ModelBackend"
    )
    close_batch(batch=batch)

    def page(step: str = "") -> str:
        if step:
            Batch.objects.filter(pk=batch.pk).update(closing_step=step)
        return " ".join(browser.get(f"/batches/{batch.public_id}").content.decode().split())

    assert "step 1 of 4.</strong> 1 answer is still being written." in page()
    return_assignment(worker=held.worker, assignment=held.public_id)
    assert "step 1 of 4.</strong> It begins in a moment." in page()
    assert "step 2 of 4.</strong> All answers are weighed together" in page("estimating")
    assert "step 3 of 4.</strong> 2 unsettled rows are still to be taken off" in page("clearing")
    assert "step 4 of 4.</strong> 3 answers are still to be paid" in page("paying")
    page("waiting")
    assert finish_closing(batch_id=batch.pk)
    assert "step" not in page()


@pytest.mark.parametrize("dies_in", ["refit_batch", "close_open_tasks", "pay_work", "refund_escrow"])
def test_it_goes_on_where_a_process_died(monkeypatch: pytest.MonkeyPatch, dies_in: str) -> None:
    class Killed(BaseException):
        pass

    def die(**terms: object) -> None:
        raise Killed

    batch = pair_batch(work=2)
    answer_by_new_workers(task_of(batch, "w0"), ["dog", "dog"])
    close_batch(batch=batch)
    with monkeypatch.context() as patched:
        patched.setattr(settlement, dies_in, die)
        with pytest.raises(Killed):
            finish_closing(batch_id=batch.pk)
    batch.refresh_from_db()
    assert batch.state == "closing"
    estimated = batch.closing_step in ("clearing", "paying")
    before = Fit.objects.filter(batch=batch).count()
    Fit.objects.filter(batch=batch).delete()
    assert finish_closing(batch_id=batch.pk)
    assert Fit.objects.filter(batch=batch).exists() is not estimated
    assert before == (1 if estimated else 0)
    assert progress_of(batch)["paid_micros"] == 2 * batch.reward_micros


def test_it_stops_when_its_time_is_over_and_goes_on_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlement, "PER_CLEARING", 1)
    batch = pair_batch(work=3)
    close_batch(batch=batch)
    tries = 1
    while not finish_closing(batch_id=batch.pk, seconds=1e-9):
        tries += 1
        if tries == 3:
            break
    assert finish_closing(batch_id=batch.pk)
    assert set(Task.objects.values_list("state", flat=True)) == {"closed"}


def test_a_second_process_leaves_it_alone_until_the_first_has_died(clock: Clock) -> None:
    batch = pair_batch()
    close_batch(batch=batch)
    Batch.objects.filter(pk=batch.pk).update(tended_at=clock.now())
    close_batches()
    batch.refresh_from_db()
    assert batch.state == "closing"
    clock.forward(61)
    close_batches()
    batch.refresh_from_db()
    assert batch.state == "closed"


def test_it_waits_again_where_the_last_estimate_sends_a_row_to_an_expert(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = pair_batch()
    answer(make_worker(), task_of(batch))
    close_batch(batch=batch)

    def refit_with_a_dispute(**terms: object) -> bool:
        task = task_of(batch)
        Task.objects.filter(pk=task.pk).update(state="disputed")
        Dispute.objects.create(task=task, batch=batch, reason="no_consensus", opened_at=now(), due_at=now())
        return True

    with monkeypatch.context() as patched:
        patched.setattr(settlement, "refit_batch", refit_with_a_dispute)
        assert not finish_closing(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.closing_step) == ("closing", "waiting")
    decide(make_expert(), Dispute.objects.get())
    assert finish_closing(batch_id=batch.pk)
    assert progress_of(batch)["expert_micros"] == batch.expert_reward_micros


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
