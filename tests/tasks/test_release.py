"""Handing a dispute back."""

from __future__ import annotations

import pytest

from marketplace.core.errors import NotFound
from tasks.disputes.models import Dispute
from tasks.disputes.services import DisputeLeaseLost, claim_dispute, release_dispute
from tests.factories import make_expert
from tests.tasks.acts import decide, dispute_of, pair_batch, task_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispute() -> Dispute:
    return dispute_of(task_of(pair_batch()))


def test_it_puts_the_dispute_back_for_everybody(dispute: Dispute) -> None:
    first, second = make_expert(), make_expert()
    claim_dispute(expert=first, dispute=dispute.public_id)
    release_dispute(expert=first, dispute=dispute.public_id)
    dispute.refresh_from_db()
    assert (dispute.state, dispute.lease_expires_at) == ("open", None)
    assert claim_dispute(expert=second, dispute=dispute.public_id).fence == 2


def test_it_refuses_what_one_does_not_hold(dispute: Dispute) -> None:
    expert = make_expert()
    with pytest.raises(DisputeLeaseLost):
        release_dispute(expert=expert, dispute=dispute.public_id)
    claim_dispute(expert=make_expert(), dispute=dispute.public_id)
    with pytest.raises(DisputeLeaseLost):
        release_dispute(expert=expert, dispute=dispute.public_id)


def test_it_refuses_a_decided_dispute(dispute: Dispute) -> None:
    expert = make_expert()
    decide(expert, dispute)
    with pytest.raises(DisputeLeaseLost):
        release_dispute(expert=expert, dispute=dispute.public_id)
    dispute.refresh_from_db()
    assert dispute.state == "decided"


def test_it_refuses_a_dispute_that_does_not_exist() -> None:
    with pytest.raises(NotFound):
        release_dispute(expert=make_expert(), dispute="A" * 16)
