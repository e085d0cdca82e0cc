"""An expert's verdict: binding, paid once, and the end of it."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.core.errors import Invalid, NotFound
from marketplace.core.events import events_after
from tasks.answers.services import AnswerInvalid
from tasks.consensus.models import Consensus
from tasks.disputes.models import Dispute, Verdict
from tasks.disputes.services import STREAM, DisputeLeaseLost, claim_dispute, reopen_expired
from tasks.flow.services import decide_dispute
from tasks.flow.submit import decide_tasks
from tests.factories import make_expert
from tests.tasks.acts import decide, dispute_of, escrow_micros, pair_batch, task_of
from tests.tasks.conftest import Clock
from workers.pay.selectors import earnings
from workers.profiles.models import Expert

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispute() -> Dispute:
    return dispute_of(task_of(pair_batch()))


def say(expert: Expert, dispute: Dispute, **changed: Any) -> Verdict:
    words = {"outcome": "decided", "answer": {"animal": "cat"}, "reason": "clear"} | changed
    return decide_dispute(expert=expert, dispute=dispute.public_id, **words)


def test_it_makes_the_verdict_the_consensus_and_resolves_the_task(dispute: Dispute) -> None:
    decide(make_expert(), dispute, "cat")
    task = dispute.task
    task.refresh_from_db()
    row = Consensus.objects.get(task=task)
    assert task.state == "resolved"
    assert (row.value, row.method, row.answers_used) == ("cat", "verdict", 2)
    assert [event.kind for event in events_after(STREAM, 0)] == ["opened", "claimed", "decided"]


def test_it_pays_the_expert_from_escrow_and_the_fee_on_top(dispute: Dispute) -> None:
    expert, before = make_expert(), escrow_micros(dispute.batch)
    decide(expert, dispute)
    reward = dispute.batch.expert_reward_micros
    assert earnings(expert.public_id)[0].available_micros == reward
    assert before - escrow_micros(dispute.batch) == reward + reward // 5


def test_it_keeps_what_the_answers_said_where_nobody_can_tell(dispute: Dispute) -> None:
    before = Consensus.objects.get(task=dispute.task)
    decide(make_expert(), dispute, None, reason="broken_row", note="The picture is black.")
    after = Consensus.objects.get(task=dispute.task)
    assert (after.value, after.method) == (before.value, before.method)
    verdict = Verdict.objects.get()
    assert (verdict.outcome, verdict.answer, verdict.note) == ("undecidable", None, "The picture is black.")
    dispute.task.refresh_from_db()
    assert dispute.task.state == "resolved"


def test_it_changes_nothing_when_the_same_is_said_again(dispute: Dispute) -> None:
    expert = make_expert()
    decide(expert, dispute, "cat")
    paid = earnings(expert.public_id)
    assert say(expert, dispute).dispute_id == dispute.pk
    assert earnings(expert.public_id) == paid
    assert Verdict.objects.count() == 1


def test_it_refuses_to_say_something_else_afterwards(dispute: Dispute) -> None:
    expert = make_expert()
    decide(expert, dispute, "cat")
    with pytest.raises(DisputeLeaseLost):
        say(expert, dispute, answer={"animal": "dog"})
    assert Verdict.objects.get().answer == {"animal": "cat"}


def test_it_refuses_an_expert_who_does_not_hold_it(dispute: Dispute) -> None:
    claim_dispute(expert=make_expert(), dispute=dispute.public_id)
    with pytest.raises(DisputeLeaseLost):
        say(make_expert(), dispute)
    assert not Verdict.objects.exists()


def test_it_refuses_one_that_nobody_claimed(dispute: Dispute) -> None:
    with pytest.raises(DisputeLeaseLost):
        say(make_expert(), dispute)


def test_it_refuses_an_expert_whose_dispute_went_back(dispute: Dispute, clock: Clock) -> None:
    expert = make_expert()
    claim_dispute(expert=expert, dispute=dispute.public_id)
    clock.forward(601)
    reopen_expired()
    with pytest.raises(DisputeLeaseLost):
        say(expert, dispute)


def test_it_refuses_a_verdict_under_an_older_claim(dispute: Dispute, clock: Clock) -> None:
    expert = make_expert()
    first = claim_dispute(expert=expert, dispute=dispute.public_id)
    clock.forward(601)
    reopen_expired()
    claim_dispute(expert=expert, dispute=dispute.public_id)
    with pytest.raises(DisputeLeaseLost):
        say(expert, dispute, fence=first.fence)


def test_it_refuses_a_dispute_that_does_not_exist() -> None:
    with pytest.raises(NotFound):
        decide_dispute(
            expert=make_expert(), dispute="A" * 16, outcome="undecidable", answer=None, reason="other"
        )


def test_it_refuses_an_answer_that_does_not_fit_and_keeps_the_lease(dispute: Dispute) -> None:
    expert = make_expert()
    claim_dispute(expert=expert, dispute=dispute.public_id)
    with pytest.raises(AnswerInvalid):
        say(expert, dispute, answer={"animal": "horse"})
    dispute.refresh_from_db()
    assert dispute.state == "claimed"


@pytest.mark.parametrize(
    ("changed", "code"), [({"outcome": "maybe"}, "outcome_unknown"), ({"reason": "mood"}, "reason_unknown")]
)
def test_it_refuses_words_it_does_not_know(dispute: Dispute, changed: dict[str, str], code: str) -> None:
    expert = make_expert()
    claim_dispute(expert=expert, dispute=dispute.public_id)
    with pytest.raises(Invalid) as refusal:
        say(expert, dispute, **changed)
    assert [fault.code for fault in refusal.value.faults] == [code]
    assert not Verdict.objects.exists()


def test_it_stands_when_the_answers_are_weighed_again(dispute: Dispute) -> None:
    decide(make_expert(), dispute, "cat")
    decide_tasks(task_ids=[dispute.task_id])
    row = Consensus.objects.get(task=dispute.task)
    assert (row.value, row.method) == ("cat", "verdict")
