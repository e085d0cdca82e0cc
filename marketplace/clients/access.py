"""The only door from a person to a client."""

from __future__ import annotations

from django.db.models import QuerySet

from marketplace.accounts.models import User
from marketplace.clients.models import Client, Role
from marketplace.core.errors import Forbidden, NotFound

WRITERS = (Role.OWNER, Role.MANAGER)


def clients_of(user: User) -> QuerySet[Client]:
    """The clients that `user` acts for."""
    return Client.objects.filter(memberships__user=user)


def client_for_user(user: User, public_id: str, *, write: bool = False) -> Client:
    """The client by its public id. Raises NotFound to strangers, Forbidden to viewers who would write."""
    client = clients_of(user).filter(public_id=public_id).first()
    if client is None:
        raise NotFound
    if write:
        require_writer(user, client)
    return client


def require_writer(user: User, client: Client) -> None:
    """Raises Forbidden unless `user` may change things for `client`."""
    if not client.memberships.filter(user=user, role__in=WRITERS).exists():
        raise Forbidden
