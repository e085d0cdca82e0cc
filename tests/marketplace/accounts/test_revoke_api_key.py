"""Revoking API keys."""

from __future__ import annotations

import pytest

from marketplace.accounts.models import ApiKey
from marketplace.accounts.services import create_api_key
from tests.factories import make_user
from tests.marketplace.callers import as_key, as_user, ok, refused

pytestmark = pytest.mark.django_db


def test_a_revoked_key_stops_at_once_and_is_kept_as_a_record() -> None:
    user = make_user()
    key, secret = create_api_key(user=user, name="laptop", scopes=["client"])
    assert as_user(user).delete(f"/api/v1/keys/{key.public_id}").status_code == 204
    refused(as_key(secret).get("/api/v1/me"), 401, "authentication_failed")
    assert ok(as_user(user).get("/api/v1/keys"))["results"] == []
    assert ApiKey.objects.get().revoked_at is not None


def test_it_refuses_a_key_of_somebody_else() -> None:
    key, secret = create_api_key(user=make_user(), name="laptop", scopes=["client"])
    refused(as_user(make_user()).delete(f"/api/v1/keys/{key.public_id}"), 404, "not_found")
    ok(as_key(secret).get("/api/v1/me"))


def test_it_refuses_a_key_that_is_revoked_already() -> None:
    user = make_user()
    key, _ = create_api_key(user=user, name="laptop", scopes=["client"])
    as_user(user).delete(f"/api/v1/keys/{key.public_id}")
    refused(as_user(user).delete(f"/api/v1/keys/{key.public_id}"), 404, "not_found")
