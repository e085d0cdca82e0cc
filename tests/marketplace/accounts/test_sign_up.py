"""Signing up and in: one person per address, however it is spelt."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from marketplace.accounts.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap_hash(settings: Settings) -> None:
    """Slow by design is slow in tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def sign_up(client: Client, email: str) -> Any:
    return client.post("/account/signup/", {"email": email, "password1": PASSWORD, "password2": PASSWORD})


def test_a_new_address_is_a_new_person(client: Client) -> None:
    assert sign_up(client, "ada@example.org").status_code == 302
    assert User.objects.get().email == "ada@example.org"


def test_the_same_address_in_other_letters_is_no_new_person(client: Client) -> None:
    User.objects.create_user("ada@example.org", PASSWORD)
    assert sign_up(client, "Ada@Example.org").status_code < 400
    assert User.objects.count() == 1
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("spelt", ["ada@example.org", "ADA@example.org"])
def test_one_signs_in_however_one_spells_it(client: Client, spelt: str) -> None:
    user = User.objects.create_user("ada@example.org", PASSWORD)
    client.post("/account/login/", {"login": spelt, "password": PASSWORD})
    assert client.session.get("_auth_user_id") == str(user.pk)


def test_a_wrong_password_signs_nobody_in(client: Client) -> None:
    User.objects.create_user("ada@example.org", PASSWORD)
    assert client.post("/account/login/", {"login": "ada@example.org", "password": "no"}).status_code == 200
    assert "_auth_user_id" not in client.session
