"""What every request pays before it does anything: statements, counted."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, cast

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, connections
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIRequestFactory

from marketplace.accounts import callers
from marketplace.accounts.callers import caller_by_secret, note_use, person_by_id, profile_of
from marketplace.accounts.models import ApiKey, User
from marketplace.accounts.rules import hash_secret
from marketplace.accounts.services import create_api_key
from marketplace.core.clock import now
from tests.factories import make_expert, make_user, make_worker
from tests.marketplace.callers import as_key, ok
from tests.marketplace.core.doors import door
from workers.profiles.access import expert_for_user, worker_for_user
from workers.profiles.models import Expert, Worker

KEYS = "/api/v1/keys"


def statements(act: Any) -> list[str]:
    """What `act` asks of the database, without the tests' own savepoints."""
    with CaptureQueriesContext(connection) as seen:
        act()
    return [query["sql"] for query in seen if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]


def used_secret(user: User) -> str:
    """A key that was used a moment ago."""
    key, secret = create_api_key(user=user, name="a program", scopes=["work", "review"])
    note_use(key)
    return secret


@pytest.mark.django_db
def test_a_key_brings_its_worker_along_in_one_statement() -> None:
    worker = make_worker("Ben")
    headers = {"Authorization": f"Bearer {used_secret(worker.user)}"}
    found = []
    view = door(lambda request: found.append(worker_for_user(cast(User, request.user))), scope="work")
    asked = statements(lambda: view(APIRequestFactory().get("/", headers=headers)))
    assert (len(asked), found) == (1, [worker])
    assert found[0].display_name == "Ben"


@pytest.mark.django_db
def test_a_key_brings_its_expert_along_in_one_statement() -> None:
    expert = make_expert("Cho")
    headers = {"Authorization": f"Bearer {used_secret(expert.user)}"}
    found = []
    view = door(lambda request: found.append(expert_for_user(cast(User, request.user))), scope="review")
    asked = statements(lambda: view(APIRequestFactory().get("/", headers=headers)))
    assert (len(asked), found) == (1, [expert])


@pytest.mark.django_db
def test_a_session_brings_its_person_along_in_two_statements() -> None:
    browser = Browser()
    browser.force_login(make_worker().user, backend="marketplace.accounts.backends.People")
    asked = statements(lambda: ok(browser.get(KEYS)))
    assert len(asked) == 3  # the last lists the keys
    assert "django_session" in asked[0]
    assert "caller_by_id" in asked[1]


@pytest.mark.django_db
def test_a_repeatable_post_pays_two_statements_more() -> None:
    secret = used_secret(make_user())
    view = door(lambda _: "done", scope="work")
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "k"}
    asked = statements(lambda: view(APIRequestFactory().post("/", {}, headers=headers)))
    assert [sql.split()[0] for sql in asked] == ["SELECT", "INSERT", "UPDATE"]
    again = statements(lambda: view(APIRequestFactory().post("/", {}, headers=headers)))
    assert [sql.split()[0] for sql in again] == ["SELECT", "INSERT", "SELECT"]


@pytest.mark.django_db
def test_who_calls_is_read_as_django_would_read_it() -> None:
    worker = make_worker("Ben")
    secret = used_secret(worker.user)
    found = caller_by_secret(hash_secret(secret))
    assert found is not None
    for read in (found[0], found[1], found[0].worker):
        kept = type(read)._default_manager.get(pk=read.pk)
        fields = [field.attname for field in read._meta.concrete_fields]
        assert [getattr(read, name) for name in fields] == [getattr(kept, name) for name in fields]
    assert not any(field.get_db_converters(connection) for field in found[1]._meta.concrete_fields)
    assert not any(field.get_db_converters(connection) for field in found[0]._meta.concrete_fields)


@pytest.mark.django_db
def test_what_somebody_is_not_costs_nothing_either() -> None:
    person = person_by_id(make_user().pk)
    assert person is not None
    assert statements(lambda: (profile_of(person, Worker), profile_of(person, Expert))) == []
    assert (profile_of(person, Worker), profile_of(person, Expert)) == (None, None)


@pytest.mark.django_db
def test_of_others_it_is_asked_when_it_is_asked() -> None:
    worker = make_worker()
    Worker.objects.update(display_name="Benny")
    found = profile_of(User.objects.get(pk=worker.user_id), Worker)
    assert found is not None
    assert found.display_name == "Benny"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["unknown", "over"])
def test_a_session_that_is_not_there_signs_nobody_in(kind: str) -> None:
    browser = Browser()
    browser.force_login(make_user(), backend="marketplace.accounts.backends.People")
    ok(browser.get(KEYS))
    if kind == "over":
        Session.objects.update(expire_date=now())
    else:
        Session.objects.all().delete()
    assert browser.get(KEYS).status_code == 401


