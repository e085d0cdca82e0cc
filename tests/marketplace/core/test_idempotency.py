"""Idempotency-Key: a POST that is sent again has one effect and one reply."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.clients.models import Client
from marketplace.core import errors
from marketplace.core.models import StoredReply
from tests.factories import make_user
from tests.marketplace.callers import as_user, ok, refused, with_key
from tests.marketplace.core.doors import door, post

pytestmark = pytest.mark.django_db

CLIENTS = "/api/v1/clients"


def create(caller: Any, key: str, name: str = "A") -> Any:
    return caller.post(CLIENTS, {"name": name}, format="json", headers={"Idempotency-Key": key})


def test_the_same_again_gets_the_same_reply_and_has_one_effect() -> None:
    caller = as_user(make_user())
    first, second = (ok(create(caller, "k"), 201) for _ in range(2))
    assert first == second
    assert Client.objects.count() == 1


def test_without_a_key_each_request_is_its_own() -> None:
    caller = as_user(make_user())
    for _ in range(2):
        ok(caller.post(CLIENTS, {"name": "A"}, format="json"), 201)
    assert Client.objects.count() == 2
    assert not StoredReply.objects.exists()


def test_another_key_is_another_request() -> None:
    caller = as_user(make_user())
    ok(create(caller, "k"), 201)
    ok(create(caller, "l"), 201)
    assert Client.objects.count() == 2


def test_another_body_under_the_same_key_is_refused_and_the_first_kept() -> None:
    caller = as_user(make_user())
    first = ok(create(caller, "k"), 201)
    refused(create(caller, "k", name="B"), 422, "idempotency_key_reused")
    assert ok(create(caller, "k"), 201) == first
    assert [client.name for client in Client.objects.all()] == ["A"]


def test_another_address_under_the_same_key_is_refused() -> None:
    caller = as_user(make_user())
    ok(create(caller, "k"), 201)
    reply = caller.post("/api/v1/worker", {"name": "A"}, format="json", headers={"Idempotency-Key": "k"})
    refused(reply, 422, "idempotency_key_reused")


def test_two_people_may_choose_the_same_key() -> None:
    for caller in (as_user(make_user()), as_user(make_user())):
        ok(create(caller, "k"), 201)
    assert Client.objects.count() == 2


def test_a_refused_request_is_not_stored_and_may_be_mended() -> None:
    caller = as_user(make_user())
    refused(create(caller, "k", name=""), 422, "invalid")
    assert not StoredReply.objects.exists()
    ok(create(caller, "k"), 201)


def test_a_crash_is_not_stored() -> None:
    user, ways = make_user(), iter([ZeroDivisionError(), None])

    def act(_: Any) -> str:
        error = next(ways)
        if error:
            raise error
        return "done"

    view = door(act)
    with pytest.raises(ZeroDivisionError):
        post(view, {}, user=user, key="k")
    assert not StoredReply.objects.exists()
    assert ok(post(view, {}, user=user, key="k"), 201) == "done"


def test_a_refusal_takes_back_what_was_done_before_it() -> None:
    def act(_: Any) -> None:
        Client.objects.create(name="half done")
        raise errors.Conflict

    refused(post(door(act), {}, user=make_user(), key="k"), 409, "conflict")
    assert not Client.objects.exists()


def test_a_stored_reply_is_the_reply_as_it_was_sent() -> None:
    user = make_user()
    view = door(lambda _: {"at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "share": 0.1, "none": None})
    first, second = (post(view, {}, user=user, key="k") for _ in range(2))
    assert ok(first, 201) == ok(second, 201) == {"at": "2026-01-01T00:00:00Z", "share": 0.1, "none": None}


def test_an_upload_of_another_size_is_another_body() -> None:
    user = make_user()
    view = door(lambda _: "stored")
    for content, status in ((b"one", 201), (b"one", 201), (b"three", 422)):
        body = {"file": SimpleUploadedFile("rows.csv", content)}
        assert post(view, body, user=user, key="k", form="multipart").status_code == status


def test_a_key_that_lost_its_scope_sees_no_stored_reply() -> None:
    user = make_user()
    ok(create(as_user(user), "k"), 201)
    refused(create(with_key(user, "work"), "k"), 403, "scope_missing")


def test_nobody_without_a_name_stores_anything() -> None:
    ok(post(door(lambda _: "done"), {}, key="k"), 201)
    assert not StoredReply.objects.exists()


def test_an_endpoint_that_is_idempotent_itself_stores_nothing() -> None:
    ok(post(door(lambda _: "done", repeatable=False), {}, user=make_user(), key="k"), 201)
    assert not StoredReply.objects.exists()
