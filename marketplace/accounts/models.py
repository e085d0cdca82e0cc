"""People and their keys."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from marketplace.core.clock import now
from marketplace.core.ids import PublicIdField


class Scope(models.TextChoices):
    """What an API key may be used for; a person may hold several roles, a key only some."""

    CLIENT = "client"
    WORK = "work"
    REVIEW = "review"
    VENDOR = "vendor"
    OPERATE = "operate"


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail; there are no user names."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person who signs in with `email`; without a password they cannot sign in by one."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An operator of this installation."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. What they may do follows from memberships and profiles, not from this row."""

    public_id = PublicIdField()
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()
    # of somebody who is calling: what they are on the floors above (see callers.py)
    profiles: dict[type[models.Model], Any] | None = None

    class Meta:
        app_label = "marketplace"
        constraints = [models.UniqueConstraint(Lower("email"), name="one_person_per_email")]

    def __str__(self) -> str:
        return self.name or self.email


class ApiKey(models.Model):
    """A secret that acts for a user within its scopes. Only the hash of the secret is stored."""

    public_id = PublicIdField()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=120)
    secret_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=20), default=list)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "marketplace"
        constraints = [
            models.CheckConstraint(
                name="api_key_scopes_known", condition=models.Q(scopes__contained_by=list(Scope.values))
            ),
        ]
