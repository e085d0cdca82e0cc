"""Where sessions are kept: in the database as Django does, read by one statement put together once.

Not in Redis: losing it must sign nobody out.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection

from marketplace.core.clock import now

READ = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(DatabaseStore):
    """One person's session; Django finds this class by its name."""

    def load(self) -> dict[str, Any]:
        """What is kept of the session; nothing, and no key to write under, for one unknown or over."""
        with connection.cursor() as cursor:
            cursor.execute(READ, [self.session_key, now()])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])
