"""A claimed suite as plain values: all of it may be shown to its worker, and nothing else is in it."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple


class Leased(NamedTuple):
    """One leased task: the assignment's public id and fence, the task's public id, the content to judge."""

    public_id: str
    fence: int
    task: str
    data: Any


class BatchTerms(NamedTuple):
    """What a worker is told of the batch. `guideline_id` is the newest version, None where there is none."""

    batch: str
    project_id: int
    project_name: str
    guideline_id: int | None
    lease_seconds: int
    reward_micros: int
    currency: str


class Suite(NamedTuple):
    """The tasks handed out together; all leases end at one moment."""

    public_id: str
    terms: BatchTerms
    lease_expires_at: dt.datetime
    assignments: list[Leased]
