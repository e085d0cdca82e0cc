"""What every page knows of the person looking at it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from marketplace.accounts.models import User
from workers.teams.selectors import describe


def me(request: HttpRequest) -> dict[str, Any]:
    """`me`: the signed-in person and their roles (see `describe`), looked up when a template asks."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"me": None}
    return {"me": SimpleLazyObject(lambda: describe(user))}
