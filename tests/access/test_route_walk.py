"""Every address and method, called with the names of things that belong to somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client

from marketplace.accounts.models import User
from tests.access.addresses import Address, our_addresses
from tests.access.world import World, fingerprint, make_world
from tests.factories import make_client, make_project

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete")
DENIED = (401, 403, 404, 405)
# what an address would accept, so that nothing but the door can be the reason for a refusal
BODY: dict[str, Any] = {
    "name": "Theirs",
    "amount_micros": 1_000_000,
    "amount": "1",
    "reference": "T-1",
    "schema": {"questions": [{"name": "q", "kind": "text"}]},
    "guidelines": "Look.",
    "body": "Look.",
    "answer": {"animal": "dog"},
    "outcome": "decided",
    "reason": "clear",
}
# open to all workers by design: the screen of a launched batch shows no row and no client
OPEN: dict[str, set[str]] = {"worker-screen": {"another worker", "an expert who answered the row"}}


@pytest.fixture
def world() -> World:
    return make_world()


def signed_in(user: User | None, *, strict: bool = False) -> Client:
    browser = Client(enforce_csrf_checks=strict, raise_request_exception=False)
    if user is not None:
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def call(browser: Client, method: str, path: str) -> HttpResponseBase:
    if method == "get":
        return browser.get(path)
    body = {**BODY, "file": None} if path.startswith("/api/") else BODY
    kind = {"content_type": "application/json"} if path.startswith("/api/") or method != "post" else {}
    return getattr(browser, method)(path, body, **kind)  # type: ignore[no-any-return]


def to_sign_in(response: HttpResponseBase) -> bool:
    return response.status_code == 302 and response.headers["Location"].startswith("/account/login/")


def with_names() -> list[Address]:
    return [address for address in our_addresses() if address.parameters]


@pytest.mark.parametrize(
    "who",
    [
        "anonymous",
        "nobody",
        "another client's owner",
        "another worker",
        "another vendor's manager",
        "an expert who answered the row",
    ],
)
def test_it_shows_and_lets_outsiders_do_nothing(world: World, who: str) -> None:
    browser, found = signed_in(world.outsiders[who]), []
    before = fingerprint()
    for address in with_names():
        for path in address.filled(world.names):
            for method in METHODS:
                response = call(browser, method, path)
                denied = response.status_code in DENIED or (who == "anonymous" and to_sign_in(response))
                if not denied and not (method == "get" and who in OPEN.get(address.name, ())):
                    found.append((method, path, response.status_code))
        if fingerprint() != before:
            found.append(("changed something", address.route, 0))
            before = fingerprint()
    assert found == []


def owner_of(world: World, address: Address) -> User:
    """Who may use an address, by what its name is of."""
    if address.name == "worker-screen" or "assignment" in address.parameters:
        return world.ben.user
    owners = {"dispute": world.cho, "vendor": world.vera, "payout": world.otto}
    return next((owners[name] for name in address.parameters if name in owners), world.ada)


# deposits are booked by operators; the purse of the demo is shut outside a demo
CLOSED_TO_OWNERS = {"api/v1/clients/<str:client>/deposits", "clients/<str:client>/deposit"}


def test_it_lets_everybody_reach_what_is_theirs(world: World) -> None:
    """Without this the walk above might knock at doors that do not exist."""
    found = []
    for address in with_names():
        path = next(
            iter(address.filled(world.names | {"action": ["send" if "payout" in address.route else "pause"]}))
        )
        answers = []
        for method in METHODS:
            with transaction.atomic():
                answers.append(call(signed_in(owner_of(world, address)), method, path).status_code)
                transaction.set_rollback(True)
        if all(code in DENIED for code in answers) != (address.route in CLOSED_TO_OWNERS):
            found.append((path, answers))
        if 500 in answers:
            found.append((path, answers))
    assert found == []


def test_it_changes_nothing_by_looking(world: World) -> None:
    people = [world.ada, world.ben.user, world.cho, world.vera, world.otto]
    before = fingerprint()
    for address in our_addresses():
        for path in address.filled(world.names):
            for person in people:
                browser = signed_in(person)
                stands = fingerprint_of_logins(before)
                assert browser.get(path).status_code < 500, path
                assert fingerprint_of_logins(fingerprint()) == stands, path


def fingerprint_of_logins(found: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """A fingerprint without the table in which signing in itself leaves the time."""
    return {name: value for name, value in found.items() if name != "marketplace_user"}


def test_it_refuses_every_change_from_a_page_without_its_token(world: World) -> None:
    before = fingerprint_of_logins(fingerprint())
    refused = []
    for address in our_addresses():
        for path in address.filled(world.names):
            browser = signed_in(world.ada, strict=True)
            response = browser.post(path, BODY)
            refused.append(response.status_code)
            assert response.status_code in (403, 405), (path, response.status_code)
    assert refused.count(403) > 20
    assert fingerprint_of_logins(fingerprint()) == before


def test_it_takes_no_dataset_of_another_client_into_a_batch(world: World) -> None:
    eve = world.outsiders["another client's owner"]
    assert eve is not None
    project = make_project(make_client(eve))
    body = {"dataset": world.batch.dataset.public_id, "no_gold_reason": "theirs"}
    path = f"/api/v1/projects/{project.public_id}/batches"
    response = signed_in(eve).post(path, body, content_type="application/json")
    assert response.status_code == 404
