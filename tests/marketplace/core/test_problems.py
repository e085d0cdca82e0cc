"""The edge: every refusal leaves as problem+json with a stable code."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from django.test import Client
from pytest_django import Settings
from rest_framework import exceptions
from rest_framework.test import APIClient

from marketplace.core import errors
from marketplace.core.errors import Fault
from tests.factories import make_user
from tests.marketplace.callers import as_user, faults_of, refused
from tests.marketplace.core.doors import door, get

pytestmark = pytest.mark.django_db


class Sold(errors.Conflict):
    """Somebody was faster."""

    code = "sold"


def reply_to(error: Exception) -> Any:
    def act(_: Any) -> None:
        raise error

    return get(door(act))


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.DomainError(), 400, "refused"),
        (errors.NotFound(), 404, "not_found"),
        (errors.Forbidden(), 403, "forbidden"),
        (errors.Invalid(), 422, "invalid"),
        (errors.Conflict(), 409, "conflict"),
        (errors.Unavailable(), 503, "unavailable"),
        (Sold(), 409, "sold"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "forbidden"),
        (exceptions.ParseError(), 400, "parse_error"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.UnsupportedMediaType("text/x"), 415, "unsupported_media_type"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    refused(reply_to(error), status, code)


def test_an_error_says_what_its_docstring_says() -> None:
    problem = refused(reply_to(Sold()), 409, "sold")
    assert (problem["title"], problem["detail"]) == ("Sold", "Somebody was faster.")
    assert problem.keys() == {"type", "title", "status", "code", "detail"}


def test_an_error_may_have_words_and_facts_of_its_own() -> None:
    problem = refused(reply_to(Sold("To Ben.", price_micros=5)), 409, "sold")
    assert (problem["detail"], problem["where"]) == ("To Ben.", {"price_micros": 5})


def test_faults_are_listed_with_their_places() -> None:
    faults = [Fault("name", "required", "Give a name."), Fault("a.0.b", "too_long", "Shorter.")]
    problem = refused(reply_to(errors.Invalid(faults=faults)), 422, "invalid")
    assert problem["errors"] == [fault._asdict() for fault in faults]


def test_faults_of_the_framework_are_made_flat() -> None:
    detail: Any = {"name": ["Blank."], "rows": {0: {"x": ["No."]}}, "other": [{"y": ["Z."]}]}
    problem = refused(reply_to(exceptions.ValidationError(detail)), 422, "invalid")
    assert [fault["where"] for fault in problem["errors"]] == ["name", "rows.0.x", "other.y"]


def test_who_should_come_back_is_told_when() -> None:
    assert reply_to(errors.Unavailable()).headers["Retry-After"] == "2"
    assert int(reply_to(exceptions.Throttled(wait=7.2)).headers["Retry-After"]) >= 8


def test_a_database_that_has_no_time_is_not_our_crash() -> None:
    reply = reply_to(OperationalError("canceling statement due to lock timeout"))
    refused(reply, 503, "unavailable")
    assert reply.headers["Retry-After"] == "2"


def test_what_no_text_can_hold_is_refused_in_an_address() -> None:
    refused(as_user(make_user()).get("/api/v1/clients/%00"), 422, "invalid")


def test_what_nobody_foresaw_stays_an_accident() -> None:
    with pytest.raises(ZeroDivisionError):
        reply_to(ZeroDivisionError())


def test_a_body_that_is_no_json_is_refused() -> None:
    caller = as_user(make_user())
    reply = caller.post("/api/v1/clients", b"{", content_type="application/json")
    refused(reply, 400, "parse_error")


def test_a_body_too_deep_to_read_is_refused() -> None:
    body = b'{"name": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    reply = as_user(make_user()).post("/api/v1/clients", body, content_type="application/json")
    refused(reply, 422, "invalid")


def test_a_method_that_is_not_offered_is_refused() -> None:
    refused(as_user(make_user()).put("/api/v1/clients"), 405, "method_not_allowed")


def test_missing_fields_are_named() -> None:
    problem = refused(as_user(make_user()).post("/api/v1/clients", {}, format="json"), 422, "invalid")
    assert faults_of(problem) == [("name", "required")]


def test_an_address_that_is_not_there_is_a_problem_too() -> None:
    refused(APIClient().get("/api/v1/nothing/here"), 404, "not_found")


def test_an_accident_is_a_problem_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.clients.api.create_client", lambda **_: 1 / 0)
    caller = as_user(make_user())
    caller.raise_request_exception = False
    reply = caller.post("/api/v1/clients", {"name": "A"}, format="json")
    refused(reply, 500, "internal_server_error")


def test_a_body_beyond_all_bounds_is_a_problem_too(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    reply = as_user(make_user()).post("/api/v1/clients", {"name": "Ada's Animals"}, format="json")
    refused(reply, 400, "bad_request")


def test_people_get_the_designed_pages(client: Client) -> None:
    reply = client.get("/nothing/here")
    assert (reply.status_code, reply.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
