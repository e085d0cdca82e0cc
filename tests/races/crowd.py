"""Many people at once: real threads that start together, and guards that a test may switch off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, connections

PATIENCE = 30.0


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run every act in a thread of its own, set off by one barrier; their results or exceptions, in order.

    A barrier holds no connection, so more threads than the pool has connections wait for each other in turns.
    """
    barrier = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(place: int) -> None:
        try:
            barrier.wait(PATIENCE)
            results[place] = acts[place]()
        except Exception as error:  # noqa: BLE001  (what went wrong is the result)
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,), daemon=True) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return results


class Meeting:
    """A place in the middle of an act where everybody waits for everybody: all have read, nobody has written.

    Whoever waits gives the connection back, so that the pool suffices for any number of people.
    """

    def __init__(self, size: int) -> None:
        self.barrier = threading.Barrier(size)

    def wait(self) -> None:
        """Wait until all are here."""
        connections.close_all()
        self.barrier.wait(PATIENCE)


@contextmanager
def without(table: str, guard: str, restore: str) -> Iterator[None]:
    """Switch a guard off in the database by `ALTER TABLE`, and on again; the table is emptied in between."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} {guard}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")
            cursor.execute(f"ALTER TABLE {table} {restore}")


def definition_of(constraint: str) -> str:
    """How a constraint is written, to add it again after it was dropped."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [constraint])
        return str(cursor.fetchone()[0])


@contextmanager
def without_constraints(table: str, *names: str) -> Iterator[None]:
    """Drop constraints of a table, and add them again as they were."""
    drops = ", ".join(f"DROP CONSTRAINT {name}" for name in names)
    adds = ", ".join(f"ADD CONSTRAINT {name} {definition_of(name)}" for name in names)
    with without(table, drops, adds):
        yield


def kinds(results: Sequence[object]) -> dict[str, int]:
    """How often each kind of result came out: the names of the exceptions, and "done" for everything else."""
    found: dict[str, int] = {}
    for result in results:
        name = type(result).__name__ if isinstance(result, Exception) else "done"
        found[name] = found.get(name, 0) + 1
    return found
