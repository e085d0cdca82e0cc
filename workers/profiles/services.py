"""Joining the crowd, and being appointed an expert."""

from __future__ import annotations

from django.db import transaction

from marketplace.accounts.models import User
from marketplace.core.errors import Fault, Invalid
from workers.profiles.models import Expert, Worker


@transaction.atomic
def join_as_worker(*, user: User, display_name: str, country: str = "") -> Worker:
    """Make `user` a worker, or return the worker they are. Raises Invalid for a missing name."""
    if not display_name.strip():
        raise Invalid(faults=[Fault("display_name", "required", "Choose a name to work under.")])
    worker, _ = Worker.objects.get_or_create(
        user=user, defaults={"display_name": display_name.strip()[:60], "country": country[:2].upper()}
    )
    return worker


@transaction.atomic
def appoint_expert(*, user: User) -> Expert:
    """Let `user` judge disputes. Only operators call this."""
    expert, _ = Expert.objects.get_or_create(user=user)
    return expert
