"""Advisory locks: one holder per purpose and key, to the end of the transaction."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from marketplace.core.locks import Space, try_lock

pytestmark = pytest.mark.django_db(transaction=True)


def other_takes(space: Space, key: int) -> bool:
    """Whether another session gets the lock now."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [int(space), key])
            return bool(cursor.fetchall()[0][0])
    finally:
        other.close()


def test_it_is_held_against_others_to_the_end_of_the_transaction() -> None:
    with transaction.atomic():
        assert try_lock(Space.IMPORT, 7)
        assert try_lock(Space.IMPORT, 7)  # the holder may ask again
        assert not other_takes(Space.IMPORT, 7)
        assert other_takes(Space.IMPORT, 8)
        assert other_takes(Space.PROJECT, 7)
    assert other_takes(Space.IMPORT, 7)


def test_it_takes_keys_of_any_size() -> None:
    with transaction.atomic():
        assert try_lock(Space.PROJECT, 2**40 + 1)


def test_it_is_refused_outside_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        try_lock(Space.IMPORT, 7)


def test_no_two_purposes_share_a_number() -> None:
    assert len({int(space) for space in Space}) == len(list(Space))
