"""The page of a person's API keys, and the error pages of domain errors."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from marketplace.accounts.models import ApiKey
from marketplace.accounts.rules import hash_secret
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def signed_in(client: Client) -> Client:
    client.force_login(make_user(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_it_sends_strangers_to_the_sign_in(client: Client) -> None:
    assert client.get("/account/keys").headers["Location"].startswith("/account/login/")


def test_it_shows_a_new_secret_once(client: Client) -> None:
    page = signed_in(client).post("/account/keys", {"name": "laptop", "scopes": ["work"]}).content.decode()
    found = re.search(r"assay_[\w-]{32}", page)
    assert found is not None
    assert ApiKey.objects.get().secret_hash == hash_secret(found.group())
    again = client.get("/account/keys").content.decode()
    assert "laptop" in again
    assert found.group() not in again


def test_it_revokes_a_key(client: Client) -> None:
    signed_in(client).post("/account/keys", {"name": "laptop", "scopes": ["work"]})
    client.post(f"/account/keys/{ApiKey.objects.get().public_id}/revoke")
    assert ApiKey.objects.get().revoked_at is not None


def test_what_is_not_there_is_the_designed_page_not_found(client: Client) -> None:
    reply = signed_in(client).post("/account/keys/NOSUCHKEY/revoke")
    assert reply.status_code == 404
    assert "404.html" in [template.name for template in reply.templates]
