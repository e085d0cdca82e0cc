"""Money coming in: by an operator, or in a demo by the client itself."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from marketplace.accounts.models import User
from marketplace.clients.models import Client, Role
from marketplace.clients.services import MAX_DEPOSIT_MICROS, ReferenceTaken, deposit_funds, funds_of
from marketplace.core.errors import Invalid
from marketplace.ledger.pots import outside
from marketplace.ledger.selectors import balance_micros
from tests.factories import make_client, make_user
from tests.marketplace.callers import as_user, faults_of, ok, refused, with_key
from tests.marketplace.clients.cast import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_() -> Client:
    """A client without money."""
    return make_client(funds_micros=0)


def deposit(user: User, client: Client, amount: Any = 5_000_000, reference: str = "bank 1") -> Any:
    body = {"amount_micros": amount, "reference": reference}
    return as_user(user).post(f"/api/v1/clients/{client.public_id}/deposits", body, format="json")


def test_it_fills_the_purse_from_outside(client_: Client) -> None:
    assert deposit_funds(client=client_, amount_micros=7, reference="bank 1") is not None
    assert (balance_micros(funds_of(client_)), balance_micros(outside("USD"))) == (7, -7)


def test_it_books_a_reference_once_for_each_client(client_: Client) -> None:
    other = make_client(funds_micros=0)
    for _ in range(2):
        for each in (client_, other):
            deposit_funds(client=each, amount_micros=7, reference="bank 1")
    assert [balance_micros(funds_of(each)) for each in (client_, other)] == [7, 7]


def test_it_refuses_another_amount_under_the_same_reference(client_: Client) -> None:
    assert deposit_funds(client=client_, amount_micros=7, reference="bank 1") is not None
    with pytest.raises(ReferenceTaken):
        deposit_funds(client=client_, amount_micros=8, reference="bank 1")
    assert deposit_funds(client=client_, amount_micros=7, reference="bank 1") is None


@pytest.mark.parametrize("reference", ["", "x" * 41])
def test_it_refuses_a_reference_it_could_not_tell_from_another(client_: Client, reference: str) -> None:
    with pytest.raises(Invalid) as refusal:
        deposit_funds(client=client_, amount_micros=7, reference=reference)
    assert [fault.code for fault in refusal.value.faults] == ["reference_length"]


@pytest.mark.parametrize("amount", [0, -1, MAX_DEPOSIT_MICROS + 1])
def test_it_refuses_an_amount_out_of_range(client_: Client, amount: int) -> None:
    with pytest.raises(Invalid) as refusal:
        deposit_funds(client=client_, amount_micros=amount, reference="bank 1")
    assert [fault.code for fault in refusal.value.faults] == ["amount_out_of_range"]


def test_an_operator_books_what_arrived(client_: Client) -> None:
    operator = make_user("Op", is_staff=True)
    assert ok(deposit(operator, client_), 201)["funds_micros"] == 5_000_000
    assert ok(deposit(operator, client_), 201)["funds_micros"] == 5_000_000  # the same transfer again
    assert ok(deposit(operator, client_, reference="bank 2"), 201)["funds_micros"] == 10_000_000


def test_an_operator_is_told_of_a_client_that_is_not_there(client_: Client) -> None:
    client_.public_id = "NOSUCHCLIENT"
    refused(deposit(make_user("Op", is_staff=True), client_), 404, "not_found")


@pytest.mark.parametrize("role", Role)
def test_members_cannot_book_money_themselves(client_: Client, role: Role) -> None:
    refused(deposit(member(client_, role), client_), 403, "forbidden")


def test_a_stranger_learns_nothing(client_: Client) -> None:
    refused(deposit(make_user("Dan"), client_), 403, "forbidden")


@pytest.mark.parametrize(
    ("role", "status"), [(Role.OWNER, 201), (Role.MANAGER, 201), (Role.VIEWER, 403), (None, 404)]
)
def test_in_a_demo_the_client_fills_its_own_purse(
    client_: Client, role: Role | None, status: int, settings: Settings
) -> None:
    settings.DEMO = True
    user = member(client_, role) if role else make_user("Dan")
    assert deposit(user, client_).status_code == status


def test_a_key_needs_the_clients_scope(client_: Client) -> None:
    operator = with_key(make_user("Op", is_staff=True), "operate")
    reply = operator.post(f"/api/v1/clients/{client_.public_id}/deposits", {}, format="json")
    refused(reply, 403, "scope_missing")


@pytest.mark.parametrize("amount", [0, -5, 1.5, "much", None, MAX_DEPOSIT_MICROS + 1, 10**40, True])
def test_over_http_a_wrong_amount_is_a_fault(client_: Client, amount: Any) -> None:
    problem = refused(deposit(make_user("Op", is_staff=True), client_, amount), 422, "invalid")
    assert [where for where, _ in faults_of(problem)] == ["amount_micros"]


def test_the_statement_shows_it(client_: Client) -> None:
    owner = member(client_, Role.VIEWER)
    deposit_funds(client=client_, amount_micros=7, reference="bank 1")
    (line,) = ok(as_user(owner).get(f"/api/v1/clients/{client_.public_id}/statement"))["results"]
    assert line.pop("at")
    assert line == {
        "kind": "deposit",
        "account": "funds",
        "amount_micros": 7,
        "currency": "USD",
        "memo": "bank 1",
    }
