"""What stands between the server and the views, and what calls by a key are spared."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.test import Client as Browser

from marketplace.accounts.models import User
from marketplace.accounts.rules import bearer_of
from marketplace.accounts.services import create_api_key
from tests.factories import make_user
from tests.marketplace.callers import ok, refused

pytestmark = pytest.mark.django_db
ME = "/api/v1/me"
KEYS = "/api/v1/keys"
A_KEY = {"name": "laptop", "scopes": ["client"]}


@pytest.fixture
def ada() -> User:
    """Somebody."""
    return make_user("Ada")


def key_of(user: User) -> str:
    return f"Bearer {create_api_key(user=user, name='a program', scopes=['client'])[1]}"


def test_a_key_speaks_for_its_own_user_whoever_is_signed_in(ada: User) -> None:
    browser = Browser(headers={"Authorization": key_of(ada)})
    browser.force_login(make_user("Ben"))
    assert ok(browser.get(ME))["id"] == ada.public_id


def test_a_key_that_is_none_is_refused_whoever_is_signed_in(ada: User) -> None:
    browser = Browser(headers={"Authorization": "Bearer assay_unknown"})
    browser.force_login(ada)
    refused(browser.get(ME), 401, "authentication_failed")


def test_a_session_still_needs_its_proof_against_forgery(ada: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(ada)
    refused(browser.post(KEYS, A_KEY, content_type="application/json"), 403, "permission_denied")
    # another kind of header is no way round it
    for header in ("Basic YTpi", "Bearer", "Bearer a b"):
        reply = browser.post(KEYS, A_KEY, content_type="application/json", headers={"Authorization": header})
        refused(reply, 403, "permission_denied")


def test_a_page_has_its_session_whatever_header_comes_with_it(ada: User) -> None:
    browser = Browser(headers={"Authorization": key_of(make_user("Ben"))})
    browser.force_login(ada)
    assert browser.get("/account/keys").status_code == 200


def test_a_call_by_a_key_leaves_sessions_alone(ada: User) -> None:
    reply = Browser(headers={"Authorization": key_of(ada)}).get(ME)
    assert "sessionid" not in reply.cookies
    assert "csrftoken" not in reply.cookies
    assert not Session.objects.exists()


def test_what_protects_a_reply_is_on_all_of_them(ada: User) -> None:
    for headers in ({}, {"Authorization": key_of(ada)}):
        reply = Browser(headers=headers).get(ME)
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["X-Frame-Options"] == "DENY"
        assert reply.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_nothing_under_the_api_is_a_problem_for_a_program_too(ada: User) -> None:
    refused(Browser(headers={"Authorization": key_of(ada)}).get("/api/v1/nothing"), 404, "not_found")


@pytest.mark.parametrize(("asked", "spoken"), [("de", "de"), ("xx", "en"), ("", "en")])
def test_it_speaks_the_language_that_is_asked_for(ada: User, asked: str, spoken: str) -> None:
    headers = {"Authorization": key_of(ada), "Accept-Language": asked}
    reply = Browser().put(ME, {}, content_type="application/json", headers=headers)
    assert reply.headers["Content-Language"] == spoken
    assert "Accept-Language" in reply.headers["Vary"]
    english = 'Method "PUT" not allowed.'
    assert (reply.json()["detail"] == english) == (spoken == "en")


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        ("Bearer a", "a"),
        ("bearer  a ", "a"),
        ("Bearer", ""),
        ("Bearer a b", ""),
        ("Basic a", ""),
        ("Bearera", ""),
        ("", ""),
    ],
)
def test_a_bearer_is_one_word_after_its_name(header: str, secret: str) -> None:
    assert bearer_of(header) == secret
