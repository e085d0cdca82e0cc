"""Making API keys, as a service and over HTTP."""

from __future__ import annotations

import pytest

from marketplace.accounts.models import ApiKey
from marketplace.accounts.rules import PREFIX, hash_secret, new_secret
from marketplace.accounts.services import create_api_key
from marketplace.core.errors import Invalid
from tests.factories import make_user
from tests.marketplace.callers import as_user, faults_of, ok, refused, with_key

pytestmark = pytest.mark.django_db


def test_it_keeps_the_hash_and_never_the_secret() -> None:
    key, secret = create_api_key(user=make_user(), name="laptop", scopes=["work"])
    stored = ApiKey.objects.filter(pk=key.pk).values().get()
    assert stored["secret_hash"] == hash_secret(secret)
    assert secret not in str(stored)


def test_no_two_secrets_are_alike_and_a_scanner_can_find_them() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(secret.startswith(PREFIX) and len(secret) >= 38 for secret in secrets)


def test_it_stores_each_scope_once() -> None:
    key, _ = create_api_key(user=make_user(), name="laptop", scopes=["work", "client", "work"])
    assert key.scopes == ["client", "work"]


@pytest.mark.parametrize("scopes", [[], ["root"], ["work", "root"]])
def test_it_refuses_scopes_it_does_not_know(scopes: list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        create_api_key(user=make_user(), name="laptop", scopes=scopes)
    assert [fault.code for fault in refusal.value.faults] == ["scope_unknown"]


def test_the_secret_is_in_the_first_reply_and_in_no_other() -> None:
    caller = as_user(make_user())
    made = ok(caller.post("/api/v1/keys", {"name": "laptop", "scopes": ["work"]}, format="json"), 201)
    assert made["key"].startswith(PREFIX)
    (listed,) = ok(caller.get("/api/v1/keys"))["results"]
    assert (listed["id"], listed["name"], listed["scopes"]) == (made["id"], "laptop", ["work"])
    assert "key" not in listed


def test_a_secret_is_not_stored_with_a_reply_either() -> None:
    caller, body = as_user(make_user()), {"name": "laptop", "scopes": ["work"]}
    replies = [
        ok(caller.post("/api/v1/keys", body, format="json", headers={"Idempotency-Key": "k"}), 201)
        for _ in range(2)
    ]
    assert replies[0]["key"] != replies[1]["key"]


def test_a_key_cannot_make_keys() -> None:
    program = with_key(make_user(), "client", "work", "operate")
    reply = program.post("/api/v1/keys", {"name": "more", "scopes": ["work"]}, format="json")
    refused(reply, 403, "forbidden")
    assert ApiKey.objects.count() == 1


def test_every_fault_is_told_at_once() -> None:
    reply = as_user(make_user()).post("/api/v1/keys", {"name": "", "scopes": ["root"]}, format="json")
    faults = faults_of(refused(reply, 422, "invalid"))
    assert faults == [("name", "blank"), ("scopes.0", "invalid_choice")]
