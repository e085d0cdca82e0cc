"""Calling with an API key: who gets in, and where."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.accounts.models import ApiKey
from marketplace.accounts.services import create_api_key
from marketplace.core.clock import now
from tests.factories import make_client, make_user
from tests.marketplace.callers import as_key, as_user, ok, refused, with_key

pytestmark = pytest.mark.django_db

ME = "/api/v1/me"


def test_a_key_acts_for_its_user() -> None:
    user = make_user("Ada")
    assert ok(with_key(user, "client").get(ME))["id"] == user.public_id


def test_without_a_key_or_a_session_it_asks_for_one() -> None:
    reply = as_key("").get(ME)
    refused(reply, 401, "not_authenticated")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("secret", ["assay_unknown", "x", "caf\u00e9"])
def test_it_refuses_a_key_it_does_not_know(secret: str) -> None:
    reply = as_key(secret).get(ME)
    refused(reply, 401, "authentication_failed")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer a b"])
def test_another_kind_of_header_is_no_key(header: str) -> None:
    caller = as_key("")
    caller.credentials(HTTP_AUTHORIZATION=header)
    refused(caller.get(ME), 401, "not_authenticated")


@pytest.mark.parametrize("change", [{"revoked_at": now()}, {"expires_at": now()}], ids=["revoked", "expired"])
def test_a_key_that_is_over_no_longer_works(change: dict[str, dt.datetime]) -> None:
    caller = with_key(make_user(), "client")
    ok(caller.get(ME))
    ApiKey.objects.update(**change)
    refused(caller.get(ME), 401, "authentication_failed")


def test_a_key_works_until_it_expires() -> None:
    caller = with_key(make_user(), "client")
    ApiKey.objects.update(expires_at=now() + dt.timedelta(minutes=1))
    ok(caller.get(ME))


def test_the_keys_of_a_closed_account_no_longer_work() -> None:
    user = make_user()
    caller = with_key(user, "client")
    user.is_active = False
    user.save()
    refused(caller.get(ME), 401, "authentication_failed")


def test_a_key_is_refused_by_name_where_its_scope_does_not_reach() -> None:
    problem = refused(with_key(make_user(), "work", "review").get("/api/v1/clients"), 403, "scope_missing")
    assert problem["where"] == {"scope": "client"}


def test_a_scope_gives_no_right_that_its_user_does_not_have() -> None:
    stranger = with_key(make_user(), "client", "operate")
    refused(stranger.get(f"/api/v1/clients/{make_client(funds_micros=0).public_id}"), 404, "not_found")
    refused(stranger.get("/api/v1/operations/ledger"), 403, "forbidden")


def test_a_session_needs_no_scope() -> None:
    ok(as_user(make_user()).get("/api/v1/clients"))


def test_a_session_is_refused_without_its_csrf_token() -> None:
    caller = as_key("")
    caller.handler.enforce_csrf_checks = True
    caller.force_login(make_user(), backend="django.contrib.auth.backends.ModelBackend")
    ok(caller.get(ME))
    refused(caller.post("/api/v1/clients", {"name": "A"}, format="json"), 403, "permission_denied")


def test_it_notes_the_last_use_at_most_every_five_minutes() -> None:
    key, secret = create_api_key(user=make_user(), name="laptop", scopes=["client"])
    ok(as_key(secret).get(ME))
    key.refresh_from_db()
    first = key.last_used_at
    assert first is not None
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ok(as_key(secret).get(ME))
    assert not [query for query in queries if query["sql"].startswith("UPDATE")]
    ApiKey.objects.update(last_used_at=first - dt.timedelta(minutes=6))
    ok(as_key(secret).get(ME))
    key.refresh_from_db()
    assert key.last_used_at is not None
    assert key.last_used_at >= first
