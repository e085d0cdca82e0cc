"""Who is calling, and whether their key may be used for this."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from marketplace.accounts.models import ApiKey, User
from marketplace.accounts.rules import hash_secret
from marketplace.core.clock import now
from marketplace.core.errors import Forbidden

LAST_USED_STEP = dt.timedelta(minutes=5)
ANYONE = "anyone"
SIGNED_IN = "signed-in"


class ScopeMissing(Forbidden):
    """This API key was not made for that; make one with the scope named here."""

    code = "scope_missing"


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`; one query a request."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """The key's user and the key, or None where no bearer token was sent."""
        parts = get_authorization_header(request).split()
        if len(parts) != 2 or parts[0].lower() != b"bearer":
            return None
        moment = now()
        key = (
            ApiKey.objects.select_related("user")
            .filter(Q(expires_at=None) | Q(expires_at__gt=moment))
            .filter(
                secret_hash=hash_secret(parts[1].decode("latin-1")), revoked_at=None, user__is_active=True
            )
            .first()
        )
        if key is None:
            raise AuthenticationFailed("This API key is not known, was revoked or has expired.")
        if key.last_used_at is None or key.last_used_at < moment - LAST_USED_STEP:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=moment)
        return key.user, key

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
