"""Who is calling, and whether their key may be used for this."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from marketplace.accounts.callers import caller_by_secret, note_use
from marketplace.accounts.models import ApiKey, User
from marketplace.accounts.rules import bearer_of, hash_secret
from marketplace.core.errors import Forbidden

ANYONE = "anyone"
SIGNED_IN = "signed-in"


class ScopeMissing(Forbidden):
    """This API key was not made for that; make one with the scope named here."""

    code = "scope_missing"


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`; one statement a request."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """The key's user and the key, or None where no bearer token was sent."""
        secret = bearer_of(request.META.get("HTTP_AUTHORIZATION", ""))
        if not secret:
            return None
        found = caller_by_secret(hash_secret(secret))
        if found is None:
            raise AuthenticationFailed("This API key is not known, was revoked or has expired.")
        note_use(found[1])
        return found

    def authenticate_header(self, request: Request) -> str:
        """Makes a missing key a 401, not a 403."""
        return "Bearer"


class HasScope(BasePermission):
    """Signed in, and the key (if one was used) carries the scope that the view names."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """False leads to 401/403; a key without the scope is refused by name."""
        scope = getattr(view, "scope", None)
        if scope == ANYONE:
            return True
        if not request.user.is_authenticated or scope is None:
            return False
        if isinstance(request.auth, ApiKey) and scope not in (SIGNED_IN, *request.auth.scopes):
            raise ScopeMissing(scope=scope)
        return True


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the API's description how a key is sent."""

    target_class = KeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "description": "An API key from /account/keys."}
