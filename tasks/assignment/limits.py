"""The referees of how much may be held at once, under their names in the domain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, connection

from marketplace.core.errors import Conflict, DomainError, TooMany, broken_constraint


class TooManyHeld(TooMany):
    """You hold as many tasks as you may at once; answer some, or give them back."""

    code = "too_many_held"


class TeamHoldsTooMany(TooMany):
    """Your team holds as many tasks as it may at once; it goes on as soon as some are answered."""

    code = "team_holds_too_many"


class EnoughOfThisBatch(Conflict):
    """You have had as many tasks of this batch as one worker may have; the rest is for others."""

    code = "enough_of_this_batch"


# what the triggers and the CHECK in tasks/migrations/sql/limits.sql say
REFEREES: dict[str, type[DomainError]] = {
    "worker_holds_no_more_than_allowed": TooManyHeld,
    "team_holds_no_more_than_allowed": TeamHoldsTooMany,
    "nobody_takes_more_of_a_batch_than_allowed": EnoughOfThisBatch,
}


@contextmanager
def within_limits() -> Iterator[None]:
    """Around the transaction of a claim: raises TooManyHeld, TeamHoldsTooMany or EnoughOfThisBatch where one
    of the referees refused it. Nothing was taken then.
    """
    try:
        yield
    except IntegrityError as error:
        refusal = REFEREES.get(broken_constraint(error))
        if refusal is None:
            raise
        raise refusal from error


_ROOM = """
SELECT least(
         w.most_leases - (SELECT count(*) FROM tasks_assignment a
                           WHERE a.worker_id = w.id AND a.state = 'claimed'),
         b.most_per_worker - coalesce((SELECT r.taken FROM tasks_ration r
                                        WHERE r.worker_id = w.id AND r.batch_id = b.id), 0))
  FROM workers_worker w, marketplace_batch b WHERE w.id = %s AND b.public_id = %s
"""


def room_for(*, worker_id: int, batch: str) -> int:
    """How many more tasks of a batch (public id) a worker may be given now; 0 if there is no such batch."""
    with connection.cursor() as cursor:
        cursor.execute(_ROOM, [worker_id, batch])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


_COUNT_TEAMS = """
UPDATE workers_vendor v SET leases_seen = held.leases
  FROM (SELECT v.id, count(a.id) AS leases
          FROM workers_vendor v
          LEFT JOIN workers_teammember m ON m.vendor_id = v.id
          LEFT JOIN tasks_assignment a ON a.worker_id = m.worker_id AND a.state = 'claimed'
         GROUP BY v.id) AS held
 WHERE v.id = held.id AND v.leases_seen <> held.leases
"""


def count_team_leases() -> None:
    """Count what each vendor's team holds now: what its claims are held against until the next count."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_TEAMS)
