"""Every address and method, called with the names of things that belong to somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client

from marketplace.accounts.models import User
from marketplace.clients.models import Membership, Role
from tests.access.addresses import Address, our_addresses
from tests.access.world import HELD, World, fingerprint, make_world
from tests.factories import make_client, make_project, make_user

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete")
UNKNOWN = "put"  # a method that an address need not know
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
    "answers": [{"assignment": HELD, "answer": {"animal": "dog"}}],
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


def things() -> dict[str, tuple[int, str]]:
    """The whole database but for the table in which signing in leaves its time."""
    return {name: value for name, value in fingerprint().items() if name != "marketplace_user"}


def to_sign_in(response: HttpResponseBase) -> bool:
    return response.status_code == 302 and response.headers["Location"].startswith("/account/login/")


def with_names() -> list[Address]:
    return [address for address in our_addresses() if address.parameters]


def methods_of(address: Address) -> tuple[str, ...]:
    """What the address answers to, and one method more; pages know two."""
    if not address.in_api:
        return METHODS[:2]
    return tuple(name for name in METHODS if name == UNKNOWN or hasattr(address.endpoint, name))


def open_doors(world: World, who: str) -> list[tuple[str, str, str, int]]:
    """What an outsider was not refused: who, method, path, status."""
    browser, found = signed_in(world.outsiders[who]), []
    for address in with_names():
        for path in address.filled(world.names):
            for method in methods_of(address):
                response = call(browser, method, path)
                denied = response.status_code in DENIED or (who == "anonymous" and to_sign_in(response))
                if not denied and not (method == "get" and who in OPEN.get(address.name, ())):
                    found.append((who, method, path, response.status_code))
    return found


def test_it_shows_outsiders_nothing_and_lets_them_change_nothing(world: World) -> None:
    before = things()
    for who in world.outsiders:
        assert open_doors(world, who) == []
        assert things() == before, who


def owner_of(world: World, address: Address) -> User:
    """Who may use an address, by what its name is of."""
    if address.name == "worker-screen" or {"assignment", "suite"} & set(address.parameters):
        return world.ben.user
    owners = {"dispute": world.cho, "vendor": world.vera, "payout": world.otto}
    return next((owners[name] for name in address.parameters if name in owners), world.ada)


# deposits are booked by operators; the purse of the demo is shut outside a demo
CLOSED_TO_OWNERS = {"api/v1/clients/<str:client>/deposits", "clients/<str:client>/deposit"}


def test_it_lets_everybody_reach_what_is_theirs(world: World) -> None:
    """Without this the walk above might knock at doors that do not exist."""
    shut = set()
    for address in with_names():
        browser = signed_in(owner_of(world, address))
        action = ["send"] if "payout" in address.parameters else ["pause"]
        path = next(address.filled(world.names | {"action": action}))
        for method in methods_of(address):
            with transaction.atomic():
                answered = call(browser, method, path).status_code
                transaction.set_rollback(True)
            assert answered < 500, (method, path)
            if answered not in DENIED:
                break
        else:
            shut.add(address.route)
    assert shut == CLOSED_TO_OWNERS


def test_it_lets_a_viewer_look_but_not_touch(world: World) -> None:
    viewer = make_user("Vic")
    Membership.objects.create(client=world.batch.project.client, user=viewer, role=Role.VIEWER)
    browser, before, seen = signed_in(viewer), things(), 0
    for address in with_names():
        for path in address.filled(world.names):
            seen += call(browser, "get", path).status_code == 200
            assert call(browser, "post", path).status_code in DENIED, path
    assert seen > 12
    assert things() == before


def test_it_changes_nothing_by_looking(world: World) -> None:
    browsers = {user.pk: signed_in(user) for user in (world.ada, world.ben.user, world.cho, world.vera)}
    browsers[world.otto.pk] = signed_in(world.otto)
    before = things()
    for address in our_addresses():
        for path in address.filled(world.names):
            answered = browsers[owner_of(world, address).pk].get(path).status_code
            assert answered < 500 or address.name == "readyz", path
        assert things() == before, address.route


def test_it_refuses_every_change_from_a_page_without_its_token(world: World) -> None:
    browser, before = signed_in(world.ada, strict=True), things()
    answered = [
        browser.post(path, BODY).status_code for each in our_addresses() for path in each.filled(world.names)
    ]
    assert set(answered) <= {403, 405}
    assert answered.count(403) > 20
    assert things() == before


def test_it_takes_no_dataset_of_another_client_into_a_batch(world: World) -> None:
    eve = world.outsiders["another client's owner"]
    assert eve is not None
    project = make_project(make_client(eve))
    body = {"dataset": world.batch.dataset.public_id, "no_gold_reason": "theirs"}
    path = f"/api/v1/projects/{project.public_id}/batches"
    response = signed_in(eve).post(path, body, content_type="application/json")
    assert response.status_code == 404
