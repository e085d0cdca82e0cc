"""Paying accepted answers out of escrow."""

from __future__ import annotations

import pytest

from marketplace.ledger.pots import AccountKind, fees
from marketplace.ledger.selectors import balance_micros
from marketplace.ledger.services import NotEnoughMoney
from marketplace.projects.models import Batch
from marketplace.projects.services import escrow_of, fund_batch, quote_batch
from tests.factories import Shape, make_draft, make_user, make_worker
from workers.pay.services import earnings_of, pay_expert, pay_work
from workers.profiles.models import Worker
from workers.teams.services import add_member, create_vendor

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch() -> Batch:
    """A funded batch with a fee of a fifth, one task and one answer to it at most."""
    terms = {"min_overlap": 1, "max_overlap": 1, "expert_reward_micros": 500_001}
    batch = make_draft(shape=Shape(work=1, terms=terms))
    fund_batch(batch=batch)
    return batch


@pytest.fixture
def ben() -> Worker:
    """A worker without a team."""
    return make_worker("Ben")


def earned(owner: str) -> int:
    return balance_micros(earnings_of(owner, "USD"))


def pay(batch: Batch, worker: Worker, reward: int = 50_001, source: str = "answers:A") -> object:
    return pay_work(batch=batch, worker=worker, reward_micros=reward, source=source, memo="1 x First")


def test_the_worker_gets_the_whole_reward_and_the_platform_its_fee(batch: Batch, ben: Worker) -> None:
    held = balance_micros(escrow_of(batch))
    pay(batch, ben)
    assert (earned(ben.public_id), balance_micros(fees("USD"))) == (50_001, 10_001)
    assert balance_micros(escrow_of(batch)) == held - 60_002


def test_the_same_source_is_paid_once(batch: Batch, ben: Worker) -> None:
    assert pay(batch, ben) is not None
    assert pay(batch, ben) is None
    assert pay(batch, make_worker("Bea")) is None
    assert earned(ben.public_id) == 50_001


def test_a_vendor_gets_its_share_of_its_workers_rewards(batch: Batch, ben: Worker) -> None:
    vendor = create_vendor(manager=make_user(), name="Team", share_ppm=300_000)
    add_member(vendor=vendor, worker=ben)
    pay(batch, ben)
    pay(batch, make_worker("Bea"), source="answers:B")
    assert (earned(ben.public_id), earned(vendor.public_id)) == (35_001, 15_000)
    assert balance_micros(fees("USD")) == 2 * 10_001


def test_a_vendor_without_a_share_gets_no_line_in_the_books(batch: Batch, ben: Worker) -> None:
    add_member(vendor=create_vendor(manager=make_user(), name="Team"), worker=ben)
    entry = pay_work(batch=batch, worker=ben, reward_micros=50_000, source="answers:A", memo="")
    assert entry is not None
    assert {line.account.kind for line in entry.postings.all()} == {
        AccountKind.ESCROW,
        AccountKind.EARNINGS,
        AccountKind.FEES,
    }
    assert earned(ben.public_id) == 50_000


def test_more_than_the_escrow_is_refused_and_nobody_is_paid(batch: Batch, ben: Worker) -> None:
    with pytest.raises(NotEnoughMoney):
        pay(batch, ben, reward=quote_batch(batch).worst_case_micros)
    assert earned(ben.public_id) == 0
    assert pay(batch, ben) is not None


def test_a_verdict_is_paid_once(batch: Batch) -> None:
    held = balance_micros(escrow_of(batch))
    for _ in range(2):
        pay_expert(batch=batch, expert="CHO", source="verdict:A", memo="First")
    assert (earned("CHO"), balance_micros(fees("USD"))) == (500_001, 100_001)
    assert balance_micros(escrow_of(batch)) == held - 600_002


def test_a_verdict_without_a_reward_leaves_the_books_alone() -> None:
    batch = make_draft(shape=Shape(terms={"expert_reward_micros": 0}))
    fund_batch(batch=batch)
    assert pay_expert(batch=batch, expert="CHO", source="verdict:A", memo="First") is None
    assert earned("CHO") == 0
