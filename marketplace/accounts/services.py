"""Making and revoking API keys."""

from __future__ import annotations

from django.db import transaction

from marketplace.accounts.models import ApiKey, Scope, User
from marketplace.accounts.rules import hash_secret, new_secret
from marketplace.core.clock import now
from marketplace.core.errors import Fault, Invalid, NotFound


def create_api_key(*, user: User, name: str, scopes: list[str]) -> tuple[ApiKey, str]:
    """Make a key for `user`; returns the row and the secret, which is shown once and not stored.

    Raises Invalid for an unknown or empty list of scopes.
    """
    unknown = [scope for scope in scopes if scope not in Scope.values]
    if unknown or not scopes:
        known = ", ".join(Scope.values)
        detail = f"Choose one or more of: {known}."
        raise Invalid(faults=[Fault("scopes", "scope_unknown", detail)])
    secret = new_secret()
    key = ApiKey.objects.create(
        user=user, name=name, scopes=sorted(set(scopes)), secret_hash=hash_secret(secret)
    )
    return key, secret


@transaction.atomic
def revoke_api_key(*, user: User, public_id: str) -> None:
    """Stop a key of `user` at once; the row stays as a record. Raises NotFound."""
    changed = ApiKey.objects.filter(user=user, public_id=public_id, revoked_at=None).update(revoked_at=now())
    if not changed:
        raise NotFound
