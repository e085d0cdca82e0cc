"""Clients (who pay and own results) and the people who act for them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from marketplace.core.clock import now
from marketplace.core.ids import PublicIdField


class Role(models.TextChoices):
    """What a member of a client may do: owners also manage people and money."""

    OWNER = "owner"
    MANAGER = "manager"
    VIEWER = "viewer"


class Client(models.Model):
    """An organisation that pays and owns results."""

    public_id = PublicIdField()
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, default="USD")
    created_at = models.DateTimeField(default=now)
    # the operator's: how many batches may run at once, and how much this client's work counts where places on
    # the crowd's page are drawn among all that waits
    most_live_batches = models.PositiveIntegerField(default=100, db_default=100)
    priority = models.FloatField(default=1.0, db_default=1.0)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="clients")

    class Meta:
        app_label = "marketplace"
        constraints = [
            models.CheckConstraint(
                name="client_currency_is_iso", condition=models.Q(currency__regex=r"^[A-Z]{3}$")
            ),
            models.CheckConstraint(
                name="client_priority_above_zero",
                condition=models.Q(priority__gt=0, priority__lte=100),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role at a client."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, default=Role.OWNER)

    class Meta:
        app_label = "marketplace"
        constraints = [
            models.UniqueConstraint(name="one_membership_per_person_and_client", fields=["client", "user"]),
            models.CheckConstraint(name="membership_role_known", condition=models.Q(role__in=Role.values)),
        ]
