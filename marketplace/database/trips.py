"""BEGIN and COMMIT without a trip of their own to the server.

A transaction of two statements took four trips, and each trip costs both sides as much as a small statement.
Several statements may be sent as one message where their parameters are filled in on our side, as Django does
it: BEGIN rides along with the first statement of a transaction, and COMMIT with one known to be the last.
"""

from __future__ import annotations

from typing import Any, Self

from django.db import connection
from django.db.backends.postgresql.base import CursorMixin
from psycopg import ClientCursor
from psycopg.pq import TransactionStatus


class RidingCursor(CursorMixin, ClientCursor[Any]):
    """A cursor whose statement takes BEGIN along where a transaction is to start."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        """As always; BEGIN leaves no result to be read."""
        line = self.connection
        starts = not line.autocommit and line.pgconn.transaction_status == TransactionStatus.IDLE
        if not starts or type(query) is not str:
            return super().execute(query, params, **options)
        # it has no public name: psycopg would send a BEGIN of its own
        line._autocommit = True
        try:
            super().execute(f"BEGIN; {query}", params, **options)
        finally:
            line._autocommit = False
        self.nextset()
        return self


def as_last(sql: str) -> str:
    """A statement that is the last of its transaction, with COMMIT riding along.

    As it is where no transaction is open or where it is part of a larger one. Nothing may be written after
    it: that would be a transaction of its own. What fails to commit fails at this statement.
    """
    ends = connection.in_atomic_block and not connection.savepoint_ids and not connection.needs_rollback
    return f"{sql}\n; COMMIT" if ends else sql  # on a line of its own: the statement may end in a comment
