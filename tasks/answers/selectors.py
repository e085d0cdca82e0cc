"""Questions to the answers."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection
from django.db.models import F, Sum

from tasks.assignment.models import ANSWERED, Assignment, AssignmentState
from workers.profiles.models import Worker

# the newest hundred answers of each live batch, through the index (batch, id)
_MEDIAN_SECONDS = """
SELECT b.id, (
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY newest.seconds) FROM (
    SELECT a.seconds FROM tasks_answer a WHERE a.batch_id = b.id ORDER BY a.id DESC LIMIT 100
  ) newest)
FROM marketplace_batch b WHERE b.state = 'live'
"""


class Sitting(NamedTuple):
    """What a worker has answered: how many, and what of it is not accepted yet (micros, by currency)."""

    answers: int
    pending_micros: dict[str, int]


def median_seconds() -> dict[int, float]:
    """What an answer really takes, by live batch (id), from the newest hundred that say so."""
    with connection.cursor() as cursor:
        cursor.execute(_MEDIAN_SECONDS)
        return {batch_id: seconds for batch_id, seconds in cursor.fetchall() if seconds is not None}


def sitting_of(worker: Worker) -> Sitting:
    """What a worker has answered and has yet to be paid for."""
    mine = Assignment.objects.filter(worker=worker)
    pending = (
        mine.filter(state=AssignmentState.SUBMITTED)
        .values_list("batch__currency")
        .annotate(total=Sum(F("batch__reward_micros")))
    )
    return Sitting(mine.filter(state__in=ANSWERED).count(), dict(pending))
