"""Questions to the answers."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import F, Sum

from tasks.assignment.models import ANSWERED, Assignment, AssignmentState
from workers.profiles.models import Worker


class Sitting(NamedTuple):
    """What a worker has answered: how many, and what of it is not accepted yet (micros, by currency)."""

    answers: int
    pending_micros: dict[str, int]


def sitting_of(worker: Worker) -> Sitting:
    """What a worker has answered and has yet to be paid for."""
    mine = Assignment.objects.filter(worker=worker)
    pending = (
        mine.filter(state=AssignmentState.SUBMITTED)
        .values_list("batch__currency")
        .annotate(total=Sum(F("batch__reward_micros")))
    )
    return Sitting(mine.filter(state__in=ANSWERED).count(), dict(pending))
