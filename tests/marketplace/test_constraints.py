"""Every named constraint of the two lower floors refuses, under its own name, what it is there to refuse.

Whoever adds a constraint adds the row here that breaks it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps

from marketplace.accounts.models import ApiKey, User
from marketplace.clients.models import Client, Membership
from marketplace.core.clock import now
from marketplace.core.models import Event, StoredReply, Stream, SweepClock
from marketplace.datasets.models import Dataset, Row, RowError
from marketplace.ledger.models import Account, JournalEntry, Posting
from marketplace.ledger.pots import AccountKind
from marketplace.ledger.services import account_of
from marketplace.projects.models import Batch, Guideline
from tests.factories import make_client, make_dataset, make_draft, make_project, make_user, make_worker
from tests.marketplace.ledger.pots import filled, pot
from tests.marketplace.referee import verdict_on
from workers.pay.models import Payout
from workers.reliability.models import Reliability
from workers.teams.models import Vendor, VendorManager
from workers.teams.services import create_vendor

pytestmark = pytest.mark.django_db

# Each row of the table that it guards has an id of its own, so the primary key always speaks first; it is
# there for foreign keys that name account and currency together.
SILENT = {"account_has_one_currency"}
TRIGGERS = {"journal_entry_balances", "ledger_is_append_only"}


def a_row(dataset: Dataset, position: int, external_id: str | None = None) -> None:
    Row.objects.create(dataset=dataset, position=position, external_id=external_id, data={})


def a_dataset() -> Dataset:
    return make_dataset(make_client(funds_micros=0), [{"id": "a", "text": "first"}])


def a_batch_with(**fields: object) -> None:
    Batch.objects.filter(pk=make_draft().pk).update(**fields)


def one_account_twice() -> None:
    account = account_of(pot())
    Account.objects.create(kind=account.kind, owner=account.owner, currency=account.currency)


def one_entry_twice() -> None:
    for _ in range(2):
        JournalEntry.objects.create(kind="escrow", source="batch:A")


def a_posting_of(amount_micros: int) -> None:
    entry = JournalEntry.objects.create(kind="raw", source="raw")
    Posting.objects.create(entry=entry, account=account_of(filled(5)), amount_micros=amount_micros)


def one_event_number_twice() -> None:
    stream = Stream.objects.create(name="disputes")
    for _ in range(2):
        Event.objects.create(stream=stream, seq=1, kind="opened", created_at=now())


def one_key_twice() -> None:
    actor = make_user()
    for _ in range(2):
        StoredReply.objects.create(actor=actor, key="k", request_hash="", created_at=now())


def one_member_twice() -> None:
    user = make_user()
    Membership.objects.create(client=make_client(user, funds_micros=0), user=user, role="viewer")


def one_line_blamed_twice() -> None:
    dataset = a_dataset()
    for _ in range(2):
        RowError.objects.create(dataset=dataset, line=1, code="not_utf8", detail="")


def one_version_twice() -> None:
    Guideline.objects.create(project=make_project(make_client(funds_micros=0)), version=1, body="Again.")


def one_manager_twice() -> None:
    user = make_user()
    VendorManager.objects.create(vendor=create_vendor(manager=user, name="Team"), user=user)


def a_record(**fields: int) -> None:
    project = make_project(make_client(funds_micros=0))
    Reliability.objects.create(worker=make_worker(), project=project, question="animal", **fields)


def one_record_twice() -> None:
    a_record()
    record = Reliability.objects.get()
    Reliability.objects.create(worker=record.worker, project=record.project, question=record.question)


def a_payout(**fields: object) -> None:
    Payout.objects.create(**({"owner": "A", "currency": "USD", "amount_micros": 1} | fields))


BREAKS: dict[str, Callable[[], object]] = {
    "one_person_per_email": lambda: [User.objects.create(email=each) for each in ("a@b.org", "A@b.org")],
    "api_key_scopes_known": lambda: ApiKey.objects.create(user=make_user(), scopes=["work", "root"]),
    "client_currency_is_iso": lambda: Client.objects.create(name="A", currency="usd"),
    "one_membership_per_person_and_client": one_member_twice,
    "membership_role_known": lambda: Membership.objects.create(
        client=make_client(funds_micros=0), user=make_user(), role="king"
    ),
    "stream_counts_up": lambda: Stream.objects.create(name="s", last_seq=-1),
    "event_numbered_once_in_its_stream": one_event_number_twice,
    "one_reply_per_actor_and_key": one_key_twice,
    "dataset_state_known": lambda: Dataset.objects.filter(pk=a_dataset().pk).update(state="melted"),
    "row_position_once_in_dataset": lambda: a_row(a_dataset(), 0),
    "row_external_id_once_in_dataset": lambda: a_row(a_dataset(), 1, "a"),
    "line_blamed_once_per_code": one_line_blamed_twice,
    "one_account_per_owner_and_kind": one_account_twice,
    "balance_not_below_zero": lambda: a_posting_of(-6),
    "account_kind_known": lambda: Account.objects.create(kind="mattress", currency="USD"),
    "one_entry_per_source_and_kind": one_entry_twice,
    "posting_moves_something": lambda: a_posting_of(0),
    "journal_entry_balances": lambda: a_posting_of(-5),
    "ledger_is_append_only": lambda: (filled(5), Posting.objects.all().delete()),
    "guideline_version_once": one_version_twice,
    "batch_state_known": lambda: a_batch_with(state="gone"),
    "batch_overlap_in_order": lambda: a_batch_with(min_overlap=3, max_overlap=2),
    "batch_pays_something": lambda: a_batch_with(reward_micros=0),
    "batch_target_is_a_probability": lambda: a_batch_with(target_accuracy=1.0),
    "batch_gold_share_below_one": lambda: a_batch_with(gold_share=1.0),
    "batch_closing_has_a_step": lambda: a_batch_with(state="closing"),
    "batch_lets_everybody_answer_something": lambda: a_batch_with(most_per_worker=0),
    "client_priority_above_zero": lambda: Client.objects.create(name="A", priority=0),
    "sweep_clock_ahead_until_a_moment": lambda: SweepClock.objects.create(
        name="leases", booted_at=now(), ahead_seconds=1.0
    ),
    "payout_of_something": lambda: a_payout(amount_micros=0),
    "payout_state_known": lambda: a_payout(state="lost"),
    "one_reliability_per_worker_and_question": one_record_twice,
    "not_more_right_than_answered": lambda: a_record(gold_right=2, gold_answers=1),
    "vendor_share_at_most_half": lambda: Vendor.objects.create(name="Team", share_ppm=500_001),
    "one_manager_once_per_vendor": one_manager_twice,
}
# the other half of a constraint that guards more than one thing
ALSO: list[tuple[str, Callable[[], object]]] = [
    ("batch_overlap_in_order", lambda: a_batch_with(min_overlap=0)),
    ("batch_pays_something", lambda: a_batch_with(expert_reward_micros=-1)),
    ("batch_target_is_a_probability", lambda: a_batch_with(target_accuracy=0.0)),
    ("batch_gold_share_below_one", lambda: a_batch_with(gold_share=-0.1)),
    ("batch_closing_has_a_step", lambda: a_batch_with(closing_step="waiting")),
    ("client_currency_is_iso", lambda: Client.objects.create(name="A", currency="US")),
    ("client_priority_above_zero", lambda: Client.objects.create(name="A", priority=101)),
]


@pytest.mark.parametrize(("name", "broken"), [*BREAKS.items(), *ALSO], ids=[*BREAKS, *(n for n, _ in ALSO)])
def test_it_is_refused_by_the_database(name: str, broken: Callable[[], object]) -> None:
    assert verdict_on(broken) == name


def test_every_constraint_of_the_two_floors_is_broken_here() -> None:
    models = [*apps.get_app_config("marketplace").get_models(), *apps.get_app_config("workers").get_models()]
    declared = {constraint.name for model in models for constraint in model._meta.constraints}
    assert set(BREAKS) == (declared | TRIGGERS) - SILENT


def test_every_kind_of_account_is_known_to_the_database() -> None:
    for kind in AccountKind:
        Account.objects.create(kind=kind, owner="A", currency="USD")
    assert Account.objects.filter(owner="A").count() == len(AccountKind)
