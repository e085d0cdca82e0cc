"""The outbox: what happened is stored with the change and told afterwards, at least once."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection, transaction

from marketplace.core.clock import now
from marketplace.core.models import Event, Stream

WAKE_UP = "wake.up"


def append_event(*, stream: str, kind: str, payload: dict[str, Any] | None = None) -> Event:
    """Store an event in `stream` inside the caller's transaction and wake the listeners on commit.

    Locks the stream's counter row until commit, so sequence numbers become visible in order.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an event commits together with its change; open a transaction")
    Stream.objects.get_or_create(name=stream)
    counter = Stream.objects.select_for_update().get(name=stream)
    counter.last_seq += 1
    counter.save(update_fields=["last_seq"])
    event = Event.objects.create(
        stream=counter, seq=counter.last_seq, kind=kind, payload=payload or {}, created_at=now()
    )
    transaction.on_commit(lambda: publish_waiting(), robust=True)
    return event


def publish_waiting(*, limit: int = 200) -> int:
    """Wake the listeners of every stream with unpublished events; returns how many events were told.

    A message is only `{stream, seq}`: listeners read the events themselves after their cursor, so a
    lost or doubled message costs nothing. Two relays share the rows through SKIP LOCKED.
    """
    with transaction.atomic():
        waiting = list(
            Event.objects.select_for_update(skip_locked=True)
            .filter(published_at=None)
            .order_by("id")
            .values_list("id", "stream_id", "seq")[:limit]
        )
        latest: dict[str, int] = {}
        for _, stream, seq in waiting:
            latest[stream] = max(seq, latest.get(stream, 0))
        for stream, seq in latest.items():
            _wake(stream, seq)
        Event.objects.filter(id__in=[row[0] for row in waiting]).update(published_at=now())
    return len(waiting)


def events_after(stream: str, seq: int, *, limit: int = 500) -> list[Event]:
    """Events of `stream` numbered above `seq`, oldest first."""
    return list(Event.objects.filter(stream_id=stream, seq__gt=seq).order_by("seq")[:limit])


def last_seq(stream: str) -> int:
    """Number of the newest event in `stream`; 0 where there is none."""
    return Stream.objects.filter(name=stream).values_list("last_seq", flat=True).first() or 0


def group_of(stream: str) -> str:
    """Name of the channel group whose members listen to `stream`."""
    return f"stream.{stream}"


def _wake(stream: str, seq: int) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    async_to_sync(layer.group_send)(group_of(stream), {"type": WAKE_UP, "stream": stream, "seq": seq})
