"""The plans that PostgreSQL keeps for a connection."""

from __future__ import annotations

from django.db import connection


def forget_plans() -> None:
    """Have everything planned anew by the tables' present sizes; call it before writing very many rows.

    The check behind a foreign key is planned once a connection and kept until statistics change, which one
    transaction's own rows never make happen. Planned on a table of a few rows it reads the table through,
    and goes on doing so once for each of a million rows.
    """
    with connection.cursor() as cursor:
        cursor.execute("DISCARD PLANS")
