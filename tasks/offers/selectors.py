"""The crowd's page: what work fits a worker, in one statement that counts nothing."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from django.db import connection

from marketplace.core.errors import NotFound
from workers.profiles.models import Worker

SIZE = 25
SHARE = 5  # every fifth place of the first page is kept for work that waits


class OfferShown(NamedTuple):
    """A batch as workers see it: no client, no gold, no target.

    `tasks_left` is rough: so many at least. `waiting` says that it stands here because it waits for answers,
    not for its pay. Without `measured` the hourly pay rests on the client's estimate.
    """

    batch: str
    project_name: str
    title: str
    reward_micros: int
    currency: str
    tasks_left: int
    seconds_per_task: int
    hourly_micros: int
    measured: bool
    waiting: bool


class OfferPage(NamedTuple):
    """Some offers, and the cursor of those that follow; None at the end."""

    offers: list[OfferShown]
    next: str | None


# what it does stands in tasks/migrations/sql/offers.sql
_PAGE = "SELECT * FROM crowds_page(%s, %s, %s, %s, %s)"
_HIGHEST = 2**62


def offers_for(worker: Worker, *, cursor: str | None = None, size: int = SIZE) -> OfferPage:
    """Live batches with work for this worker, best paid an hour first, after `cursor`.

    On the first page every fifth place is drawn among everything that waits, in proportion to how long a task
    left waits for its answer there: so no batch starves, however little it pays. Such a batch stands on a
    later page again, at the place of its pay. Raises NotFound for a cursor that is none.
    """
    hourly, batch = _read(cursor) if cursor else (_HIGHEST, "")
    kept = 0 if cursor else size // SHARE
    with connection.cursor() as statement:
        statement.execute(_PAGE, [worker.pk, hourly, batch, size - kept, kept])
        rows = statement.fetchall()
    found = [OfferShown(*row[:-1]) for row in rows]
    by_pay = [offer for offer in found if not offer.waiting]
    more = bool(by_pay) and rows[0][-1]
    return OfferPage(
        _mixed(by_pay, [offer for offer in found if offer.waiting]), _write(by_pay[-1]) if more else None
    )


def _mixed(by_pay: list[OfferShown], waiting: list[OfferShown]) -> list[OfferShown]:
    """One list: after every four by pay, one that waits; whatever is over comes at the end."""
    mixed: list[OfferShown] = []
    for place, offer in enumerate(by_pay, 1):
        mixed.append(offer)
        if place % (SHARE - 1) == 0 and waiting:
            mixed.append(waiting.pop(0))
    return mixed + waiting


def _write(offer: OfferShown) -> str:
    return base64.urlsafe_b64encode(f"{offer.hourly_micros}.{offer.batch}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[int, str]:
    try:
        words = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        hourly, batch = words.split(".")
        found = int(hourly)
    except (ValueError, binascii.Error) as error:
        raise NotFound("This list has no such page.") from error
    if not 0 <= found < _HIGHEST or "\0" in batch:
        raise NotFound("This list has no such page.")
    return found, batch
