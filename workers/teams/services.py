"""Vendors and who belongs to them."""

from __future__ import annotations

from django.db import transaction

from marketplace.accounts.models import User
from marketplace.core.errors import Fault, Invalid
from workers.profiles.models import Worker
from workers.teams.models import TeamMember, Vendor, VendorManager


@transaction.atomic
def create_vendor(*, manager: User, name: str, share_ppm: int = 0) -> Vendor:
    """Open a vendor managed by `manager`; `share_ppm` is its part of its workers' rewards."""
    vendor = Vendor.objects.create(name=name, share_ppm=share_ppm)
    VendorManager.objects.create(vendor=vendor, user=manager)
    return vendor


@transaction.atomic
def add_member(*, vendor: Vendor, worker: Worker, team: str = "A") -> TeamMember:
    """Put a worker into a vendor's team, or return the membership that stands."""
    member, _ = TeamMember.objects.get_or_create(worker=worker, defaults={"vendor": vendor, "team": team})
    return member


def limit_vendor(*, vendor: Vendor, most_leases: int) -> None:
    """Say how many tasks a team may hold at once. Only operators call this. Raises Invalid below 1."""
    if most_leases < 1:
        raise Invalid(faults=[Fault("most_leases", "out_of_bounds", "Let them hold at least one task.")])
    Vendor.objects.filter(pk=vendor.pk).update(most_leases=most_leases)
