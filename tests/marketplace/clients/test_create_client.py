"""Opening a client."""

from __future__ import annotations

import pytest

from marketplace.clients.models import Client, Role
from marketplace.clients.services import create_client
from marketplace.core.errors import Invalid
from tests.factories import make_user
from tests.marketplace.callers import as_user, faults_of, ok, refused

pytestmark = pytest.mark.django_db


def test_whoever_opens_a_client_owns_it() -> None:
    ada = make_user("Ada")
    client = create_client(user=ada, name=" Ada's Animals ", currency="EUR")
    assert (client.name, client.currency) == ("Ada's Animals", "EUR")
    assert [(each.user, each.role) for each in client.memberships.all()] == [(ada, Role.OWNER)]


@pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR", "U$D", "ÄÖÜ", ""])
def test_it_refuses_a_currency_that_is_none(currency: str) -> None:
    with pytest.raises(Invalid) as refusal:
        create_client(user=make_user(), name="A", currency=currency)
    assert [fault.code for fault in refusal.value.faults] == ["currency_unknown"]
    assert not Client.objects.exists()


def test_it_lists_every_fault_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        create_client(user=make_user(), name="  ", currency="usd")
    assert [fault.where for fault in refusal.value.faults] == ["name", "currency"]


def test_over_http_it_opens_in_dollars_unless_told_otherwise() -> None:
    caller = as_user(make_user())
    made = ok(caller.post("/api/v1/clients", {"name": "Ada's Animals"}, format="json"), 201)
    assert (made["currency"], made["funds_micros"]) == ("USD", 0)
    assert ok(caller.get(f"/api/v1/clients/{made['id']}")) == made
    assert ok(caller.get("/api/v1/clients"))["results"] == [made]


def test_over_http_a_fault_has_its_place() -> None:
    reply = as_user(make_user()).post("/api/v1/clients", {"name": "A", "currency": "usd"}, format="json")
    assert faults_of(refused(reply, 422, "invalid")) == [("currency", "currency_unknown")]
