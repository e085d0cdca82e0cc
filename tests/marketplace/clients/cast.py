"""The people around a client: its owner, a manager, a viewer and a stranger."""

from __future__ import annotations

from marketplace.accounts.models import User
from marketplace.clients.models import Client, Membership, Role
from tests.factories import make_user


def member(client: Client, role: Role) -> User:
    """A person who acts for `client` in this role."""
    user = make_user(role)
    Membership.objects.create(client=client, user=user, role=role)
    return user


def people_of(client: Client) -> dict[str, User]:
    """One person in each role, and one in none."""
    return {role.value: member(client, role) for role in Role} | {"stranger": make_user("Dan")}
