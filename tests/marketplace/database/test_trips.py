"""How often a transaction goes to the database and back: BEGIN and COMMIT have no trip of their own."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from psycopg.pq import Trace

from marketplace.core.models import Event, Heartbeat, Stream
from marketplace.database.trips import as_last

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "INSERT INTO marketplace_heartbeat (name, at) VALUES (%s, now())"

TAKE = "DELETE FROM marketplace_heartbeat WHERE name = %s RETURNING name"


def run(sql: str, *values: Any) -> list[Any]:
    """The rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else [cursor.rowcount]


@contextmanager
def watched() -> Iterator[list[str]]:
    """What is sent to the server meanwhile, message by message, as the driver's own trace tells."""
    connection.ensure_connection()
    line = connection.connection.pgconn
    sent: list[str] = []
    with tempfile.TemporaryFile("w+") as told:
        line.trace(told.fileno())
        line.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        try:
            yield sent
        finally:
            line.untrace()
            told.seek(0)
            messages = re.split(r"^(?=[FB]\t)", told.read(), flags=re.MULTILINE)
            sent += [words for words in messages if words.startswith("F")]


def names() -> list[str]:
    return sorted(Heartbeat.objects.values_list("name", flat=True))


def test_a_transaction_takes_as_many_trips_as_it_has_statements() -> None:
    with watched() as sent, transaction.atomic():
        run(ADD, "a")
        run(as_last(ADD), "b")
    assert len(sent) == 2
    assert "BEGIN" in sent[0]
    assert "COMMIT" in sent[1]
    assert names() == ["a", "b"]


def test_a_single_statement_takes_one_trip() -> None:
    with watched() as sent, transaction.atomic():
        run(as_last(ADD), "a")
    assert len(sent) == 1
    assert names() == ["a"]


def test_a_transaction_without_a_statement_takes_none() -> None:
    with watched() as sent, transaction.atomic():
        pass
    assert sent == []


def test_without_a_last_statement_the_commit_goes_by_itself() -> None:
    with watched() as sent, transaction.atomic():
        run(ADD, "a")
    assert len(sent) == 2
    assert names() == ["a"]


def test_outside_a_transaction_nothing_rides_along() -> None:
    with watched() as sent:
        run(as_last(ADD), "a")
    assert len(sent) == 1
    assert "BEGIN" not in sent[0]
    assert "COMMIT" not in sent[0]


def test_the_first_statement_gives_its_own_rows_and_count() -> None:
    with transaction.atomic():
        assert run("SELECT * FROM (VALUES (1), (2)) AS two (n)") == [(1,), (2,)]
    with transaction.atomic():
        assert run(ADD + ", ('z', now())", "a") == [2]
    with transaction.atomic():
        assert run(as_last("DELETE FROM marketplace_heartbeat WHERE name = %s RETURNING name"), "a") == [
            ("a",)
        ]


def test_a_cursor_from_before_the_transaction_takes_part_in_it() -> None:
    with connection.cursor() as cursor:
        with suppress(ZeroDivisionError), transaction.atomic():
            cursor.execute(ADD, ["a"])
            raise ZeroDivisionError
        assert names() == []


def test_what_fails_after_the_first_statement_leaves_nothing_behind() -> None:
    with suppress(IntegrityError), transaction.atomic():
        run(ADD, "a")
        run(as_last(ADD), "a")
    assert names() == []


@pytest.mark.parametrize("wrong", ["SELECT 1 FROM nothing_of_that_name", "SELEKT 1", "SELECT 1 / 0"])
def test_a_first_statement_that_fails_ends_the_transaction(wrong: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        run(wrong)
    with transaction.atomic():
        run(as_last(ADD), "a")
    assert names() == ["a"]


def test_inside_a_larger_transaction_the_last_is_not_the_last() -> None:
    with suppress(ZeroDivisionError), transaction.atomic():
        with transaction.atomic():
            run(as_last(ADD), "a")
        raise ZeroDivisionError
    assert names() == []


def test_what_is_to_be_rolled_back_is_not_committed() -> None:
    with transaction.atomic():
        run(ADD, "a")
        transaction.set_rollback(True)
        assert as_last(ADD) == ADD
    assert names() == []


def test_what_the_database_finds_at_the_end_is_found_at_the_last_statement() -> None:
    stream = Stream.objects.create(name="s", last_seq=1)
    Event.objects.create(stream=stream, seq=1, kind="k", created_at="2026-01-01T00:00Z")
    with transaction.atomic():
        run(ADD, "a")
        with pytest.raises(IntegrityError):  # events point to their stream; looked at when all is done
            run(as_last("DELETE FROM marketplace_stream WHERE name = %s"), "s")
        transaction.set_rollback(True)
    assert names() == []
    assert Stream.objects.exists()


def test_hooks_run_once_what_they_wait_for_is_committed() -> None:
    seen = []
    with transaction.atomic():
        transaction.on_commit(lambda: seen.append(names()))
        run(as_last(ADD), "a")
        assert seen == []
    assert seen == [["a"]]


def test_a_savepoint_may_come_first() -> None:
    with transaction.atomic():
        with suppress(ZeroDivisionError), transaction.atomic():
            run(ADD, "a")
            raise ZeroDivisionError
        run(as_last(ADD), "b")
    assert names() == ["b"]


def test_rows_read_a_few_at_a_time_are_read_inside_the_transaction() -> None:
    Heartbeat.objects.bulk_create(Heartbeat(name=str(n), at="2026-01-01T00:00Z") for n in range(5))
    with transaction.atomic():
        read = [row.name for row in Heartbeat.objects.order_by("name").iterator(chunk_size=2)]
        transaction.set_rollback(True)
    assert read == ["0", "1", "2", "3", "4"]
