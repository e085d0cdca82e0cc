"""Signing in by e-mail, and who a session belongs to."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend

from marketplace.accounts.callers import person_by_id
from marketplace.accounts.models import User


class People(AuthenticationBackend):  # type: ignore[misc]
    """As allauth has it, but a session finds its person and their profiles in one statement."""

    def get_user(self, user_id: int) -> User | None:
        """The person of a session; None when they are gone or their account was closed."""
        user = person_by_id(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
