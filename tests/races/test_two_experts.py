"""Two experts reach for one dispute: one has it, one verdict stands, one is paid."""

from __future__ import annotations

from functools import partial

import pytest

from marketplace.core.clock import now
from marketplace.core.events import events_after
from marketplace.ledger.selectors import statement
from tasks.disputes.models import Dispute, Verdict
from tasks.disputes.services import STREAM, claim_dispute, reopen_expired
from tasks.flow.services import decide_dispute
from tests.factories import make_expert
from tests.races.crowd import Meeting, at_once, kinds
from tests.tasks.acts import dispute_of, pair_batch, task_of
from workers.profiles.models import Expert

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CROWD = 8


def naive_claim(expert: Expert, pk: int, meeting: Meeting) -> None:
    """Look whether it is free, then take it."""
    found = Dispute.objects.get(pk=pk)
    assert found.state == "open"
    meeting.wait()
    found.state, found.expert, found.lease_expires_at = "claimed", expert, now()
    found.save()


def test_without_a_guard_everybody_believes_to_have_it() -> None:
    dispute, meeting = dispute_of(task_of(pair_batch())), Meeting(CROWD)
    acts = [partial(naive_claim, make_expert(), dispute.pk, meeting) for _ in range(CROWD)]
    assert kinds(at_once(*acts)) == {"done": CROWD}


def test_it_gives_the_dispute_to_one_of_many() -> None:
    dispute = dispute_of(task_of(pair_batch()))
    people = [make_expert() for _ in range(CROWD)]
    results = at_once(*[partial(claim_dispute, expert=each, dispute=dispute.public_id) for each in people])
    assert kinds(results) == {"done": 1, "DisputeTaken": CROWD - 1}
    winner = next(expert for expert, each in zip(people, results, strict=True) if isinstance(each, Dispute))
    dispute.refresh_from_db()
    assert (dispute.expert_id, dispute.fence) == (winner.pk, 1)
    assert [event.seq for event in events_after(STREAM, 0)] == [1, 2]


def test_it_stands_by_one_verdict_and_pays_it_once() -> None:
    dispute, expert = dispute_of(task_of(pair_batch())), make_expert()
    claim_dispute(expert=expert, dispute=dispute.public_id)
    decide = partial(
        decide_dispute, expert=expert, dispute=dispute.public_id, outcome="decided", reason="clear"
    )
    acts = [partial(decide, answer={"animal": animal}) for animal in ("cat", "dog") * 3]
    results = at_once(*acts)
    assert kinds(results) == {"done": 3, "DisputeLeaseLost": 3}
    assert Verdict.objects.count() == 1
    assert statement(owner=expert.public_id).count() == 1


def test_it_ends_in_one_state_when_a_verdict_meets_the_sweep() -> None:
    dispute, expert = dispute_of(task_of(pair_batch())), make_expert()
    claim_dispute(expert=expert, dispute=dispute.public_id)
    Dispute.objects.update(lease_expires_at=now())
    decide = partial(
        decide_dispute,
        expert=expert,
        dispute=dispute.public_id,
        outcome="undecidable",
        answer=None,
        reason="other",
    )
    decided, reopened = at_once(decide, reopen_expired)
    dispute.refresh_from_db()
    assert (dispute.state == "decided") == isinstance(decided, Verdict) == (reopened == 0)
    assert Verdict.objects.filter(dispute=dispute).exists() == (dispute.state == "decided")
