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


def limit_worker(*, worker: Worker, most_leases: int) -> None:
    """Say how many tasks a worker may hold at once. Only operators call this. Raises Invalid below 1."""
    if most_leases < 1:
        raise Invalid(faults=[Fault("most_leases", "out_of_bounds", "Let them hold at least one task.")])
    Worker.objects.filter(pk=worker.pk).update(most_leases=most_leases)
