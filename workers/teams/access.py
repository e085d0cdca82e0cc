"""The only door from a person to a vendor."""

from __future__ import annotations

from marketplace.accounts.models import User
from marketplace.core.errors import NotFound
from workers.teams.models import Vendor


def vendor_for_user(user: User, public_id: str) -> Vendor:
    """The vendor that `user` manages. Raises NotFound."""
    vendor = Vendor.objects.filter(public_id=public_id, managers=user).first()
    if vendor is None:
        raise NotFound
    return vendor
