"""Who a person is here: every role they hold."""

from __future__ import annotations

from typing import Any, NamedTuple

from marketplace.accounts.models import User
from marketplace.clients.models import Membership
from workers.profiles.models import Expert, Worker
from workers.teams.models import Vendor


class Roles(NamedTuple):
    """Every role of one person; ids are public."""

    clients: list[dict[str, str]]
    worker: dict[str, str] | None
    expert: dict[str, str] | None
    vendors: list[dict[str, str]]
    operator: bool


def roles_of(user: User) -> Roles:
    """The roles of `user`: memberships, worker and expert profile, vendors, operator."""
    members = Membership.objects.filter(user=user).select_related("client").order_by("client__name")
    worker = Worker.objects.filter(user=user, active=True).first()
    expert = Expert.objects.filter(user=user, active=True).first()
    vendors = Vendor.objects.filter(managers=user).order_by("name")
    return Roles(
        clients=[{"id": m.client.public_id, "name": m.client.name, "role": m.role} for m in members],
        worker={"id": worker.public_id, "name": worker.display_name} if worker else None,
        expert={"id": expert.public_id} if expert else None,
        vendors=[{"id": vendor.public_id, "name": vendor.name} for vendor in vendors],
        operator=user.is_staff,
    )


def describe(user: User) -> dict[str, Any]:
    """A person with their roles, for pages and for GET /me."""
    return {"id": user.public_id, "email": user.email, "name": user.name} | roles_of(user)._asdict()
