"""Taking a dispute: of many experts one has it, and it returns to the queue when they vanish."""

from __future__ import annotations

import pytest

from marketplace.core.errors import NotFound
from marketplace.core.events import events_after
from tasks.disputes.api import case_as_shown
from tasks.disputes.background import sweep_leases
from tasks.disputes.models import Dispute
from tasks.disputes.selectors import disputes_for
from tasks.disputes.services import STREAM, DisputeTaken, claim_dispute, reopen_expired
from tests.factories import make_expert, make_worker
from tests.tasks.acts import answer_by_new_workers, claim, decide, dispute_of, pair_batch, submit, task_of
from tests.tasks.conftest import Clock
from workers.profiles.services import appoint_expert

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispute() -> Dispute:
    return dispute_of(task_of(pair_batch()))


def test_it_leases_the_dispute(dispute: Dispute, settings: object, clock: Clock) -> None:
    expert = make_expert()
    held = claim_dispute(expert=expert, dispute=dispute.public_id)
    assert (held.state, held.expert_id, held.fence) == ("claimed", expert.pk, 1)
    assert held.lease_expires_at is not None
    assert 599 < (held.lease_expires_at - clock.now()).total_seconds() <= 600


def test_it_refuses_what_another_expert_holds(dispute: Dispute) -> None:
    claim_dispute(expert=make_expert(), dispute=dispute.public_id)
    with pytest.raises(DisputeTaken):
        claim_dispute(expert=make_expert(), dispute=dispute.public_id)


def test_it_renews_the_lease_of_whoever_holds_it(dispute: Dispute, clock: Clock) -> None:
    expert = make_expert()
    first = claim_dispute(expert=expert, dispute=dispute.public_id)
    clock.forward(300)
    again = claim_dispute(expert=expert, dispute=dispute.public_id)
    assert again.fence == first.fence
    assert again.lease_expires_at is not None
    assert first.lease_expires_at is not None
    assert (again.lease_expires_at - first.lease_expires_at).total_seconds() > 299


def test_it_hands_on_a_dispute_whose_lease_ran_out(dispute: Dispute, clock: Clock) -> None:
    claim_dispute(expert=make_expert(), dispute=dispute.public_id)
    clock.forward(601)
    second = make_expert()
    assert claim_dispute(expert=second, dispute=dispute.public_id).fence == 2


def test_it_refuses_a_decided_dispute(dispute: Dispute) -> None:
    decide(make_expert(), dispute)
    with pytest.raises(DisputeTaken):
        claim_dispute(expert=make_expert(), dispute=dispute.public_id)


def test_it_hides_a_dispute_from_an_expert_who_answered_the_row() -> None:
    batch = pair_batch()
    judge = make_worker()
    submit(claim(judge, task_of(batch)), "cat")
    answer_by_new_workers(task_of(batch), ["dog"])
    dispute, expert = Dispute.objects.get(), appoint_expert(user=judge.user)
    with pytest.raises(NotFound):
        claim_dispute(expert=expert, dispute=dispute.public_id)
    assert not disputes_for(expert, "open").exists()
    assert disputes_for(make_expert(), "open").exists()


def test_it_shows_the_answers_without_their_authors_in_a_steady_order(dispute: Dispute) -> None:
    shown = case_as_shown(claim_dispute(expert=make_expert(), dispute=dispute.public_id))
    assert [set(given) for given in shown["answers"]] == [{"who", "value"}] * 2
    assert [given["who"] for given in shown["answers"]] == ["A", "B"]
    assert sorted(given["value"]["animal"] for given in shown["answers"]) == ["cat", "dog"]
    dispute.refresh_from_db()
    assert case_as_shown(dispute)["answers"] == shown["answers"]


def test_it_lists_the_queue_most_urgent_first_by_who_is_looking(dispute: Dispute) -> None:
    holder, other = make_expert(), make_expert()
    claim_dispute(expert=holder, dispute=dispute.public_id)
    assert not disputes_for(other, "open").exists()
    assert disputes_for(holder, "mine").get() == dispute
    decide(holder, dispute)
    assert disputes_for(holder, "decided").get() == dispute
    assert not disputes_for(other, "decided").exists()


def test_it_puts_a_vanished_expert_s_dispute_back_into_the_queue(dispute: Dispute, clock: Clock) -> None:
    claim_dispute(expert=make_expert(), dispute=dispute.public_id)
    assert reopen_expired() == 0
    clock.forward(601)
    sweep_leases()
    dispute.refresh_from_db()
    assert (dispute.state, dispute.lease_expires_at) == ("open", None)
    assert reopen_expired() == 0
    assert [event.kind for event in events_after(STREAM, 0)] == ["opened", "claimed", "released"]
