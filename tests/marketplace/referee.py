"""The database as the referee: under which name does it refuse?"""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError, connection, transaction

from marketplace.core.errors import broken_constraint


def verdict_on(act: Callable[[], object]) -> str:
    """Name of the constraint that refuses `act`, at the latest on commit; empty if none does."""
    try:
        with transaction.atomic():
            act()
            connection.check_constraints()
    except IntegrityError as error:
        return broken_constraint(error)
    return ""
