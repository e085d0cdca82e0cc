"""Idempotency-Key: a POST that is sent again has one effect and gets the reply of the first.

The key is reserved, the act done and its reply stored in one transaction: two statements beside its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from http import HTTPStatus

from django.db import connection, transaction
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from marketplace.core.clock import now
from marketplace.core.errors import DomainError, Invalid
from marketplace.core.models import StoredReply

KEY_HEADER = "Idempotency-Key"
LONGEST = 255  # characters of a key that count
_TABLE = StoredReply._meta.db_table
RESERVE = (
    f"INSERT INTO {_TABLE} (actor_id, key, request_hash, created_at) VALUES (%s, %s, %s, %s)"  # noqa: S608
    " ON CONFLICT ON CONSTRAINT one_reply_per_actor_and_key DO NOTHING RETURNING id"
)
FREE = f"DELETE FROM {_TABLE} WHERE id = %s"  # noqa: S608
STORE = f"UPDATE {_TABLE} SET status = %s, body = %s WHERE id = %s"  # noqa: S608


class IdempotencyKeyReused(Invalid):
    """This Idempotency-Key was already used for another request."""

    code = "idempotency_key_reused"


def once(request: Request, act: Callable[[], Response]) -> Response:
    """The reply of `act`, done under the caller's key; or the reply of the time before, if there was one.

    Raises IdempotencyKeyReused for another request under the same key. What is refused is not stored, and
    leaves nothing behind unless the refusal `keeps` it.
    """
    reply = _once(request, act)
    if isinstance(reply, DomainError):
        raise reply
    return reply


@transaction.atomic
def _once(request: Request, act: Callable[[], Response]) -> Response | DomainError:
    actor, key, digest = request.user.pk, request.headers[KEY_HEADER][:LONGEST], _fingerprint(request)
    with connection.cursor() as cursor:
        # a twin still in flight holds the unique row: this waits for it, and then finds what it stored
        cursor.execute(RESERVE, [actor, key, digest, now()])
        reserved = cursor.fetchone()
    if reserved is None:
        return _replay(StoredReply.objects.get(actor_id=actor, key=key), digest)
    try:
        reply = act()
    except DomainError as refusal:
        if not refusal.keeps:
            raise
        with connection.cursor() as cursor:
            cursor.execute(FREE, reserved)
        return refusal
    if reply.status_code >= HTTPStatus.BAD_REQUEST:
        transaction.set_rollback(True)
        return reply
    body = json.dumps(getattr(reply, "data", None), cls=JSONEncoder)
    with connection.cursor() as cursor:
        cursor.execute(STORE, [reply.status_code, body, *reserved])
    return reply


def _replay(stored: StoredReply, digest: str) -> Response:
    if stored.request_hash != digest:
        raise IdempotencyKeyReused
    return Response(stored.body, status=stored.status)


def _fingerprint(request: Request) -> str:
    """What makes two requests the same: path and content (for uploads name and size, not bytes)."""
    digest = hashlib.sha256(request.get_full_path().encode())
    if request.content_type.startswith("multipart/"):
        for name in sorted(request.data):
            value = request.data[name]
            digest.update(f"{name}={getattr(value, 'name', value)}:{getattr(value, 'size', '')};".encode())
    else:
        digest.update(request.body)
    return digest.hexdigest()
