"""What people do in the main loop, in one line each."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from marketplace.clients.models import Client
from marketplace.ledger.selectors import balance_micros
from marketplace.projects.models import Batch
from marketplace.projects.services import escrow_of
from tasks.assignment.models import Assignment
from tasks.assignment.services import claim_suite, claim_task
from tasks.assignment.suite import Suite
from tasks.disputes.models import Dispute
from tasks.disputes.services import claim_dispute
from tasks.flow.services import decide_dispute, submit_answer
from tasks.flow.settlement import close_batch, finish_closing
from tasks.flow.submit import Receipt
from tasks.pool.models import Task
from tests.factories import Shape, make_live, make_worker
from workers.profiles.models import Expert, Worker

# Two answers settle a row where they agree; where they do not, an expert must.
PAIR: dict[str, Any] = {"min_overlap": 2, "max_overlap": 2, "target_accuracy": 0.8}


def pair_batch(client: Client | None = None, *, work: int = 1, gold: int = 0, **terms: Any) -> Batch:
    """A live batch in which two answers to a row settle or dispute it."""
    return make_live(client, Shape(work=work, gold=gold, terms=PAIR | terms))


def task_of(batch: Batch, row: str = "w0") -> Task:
    """The task of a row by its id in the file: w0, w1, ... are work, g0, g1, ... are known."""
    return Task.objects.get(batch=batch, row__external_id=row)


def claim(worker: Worker, task: Task) -> Assignment:
    """Lease a task by name."""
    return held_of(claim_task(worker=worker, task=task.public_id))[0]


def take(worker: Worker, batch: Batch, size: int | None = None, seed: int = 0) -> list[Assignment]:
    """Lease the next suite of a batch."""
    suite = claim_suite(worker=worker, batch=batch.public_id, size=size, rng=random.Random(seed))
    return held_of(suite)


def held_of(suite: Suite) -> list[Assignment]:
    """The rows behind a suite, in the order in which the worker gets them."""
    names = [leased.public_id for leased in suite.assignments]
    found = Assignment.objects.select_related("task__row", "batch__project", "worker").in_bulk(
        names, field_name="public_id"
    )
    return [found[name] for name in names]


def submit(assignment: Assignment, value: str = "dog", **more: Any) -> Receipt:
    """Answer what one holds, under the fence it was claimed with."""
    terms = {"fence": assignment.fence} | more
    return submit_answer(
        worker=assignment.worker, assignment=assignment.public_id, answer={"animal": value}, **terms
    )


def answer(worker: Worker, task: Task, value: str = "dog") -> Assignment:
    """Claim a task by name and answer it."""
    held = claim(worker, task)
    submit(held, value)
    held.refresh_from_db()
    return held


def answer_by_new_workers(task: Task, values: Sequence[str]) -> list[Worker]:
    """Let somebody new give each of the values; returns them in order."""
    people = [make_worker() for _ in values]
    for worker, value in zip(people, values, strict=True):
        answer(worker, task, value)
    return people


def dispute_of(task: Task) -> Dispute:
    """Answer a task of a pair batch two ways, which makes it a dispute."""
    answer_by_new_workers(task, ["cat", "dog"])
    return Dispute.objects.get(task=task)


def decide(
    expert: Expert, dispute: Dispute, value: str | None = "dog", *, reason: str = "clear", **more: Any
) -> Dispute:
    """Claim a dispute and end it: with an answer, or with None as undecidable."""
    held = claim_dispute(expert=expert, dispute=dispute.public_id)
    decide_dispute(
        expert=expert,
        dispute=dispute.public_id,
        outcome="undecidable" if value is None else "decided",
        answer=None if value is None else {"animal": value},
        reason=reason,
        fence=held.fence,
        **more,
    )
    held.refresh_from_db()
    return held


def close(batch: Batch) -> str:
    """End a batch, with all that the background does for it; its state then."""
    close_batch(batch=batch)
    finish_closing(batch_id=batch.pk)
    batch.refresh_from_db()
    return batch.state


def escrow_micros(batch: Batch) -> int:
    """What is left in a batch's escrow."""
    return balance_micros(escrow_of(batch))
