"""Funding a batch and giving back what is left."""

from __future__ import annotations

import pytest
from django.db import transaction
from pytest_django import Settings

from marketplace.clients.services import deposit_funds, funds_of
from marketplace.ledger.pots import fees
from marketplace.ledger.selectors import balance_micros
from marketplace.ledger.services import NotEnoughMoney, post_entry
from marketplace.projects.models import RUNNING, Batch, BatchState
from marketplace.projects.services import (
    BatchMoved,
    escrow_of,
    fund_batch,
    move_batch,
    quote_batch,
    refund_escrow,
)
from tests.factories import Shape, make_client, make_draft

pytestmark = pytest.mark.django_db


def draft(funds_micros: int | None = None) -> Batch:
    """A draft of a client that has exactly this much, or exactly the worst case."""
    batch = make_draft(make_client(funds_micros=0), Shape(work=2, gold=1))
    client = batch.project.client
    amount = quote_batch(batch).worst_case_micros if funds_micros is None else funds_micros
    if amount:
        deposit_funds(client=client, amount_micros=amount, reference="opening")
    return batch


def test_it_holds_the_worst_case_and_opens_the_batch() -> None:
    batch = draft()
    fund_batch(batch=batch)
    assert batch.state == BatchState.LIVE
    assert batch.launched_at is not None
    assert balance_micros(escrow_of(batch)) == quote_batch(batch).worst_case_micros
    assert balance_micros(funds_of(batch.project.client)) == 0


def test_it_refuses_a_batch_that_is_no_draft() -> None:
    batch = draft()
    fund_batch(batch=batch)
    held = balance_micros(escrow_of(batch))
    with pytest.raises(BatchMoved):
        fund_batch(batch=batch)
    assert balance_micros(escrow_of(batch)) == held


def test_one_micro_too_little_leaves_a_draft() -> None:
    batch = draft(quote_batch(draft(0)).worst_case_micros - 1)
    with pytest.raises(NotEnoughMoney) as refusal, transaction.atomic():
        fund_batch(batch=batch)
    batch.refresh_from_db()
    assert (batch.state, batch.launched_at) == (BatchState.DRAFT, None)
    assert balance_micros(escrow_of(batch)) == 0
    needed = quote_batch(batch).worst_case_micros
    assert refusal.value.data == {"needed_micros": needed, "available_micros": needed - 1}
    assert "at most" in refusal.value.message


def test_a_batch_dearer_than_all_money_is_refused_in_the_same_words() -> None:
    batch = draft(1)
    Batch.objects.filter(pk=batch.pk).update(reward_micros=2**62)
    batch.refresh_from_db()
    with pytest.raises(NotEnoughMoney), transaction.atomic():
        fund_batch(batch=batch)


def test_the_fee_is_the_one_of_the_draft(settings: Settings) -> None:
    batch = draft()
    before = quote_batch(batch)
    settings.FEE_PPM = 900_000
    assert quote_batch(batch) == before


def test_what_is_left_goes_back_once() -> None:
    batch = draft()
    fund_batch(batch=batch)
    held = balance_micros(escrow_of(batch))
    post_entry(kind="work", source="a", moves={escrow_of(batch): -10, fees("USD"): 10})
    assert (refund_escrow(batch=batch), refund_escrow(batch=batch)) == (held - 10, 0)
    assert balance_micros(escrow_of(batch)) == 0
    assert balance_micros(funds_of(batch.project.client)) == held - 10


def test_a_batch_moves_only_from_where_it_may() -> None:
    batch = draft()
    assert not move_batch(batch=batch, origins=RUNNING, state=BatchState.CLOSING)
    assert batch.state == BatchState.DRAFT
    fund_batch(batch=batch)
    assert move_batch(batch=batch, origins=RUNNING, state=BatchState.CLOSING)
    assert not move_batch(batch=batch, origins=RUNNING, state=BatchState.CLOSING)
    assert batch.state == BatchState.CLOSING
