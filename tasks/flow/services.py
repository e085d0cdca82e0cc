"""The main loop, joined: launch, submit, decide, judge, pay, close."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import transaction

from marketplace.core.clock import now
from marketplace.core.errors import Fault, Invalid
from marketplace.datasets.models import DatasetState
from marketplace.datasets.services import freeze_dataset
from marketplace.projects.models import RUNNING, Batch, BatchState
from marketplace.projects.selectors import schema_of
from marketplace.projects.services import (
    BatchMoved,
    fund_batch,
    launch_faults,
    move_batch,
)
from tasks.answers.models import Answer
from tasks.answers.services import AnswerStored, grade_gold, read_answer, store_answer
from tasks.assignment.access import assignment_for_worker
from tasks.assignment.models import ANSWERED, Assignment
from tasks.assignment.services import mark_submitted, require_live
from tasks.consensus.services import Weighed, record_verdict, weigh_task
from tasks.disputes.access import dispute_for_expert
from tasks.disputes.models import Outcome, Verdict
from tasks.disputes.services import REASON_NO_CONSENSUS, close_dispute, open_dispute
from tasks.pool.models import Task, TaskState
from tasks.pool.services import extend_task, make_tasks, move_task
from tasks.quality.promise.stopping import Decision
from workers.pay.services import pay_expert
from workers.profiles.models import Expert, Worker


class Submitted(NamedTuple):
    """A stored answer, and whether this call stored it (a repeat did not)."""

    assignment: Assignment
    new: bool


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
    return make_tasks(batch=batch, schema=schema_of(batch.project_id))


def pause_batch(*, batch: Batch) -> None:
    """Stop handing out tasks; what is held may still be answered. Raises BatchMoved."""
    if not move_batch(batch=batch, origins=(BatchState.LIVE,), state=BatchState.PAUSED):
        raise BatchMoved


def resume_batch(*, batch: Batch) -> None:
    """Hand out tasks again. Raises BatchMoved."""
    if not move_batch(batch=batch, origins=(BatchState.PAUSED,), state=BatchState.LIVE):
        raise BatchMoved


@transaction.atomic
def submit_answer(
    *, worker: Worker, assignment: str, answer: Any, fence: int | None = None, seconds: float | None = None
) -> Submitted:
    """Take in one answer: store it, grade gold or weigh the task, decide what comes next.

    One transaction; the same answer again is answered the same and stored once. Raises NotFound,
    AnswerInvalid (the lease stands), AnswerStored, AssignmentNotLive, AssignmentReturned, LeaseFenced.
    """
    held = assignment_for_worker(worker, assignment, lock=True)
    schema = schema_of(held.batch.project_id)
    value = read_answer(schema, answer)
    if held.state in ANSWERED:
        stored = Answer.objects.values_list("value", flat=True).get(assignment=held)
        if stored != value:
            raise AnswerStored
        return Submitted(held, new=False)
    require_live(held, fence)
    moment = now()
    stored_answer = store_answer(assignment=held, schema=schema, value=value, seconds=seconds, moment=moment)
    mark_submitted(assignment=held, moment=moment)
    if held.task.is_gold:
        grade_gold(answer=stored_answer, schema=schema, project_id=held.batch.project_id)
    else:
        _weigh_and_decide(held.task_id)
    return Submitted(held, new=True)


def decide_task(*, task_id: int) -> None:
    """Weigh a task again and let what follows follow: after a refit. Safe to run at any time."""
    with transaction.atomic():
        _weigh_and_decide(task_id)


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
    schema = schema_of(found.batch.project_id)
    value = read_answer(schema, answer) if outcome == Outcome.DECIDED else None
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
    task = Task.objects.select_for_update().get(pk=found.task_id)
    if value is not None:
        record_verdict(task=task, answer=value, answers_used=task.answers_count)
    move_task(task=task, origins=(TaskState.DISPUTED,), state=TaskState.RESOLVED)
    pay_expert(
        batch=found.batch,
        expert=expert.public_id,
        source=f"verdict:{found.public_id}",
        memo=found.batch.name,
    )
    return verdict


def _weigh_and_decide(task_id: int) -> None:
    task = Task.objects.select_for_update(of=("self",)).select_related("batch").get(pk=task_id)
    if task.state == TaskState.RESOLVED and Verdict.objects.filter(dispute__task=task, answer__isnull=False):
        return  # an expert's word stands, whoever weighs the answers again
    weighed = weigh_task(task=task, batch=task.batch, schema=schema_of(task.batch.project_id))
    if task.state != TaskState.OPEN or task.batch.state not in (*RUNNING, BatchState.CLOSING):
        return
    if weighed.decision is Decision.RESOLVE:
        move_task(task=task, origins=(TaskState.OPEN,), state=TaskState.RESOLVED)
    elif weighed.decision is Decision.EXTEND:
        extend_task(task=task)
    else:
        _escalate(task, weighed)


def _escalate(task: Task, weighed: Weighed) -> None:
    if move_task(task=task, origins=(TaskState.OPEN,), state=TaskState.DISPUTED):
        evidence = {"confidence": round(weighed.confidence, 4), "answers": weighed.answers}
        open_dispute(task=task, reason=REASON_NO_CONSENSUS, evidence=evidence)
