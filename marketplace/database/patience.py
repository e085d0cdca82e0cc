"""How long we wait for a word from the database server: never for ever.

The server gives up what takes too long and says so. A server that was stopped, or a line that is half-open
behind a proxy or a firewall, says nothing, and a kernel on the way acknowledges what we send: no timeout of
TCP ends the wait. A request that waited there would keep its thread and its connection until the end.
"""

from __future__ import annotations

from typing import Any, cast

import psycopg
from django.db import connection
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus

# seconds we wait longer than a statement may take: the server speaks first, and PgBouncer may let it wait
BEYOND = 15.0


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is given up when the server said nothing for `patience` seconds (None: never)."""

    patience: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As usual; raises OperationalError, and closes the connection, when patience is at its end."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                # nobody knows what became of the statement, and its reply may still come
                self.pgconn.finish()
            raise


def made_patient(line: psycopg.Connection[Any], seconds: float | None) -> PatientConnection:
    """The same connection, whose statements may take so many seconds; None: any number."""
    line.__class__ = PatientConnection  # Django and its pool have no setting for the class
    patient = cast(PatientConnection, line)
    patient.patience = seconds and seconds + BEYOND
    return patient


def take_time(seconds: int) -> None:
    """Let the statements of this transaction, and the pauses between them, last so many seconds each."""
    with connection.cursor() as cursor:
        for limit in ("idle_in_transaction_session_timeout", "statement_timeout"):
            cursor.execute("SELECT set_config(%s, %s, true)", [limit, f"{seconds}s"])
    made_patient(connection.connection, seconds)
