"""The outbox, heartbeats and stored replies: what the machine itself remembers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from rest_framework.utils.encoders import JSONEncoder

from marketplace.core.ids import PublicIdField


class Stream(models.Model):
    """A numbered sequence of events; its counter row is locked by whoever appends.

    A bare database sequence commits out of order, so a reader with a cursor could miss an event.
    """

    name = models.CharField(max_length=80, primary_key=True)
    last_seq = models.BigIntegerField(default=0)

    class Meta:
        app_label = "marketplace"
        constraints = [models.CheckConstraint(name="stream_counts_up", condition=models.Q(last_seq__gte=0))]


class Event(models.Model):
    """The outbox: a row here commits together with the change it tells of."""

    public_id = PublicIdField()
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="events")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "marketplace"
        constraints = [
            models.UniqueConstraint(name="event_numbered_once_in_its_stream", fields=["stream", "seq"]),
        ]
        indexes = [
            # the relay asks only for what still waits
            models.Index(name="event_waiting", fields=["id"], condition=models.Q(published_at=None)),
        ]


class Heartbeat(models.Model):
    """When a process of ours was last seen alive."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        app_label = "marketplace"


class StoredReply(models.Model):
    """The reply to a POST that carried an Idempotency-Key, so that a repeat gets the same one."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True, encoder=JSONEncoder)
    created_at = models.DateTimeField()

    class Meta:
        app_label = "marketplace"
        constraints = [
            models.UniqueConstraint(name="one_reply_per_actor_and_key", fields=["actor", "key"]),
        ]


class SweepClock(models.Model):
    """By which clock a sweep on one host judges what is due (see marketplace.core.due).

    `booted_at` is when the host was started, by its clock: it stands still until the clock is put forward or
    back. `ahead_seconds` is how far it was put forward: so much behind it the sweep judges, until `until`.
    """

    name = models.CharField(max_length=80, primary_key=True)
    booted_at = models.DateTimeField()
    ahead_seconds = models.FloatField(default=0.0)
    until = models.DateTimeField(null=True)

    class Meta:
        app_label = "marketplace"
        constraints = [
            models.CheckConstraint(
                name="sweep_clock_ahead_until_a_moment",
                condition=models.Q(ahead_seconds=0) | models.Q(ahead_seconds__gt=0, until__isnull=False),
            )
        ]
