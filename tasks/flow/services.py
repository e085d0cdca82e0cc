"""The main loop, joined: launch, submit, decide, judge, pay, close."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from marketplace.core.errors import Fault, Invalid
from marketplace.datasets.models import DatasetState
from marketplace.datasets.services import freeze_dataset
from marketplace.projects.models import Batch, BatchState
from marketplace.projects.selectors import schema_of
from marketplace.projects.services import (
    BatchMoved,
    fund_batch,
    launch_faults,
    move_batch,
)
from tasks.answers.services import read_answer
from tasks.consensus.services import record_verdict
from tasks.disputes.access import dispute_for_expert
from tasks.disputes.models import Outcome, Verdict
from tasks.disputes.services import close_dispute
from tasks.flow.submit import Given, Receipt, take_answers
from tasks.offers.services import open_offer, withdraw_offer
from tasks.pool.models import Task, TaskState
from tasks.pool.services import make_tasks, move_task
from workers.pay.services import pay_expert
from workers.profiles.models import Expert, Worker


@transaction.atomic
def launch_batch(*, batch: Batch) -> int:
    """Check everything, hold the escrow, freeze the dataset, make the tasks; returns how many tasks.

    All or nothing. Raises Invalid with every fault at once, BatchMoved, NotEnoughMoney.
    """
    batch = (
        Batch.objects.select_for_update(of=("self",))
        .select_related("project__client", "dataset")
        .get(pk=batch.pk)
    )
    if batch.state != BatchState.DRAFT:
        raise BatchMoved
    faults = launch_faults(batch)
    if batch.dataset.state not in (DatasetState.READY, DatasetState.FROZEN):
        faults.append(Fault("dataset", "dataset_not_ready", "The dataset is not imported yet."))
    if faults:
        raise Invalid("The batch cannot be launched yet; see errors.", faults=faults)
    freeze_dataset(dataset=batch.dataset)
    fund_batch(batch=batch)
    made = make_tasks(batch=batch, schema=schema_of(batch.project_id))
    open_offer(batch_id=batch.pk)
    return made


@transaction.atomic
def pause_batch(*, batch: Batch) -> None:
    """Stop handing out tasks; what is held may still be answered. Raises BatchMoved."""
    if not move_batch(batch=batch, origins=(BatchState.LIVE,), state=BatchState.PAUSED):
        raise BatchMoved
    withdraw_offer(batch_id=batch.pk)


@transaction.atomic
def resume_batch(*, batch: Batch) -> None:
    """Hand out tasks again. Raises BatchMoved."""
    if not move_batch(batch=batch, origins=(BatchState.PAUSED,), state=BatchState.LIVE):
        raise BatchMoved
    open_offer(batch_id=batch.pk)


def submit_answer(
    *, worker: Worker, assignment: str, answer: Any, fence: int | None = None, seconds: float | None = None
) -> Receipt:
    """Take in one answer, see `take_answers`.

    Raises NotFound, AnswerInvalid (the lease stands), AnswerStored, AssignmentNotLive, AssignmentReturned,
    LeaseFenced.
    """
    given = Given(assignment, answer, fence, seconds)
    (receipt,) = take_answers(worker_id=worker.pk, given=[given])
    if receipt.refusal is not None:
        raise receipt.refusal
    return receipt


@transaction.atomic
def decide_dispute(
    *,
    expert: Expert,
    dispute: str,
    outcome: str,
    answer: Any,
    reason: str,
    note: str = "",
    fence: int | None = None,
) -> Verdict:
    """An expert's verdict: it ends the dispute, resolves the task and is paid, all or nothing.

    An undecidable row keeps the consensus of its answers. Saying the same again changes nothing.
    Raises NotFound, AnswerInvalid, Invalid, DisputeLeaseLost.
    """
    found = dispute_for_expert(expert, dispute, lock=True)
    # before the stream of events, which a submit that opens a dispute reaches for with its tasks in hand
    task = Task.objects.select_for_update(no_key=True).get(pk=found.task_id)
    schema = schema_of(found.batch.project_id)
    row = task.row.data if schema.asks_of_rows else None
    value = read_answer(schema, answer, row) if outcome == Outcome.DECIDED else None
    given = Verdict.objects.filter(dispute=found, expert=expert).first()
    if given is not None and (given.outcome, given.answer) == (outcome, value):
        return given
    verdict = close_dispute(
        expert=expert,
        dispute=found,
        fence=fence,
        outcome=outcome,
        answer=value,
        reason=reason,
        note=note,
    )
    if value is not None:
        record_verdict(task_id=task.pk, answer=value, answers_used=task.answers_count)
    move_task(task=task, origins=(TaskState.DISPUTED,), state=TaskState.RESOLVED)
    pay_expert(
        batch=found.batch,
        expert=expert.public_id,
        source=f"verdict:{found.public_id}",
        memo=found.batch.name,
    )
    return verdict
