"""Opening the accounts of a replay."""

from __future__ import annotations

import pytest

from marketplace.accounts.models import ApiKey, Scope, User
from marketplace.accounts.rules import hash_secret
from marketplace.clients.services import MAX_DEPOSIT_MICROS, funds_of
from marketplace.ledger.selectors import balance_micros
from tasks.replays import people
from tests.factories import make_client
from workers.profiles.models import Expert, Worker

pytestmark = pytest.mark.django_db


def test_it_gives_everybody_a_key_for_their_role_only() -> None:
    made = people.make_people(run="R1", workers=["w1", "w2"])

    def scopes(secret: str) -> list[str]:
        return ApiKey.objects.get(secret_hash=hash_secret(secret)).scopes

    assert scopes(made.owner) == [Scope.CLIENT]
    assert scopes(made.expert) == [Scope.REVIEW]
    assert [scopes(made.workers[name]) for name in ("w1", "w2")] == [[Scope.WORK], [Scope.WORK]]
    assert set(Worker.objects.values_list("display_name", flat=True)) == {"w1", "w2"}
    assert Expert.objects.count() == 1


def test_nobody_can_sign_in_to_its_accounts_and_none_is_an_operator() -> None:
    people.make_people(run="R1", workers=["w1"])
    assert not any(user.has_usable_password() or user.is_staff for user in User.objects.all())


def test_a_second_replay_has_people_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "CHUNK", 2)
    people.make_people(run="R1", workers=["w1", "w2", "w3"])
    people.make_people(run="R2", workers=["w1", "w2", "w3"])
    assert Worker.objects.count() == 6


def test_it_deposits_more_than_one_deposit_may_hold() -> None:
    client = make_client(funds_micros=0)
    people.deposit_as_operator(
        client=client.public_id, amount_micros=MAX_DEPOSIT_MICROS + 5, reference="replay"
    )
    assert balance_micros(funds_of(client)) == MAX_DEPOSIT_MICROS + 5
