"""The outbox: what happened is stored with the change and told afterwards, at least once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection, transaction

from marketplace.core.clock import now
from marketplace.core.ids import public_id
from marketplace.core.models import Event, Stream

WAKE_UP = "wake.up"


#: Parts of a statement: `events` (see `event_rows`) are numbered in `stream` and stored. The stream's counter
#: row stays locked until commit, so numbers become visible in order.
TOLD = """
numbered AS (
  INSERT INTO marketplace_stream AS s (name, last_seq) VALUES (%(stream)s, json_array_length(%(events)s))
  ON CONFLICT (name) DO UPDATE SET last_seq = s.last_seq + excluded.last_seq
  RETURNING name, last_seq
), told AS (
  INSERT INTO marketplace_event (public_id, stream_id, seq, kind, payload, created_at)
  SELECT e.public_id, numbered.name, numbered.last_seq - e.after, e.kind, e.payload, %(now)s
    FROM numbered, json_to_recordset(%(events)s) AS e (public_id text, after int, kind text, payload jsonb)
)"""


def event_rows(events: Sequence[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Events (kind, payload) of one stream, in order, as `events` of TOLD; `after` is how many follow."""
    last = len(events) - 1
    return [
        {"public_id": public_id(), "after": last - place, "kind": kind, "payload": payload}
        for place, (kind, payload) in enumerate(events)
    ]


def append_event(*, stream: str, kind: str, payload: dict[str, Any] | None = None) -> int:
    """Store an event in `stream` inside the caller's transaction and wake the listeners on commit.

    Returns its number. Locks the stream's counter row until commit.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an event commits together with its change; open a transaction")
    rows = event_rows([(kind, payload or {})])
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"stream": stream, "events": json.dumps(rows), "now": now()}
        cursor.execute(f"WITH {TOLD} SELECT last_seq FROM numbered", values)  # noqa: S608  (a constant)
        ((seq,),) = cursor.fetchall()
    tell_on_commit(stream, seq, seq)
    return int(seq)


def tell_on_commit(stream: str, first: int, last: int) -> None:
    """Let the listeners of `stream` know of its events `first` to `last` once the transaction commits."""
    transaction.on_commit(lambda: _tell(stream, first, last), robust=True)


def _tell(stream: str, first: int, last: int) -> None:
    # by their numbers: what else waits is the relay's, and looking for it would cost every request
    _wake(stream, last)
    Event.objects.filter(stream_id=stream, seq__range=(first, last)).update(published_at=now())


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