@pytest.mark.django_db
def test_a_session_of_a_closed_account_signs_nobody_in() -> None:
    browser = Browser()
    browser.force_login(make_user(), backend="marketplace.accounts.backends.People")
    User.objects.update(is_active=False)
    assert browser.get(KEYS).status_code == 401


@pytest.mark.django_db
def test_a_session_ends_with_the_password_it_was_opened_under() -> None:
    user = make_user()
    browser = Browser()
    browser.force_login(user, backend="marketplace.accounts.backends.People")
    user.set_password("another one")
    user.save()
    assert browser.get(KEYS).status_code == 401


@pytest.mark.django_db
def test_the_api_is_data_only() -> None:
    reply = as_key("").get(KEYS)
    assert reply.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    page = Browser().get("/api/docs")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_of_many_calls_at_once_one_notes_the_use() -> None:
    key, _ = create_api_key(user=make_user(), name="a program", scopes=["work"])
    ApiKey.objects.update(last_used_at=now() - dt.timedelta(hours=1))
    stale = [ApiKey.objects.get(pk=key.pk) for _ in range(8)]
    together = Barrier(8)

    def note(one: ApiKey) -> int:
        try:
            together.wait(30)
            with CaptureQueriesContext(connection) as seen:
                note_use(one)
            return len(seen)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(note, stale)) == [1] * 8
    first = ApiKey.objects.get(pk=key.pk).last_used_at
    note_use(stale[0])  # it still holds the old time: compared with the row, it does not overwrite
    assert ApiKey.objects.get(pk=key.pk).last_used_at == first


def called(secret: str) -> tuple[User, ApiKey]:
    """Who calls with a key that lets them in."""
    found = caller_by_secret(hash_secret(secret))
    assert found is not None
    return found


@pytest.mark.django_db
def test_of_who_calls_again_nothing_is_read_but_that_they_are_the_same() -> None:
    worker = make_worker("Ben")
    secret = used_secret(worker.user)
    first, again = called(secret), []
    asked = statements(lambda: again.append(called(secret)))
    assert [sql.split("(")[0] for sql in asked] == ["SELECT versions, used FROM caller_versions"]
    assert again == [first]
    assert (profile_of(again[0][0], Worker), profile_of(again[0][0], Expert)) == (worker, None)
    found = profile_of(again[0][0], Worker)
    assert found is not None
    assert found.user is again[0][0]
    assert again[0][1].user is again[0][0]


@pytest.mark.django_db
@pytest.mark.parametrize("revealed", ["key", "person", "worker", "expert"])
def test_whatever_is_written_of_a_caller_is_seen_at_the_next_call(revealed: str) -> None:
    worker = make_worker("Ben")
    secret = used_secret(worker.user)
    called(secret)
    match revealed:
        case "key":
            ApiKey.objects.update(scopes=["review"])
            assert called(secret)[1].scopes == ["review"]
        case "person":
            User.objects.update(name="Benno")
            assert called(secret)[0].name == "Benno"
        case "worker":
            Worker.objects.update(display_name="Benno")
            found = profile_of(called(secret)[0], Worker)
            assert found is not None
            assert found.display_name == "Benno"
        case _:
            Expert.objects.create(user=worker.user)
            assert profile_of(called(secret)[0], Expert) is not None


@pytest.mark.django_db
def test_who_is_known_is_let_in_no_longer_than_others() -> None:
    user = make_user()
    secret = used_secret(user)
    for table, change in (
        (ApiKey, {"revoked_at": now()}),
        (ApiKey, {"revoked_at": None, "expires_at": now()}),
        (User, {"is_active": False}),
    ):
        ApiKey.objects.update(revoked_at=None, expires_at=None)
        called(secret)
        table.objects.update(**change)
        assert caller_by_secret(hash_secret(secret)) is None


@pytest.mark.django_db
def test_what_one_call_makes_of_its_person_the_next_does_not_see() -> None:
    secret = used_secret(make_worker("Ben").user)
    for _ in range(2):
        person, key = called(secret)
        worker = profile_of(person, Worker)
        assert worker is not None
        assert (person.name, key.scopes, worker.display_name) == ("Ben", ["review", "work"], "Ben")
        person.name, key.scopes, worker.display_name = "Nobody", [], "Nobody"


@pytest.mark.django_db
def test_no_more_callers_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "MOST_KNOWN", 2)
    monkeypatch.setattr(callers, "_known", {})
    secrets = [used_secret(make_user()) for _ in range(3)]
    for secret in secrets:
        called(secret)
    assert list(callers._known) == [hash_secret(secret) for secret in secrets[1:]]


@pytest.mark.django_db
def test_to_note_that_a_key_is_used_is_not_to_read_it_again() -> None:
    secret = create_api_key(user=make_user(), name="a program", scopes=["work"])[1]
    note_use(called(secret)[1])
    asked = statements(lambda: note_use(called(secret)[1]))
    assert len(asked) == 1
    assert ApiKey.objects.get().last_used_at is not None
