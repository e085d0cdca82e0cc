"""The door of the operators."""

from __future__ import annotations

from marketplace.accounts.models import User
from marketplace.core.errors import Forbidden


def require_operator(user: User) -> None:
    """Raises Forbidden for anybody but operators."""
    if not user.is_staff:
        raise Forbidden("Only operators may do this.")
