"""People: one per e-mail address, however it is spelt."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from marketplace.accounts.models import User
from tests.marketplace.referee import verdict_on

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("again", ["ada@example.org", "Ada@example.org", "ADA@EXAMPLE.ORG"])
def test_it_refuses_a_second_person_with_one_address(again: str) -> None:
    User.objects.create_user("ada@example.org")
    assert verdict_on(lambda: User.objects.create_user(again)) in (
        "one_person_per_email",
        "marketplace_user_email_key",
    )


@pytest.fixture(autouse=True)
def cheap_hash(settings: Settings) -> None:
    """Slow by design is slow in tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_without_a_password_nobody_signs_in_by_one() -> None:
    assert not User.objects.create_user("ada@example.org").has_usable_password()
    assert User.objects.create_user("ben@example.org", "a long password").check_password("a long password")


def test_an_operator_is_staff() -> None:
    operator = User.objects.create_superuser("op@example.org", "a long password")
    assert (operator.is_staff, operator.is_superuser) == (True, True)


def test_a_person_is_shown_by_name_or_else_by_address() -> None:
    assert str(User.objects.create_user("ada@example.org", name="Ada")) == "Ada"
    assert str(User.objects.create_user("ben@example.org")) == "ben@example.org"
