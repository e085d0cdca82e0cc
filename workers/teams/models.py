"""Vendors and their teams of workers."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from marketplace.core.clock import now
from marketplace.core.ids import PublicIdField
from workers.profiles.models import Worker


class Vendor(models.Model):
    """A company that brings workers. Its share is taken from its workers' rewards, by agreement."""

    public_id = PublicIdField()
    name = models.CharField(max_length=120)
    share_ppm = models.PositiveIntegerField(default=0)
    # the operator's: how many tasks its workers may hold at once between them; and how many they held when a
    # sweep last counted. (Were it counted at each claim, all claims of a team would wait for one row.)
    most_leases = models.PositiveIntegerField(default=5000, db_default=5000)
    leases_seen = models.PositiveIntegerField(default=0, db_default=0)
    managers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="VendorManager", related_name="vendors"
    )
    created_at = models.DateTimeField(default=now)

    class Meta:
        app_label = "workers"
        constraints = [
            models.CheckConstraint(
                name="vendor_share_at_most_half", condition=models.Q(share_ppm__lte=500_000)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VendorManager(models.Model):
    """A person who manages a vendor."""

    vendor = models.ForeignKey(Vendor, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)

    class Meta:
        app_label = "workers"
        constraints = [models.UniqueConstraint(name="one_manager_once_per_vendor", fields=["vendor", "user"])]


class TeamMember(models.Model):
    """A worker in a vendor's team; a worker belongs to one vendor at a time."""

    vendor = models.ForeignKey(Vendor, on_delete=models.CASCADE, related_name="members")
    worker = models.OneToOneField(Worker, on_delete=models.CASCADE, related_name="team_member")
    team = models.CharField(max_length=60, default="A")
    joined_at = models.DateTimeField(default=now)

    class Meta:
        app_label = "workers"
