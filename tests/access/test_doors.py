"""Every address has a door: scopes in the API, a sign-in before pages, and a short list of what is open."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from marketplace.accounts.models import Scope
from marketplace.accounts.permissions import ANYONE, SIGNED_IN
from marketplace.accounts.services import create_api_key, revoke_api_key
from marketplace.core.api import Endpoint
from tests.access.addresses import Address, every_address
from tests.access.world import World, make_world
from tests.factories import make_user

pytestmark = pytest.mark.django_db

# Open to people who are not signed in, each for a reason.
OPEN_PAGES = {
    "home",  # what this is, and how to come in
    "demo-sign-in",  # shut outside a demo
    "healthz",
    "readyz",
    "schema",
    "api-docs",
    "account_login",
    "account_signup",
    "account_logout",  # nobody is signed out of nothing
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_email",
    "account_email_verification_sent",
}
API = [address for address in every_address() if address.in_api]
PAGES = [address for address in every_address() if not address.in_api]


def path_of(address: Address) -> str:
    """A path of the route with something in its open places."""
    values = {name: ["1" if name == "pk" else "A" * 16] for name in address.parameters}
    return next(address.filled(values))


@pytest.mark.parametrize("address", API, ids=lambda address: address.route)
def test_it_names_the_scope_of_every_view_of_the_api(address: Address) -> None:
    view = address.endpoint
    assert issubclass(view, Endpoint)
    assert getattr(view, "scope", None) in {*Scope.values, SIGNED_IN}
    assert view.scope != ANYONE


def test_it_tells_page_from_page() -> None:
    names = [address.name for address in PAGES]
    assert all(names)
    assert len(names) == len(set(names))
    assert set(names) >= OPEN_PAGES


def asks_to_sign_in(response: Any) -> bool:
    return bool(response.status_code == 302 and response.headers["Location"].startswith("/account/login/"))


def test_it_asks_strangers_to_sign_in_before_every_page() -> None:
    stranger, let_in = Client(), []
    for address in PAGES:
        if address.name in OPEN_PAGES or "(?P" in address.route:
            continue
        for method in ("get", "post"):
            response = getattr(stranger, method)(path_of(address))
            if not asks_to_sign_in(response) and response.status_code != 405:
                let_in.append((address.name, method, response.status_code))
    assert let_in == []


def test_it_answers_strangers_in_the_api_with_401_and_nothing_else() -> None:
    stranger = Client()
    for address in API:
        for method in ("get", "post", "put", "patch", "delete", "options"):
            response = getattr(stranger, method)(path_of(address), content_type="application/json")
            assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
            assert response["WWW-Authenticate"] == "Bearer"


@pytest.fixture
def world() -> World:
    return make_world()


def asked(address: Address, world: World, secret: str) -> Any:
    path = next(address.filled(world.names))
    method = "get" if hasattr(address.endpoint, "get") else "post"
    bearer = {"Authorization": f"Bearer {secret}"}
    return getattr(Client(), method)(path, {}, content_type="application/json", headers=bearer)


def test_it_refuses_a_key_that_was_made_for_something_else(world: World) -> None:
    """Even where its owner may: the key is asked before the person."""
    owners = dict(zip(Scope, (world.ada, world.ben.user, world.cho, world.vera, world.otto), strict=True))
    for scope, person in owners.items():
        others = [other.value for other in Scope if other is not scope]
        _, secret = create_api_key(user=person, name="others", scopes=others)
        for address in API:
            if address.endpoint.scope == scope:
                response = asked(address, world, secret)
                assert (response.status_code, response.json()["code"]) == (403, "scope_missing")


def test_it_refuses_keys_that_are_unknown_revoked_or_of_somebody_gone(world: World) -> None:
    address = next(address for address in API if address.route == "api/v1/me")
    key, secret = create_api_key(user=world.ada, name="script", scopes=["client"])
    assert asked(address, world, secret).status_code == 200
    assert asked(address, world, secret[:-1] + "_").status_code == 401
    revoke_api_key(user=world.ada, public_id=key.public_id)
    assert asked(address, world, secret).status_code == 401
    gone = make_user("Gone", is_active=False)
    assert asked(address, world, create_api_key(user=gone, name="s", scopes=["client"])[1]).status_code == 401


def test_it_keeps_the_secret_of_a_key_to_the_moment_of_its_making(world: World) -> None:
    browser = Client()
    browser.force_login(world.ada, backend="django.contrib.auth.backends.ModelBackend")
    made = browser.post(
        "/api/v1/keys", {"name": "script", "scopes": ["client"]}, content_type="application/json"
    ).json()
    for path in ("/api/v1/keys", "/account/keys", "/api/v1/me"):
        assert made["key"].encode() not in browser.get(path).content


def test_it_does_not_let_a_key_make_keys(world: World) -> None:
    _, secret = create_api_key(user=world.ada, name="script", scopes=list(Scope.values))
    response = Client().post(
        "/api/v1/keys",
        {"name": "more", "scopes": ["operate"]},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_it_signs_nobody_in_by_the_demo_s_door_outside_a_demo() -> None:
    browser = Client()
    make_user("Ada")
    assert browser.post("/demo/sign-in", {"person": "client"}).status_code == 404
    assert asks_to_sign_in(browser.get("/account/keys"))
