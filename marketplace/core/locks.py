"""Advisory locks: one key space per purpose, held to the end of the transaction."""

from __future__ import annotations

import enum

from django.db import connection


class Space(enum.IntEnum):
    """What a lock protects. Two purposes never share a number."""

    BACKGROUND = 1
    IMPORT = 2
    PROJECT = 3
    LEASES = 4  # of a worker; taken in tasks/migrations/sql/limits.sql


def try_lock(space: Space, key: int) -> bool:
    """Take the lock of `key` in `space` until the transaction ends; False if another holds it.

    Must be called inside a transaction. For background jobs that may be started twice:
    the second one goes home.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("advisory locks are held by a transaction; open one first")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [int(space), key & 0x7FFFFFFF])
        row = cursor.fetchone()
    return bool(row and row[0])
