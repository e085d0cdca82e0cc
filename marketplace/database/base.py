"""PostgreSQL as Django knows it, but no connection that died in the pool is handed to a request.

Django finds this module by its name: it is the ENGINE of the settings. Its own health check asks the server
before each use, and waits a second and more from one dead connection to the next. A look at the socket tells
as much and costs nothing: the server never speaks first, unless to say goodbye.
"""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from marketplace.database.patience import made_patient
from marketplace.database.trips import RidingCursor


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread's way to the pool."""

    def get_connection_params(self) -> dict[str, Any]:
        """As usual, but BEGIN rides along with what comes first."""
        return {**super().get_connection_params(), "cursor_factory": RidingCursor}

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """A living connection from the pool; those found dead are dropped, and the pool makes others."""
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        for _ in range(self.pool.max_size if self.pool else 0):
            if not has_news(connection):
                break
            connection.close()
            self.pool.putconn(connection)
            connection = super().get_new_connection(conn_params)
        return made_patient(connection, self.settings_dict.get("STATEMENT_SECONDS"))


def has_news(connection: psycopg.Connection[Any]) -> bool:
    """Whether something came in on an idle connection: its end, or a change that makes it not worth much."""
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    return bool(look.poll(0))
