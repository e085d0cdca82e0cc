"""The referees of the work's floor: each constraint and trigger refuses in the database, under its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction

import tasks.migrations
from marketplace.core.clock import now
from marketplace.core.errors import broken_constraint
from marketplace.projects.models import Batch
from tasks.answers.models import Answer, Grade
from tasks.assignment.models import Assignment, Bookmark, Ration
from tasks.consensus.models import Consensus, Fit, Footing
from tasks.disputes.models import Dispute, Verdict
from tasks.offers.models import Offer
from tasks.pool.models import Task
from tests.factories import make_expert, make_user, make_worker
from tests.tasks.acts import answer, claim, dispute_of, pair_batch, task_of
from workers.profiles.models import Worker
from workers.teams.models import Vendor
from workers.teams.services import add_member, create_vendor

BREAKERS: dict[str, Callable[[Batch], object]] = {}


def breaks(name: str) -> Callable[[Callable[[Batch], object]], Callable[[Batch], object]]:
    """Registers the act that the constraint `name` must refuse; the batch has w0 (open), w1, w2 and g0."""

    def register(act: Callable[[Batch], object]) -> Callable[[Batch], object]:
        BREAKERS[name] = act
        return act

    return register


def assignment(task: Task, **fields: object) -> Assignment:
    values = {"worker": make_worker(), "suite": "S", "claimed_at": now(), "lease_expires_at": now()} | fields
    return Assignment.objects.create(task=task, batch=task.batch, **values)


def answer_for(held: Assignment, **fields: object) -> Answer:
    values = {"task": held.task, "worker": held.worker, "batch": held.batch}
    words = {"value": {}, "labels": [-1], "submitted_at": now()}
    return Answer.objects.create(assignment=held, **(values | words | fields))


def consensus(task: Task, confidence: float = 0.5) -> Consensus:
    return Consensus.objects.create(
        task=task, question="q", confidence=confidence, answers_used=0, method="m", version="1"
    )


def fit(batch: Batch, correlation: float = 0.05) -> Fit:
    values = {"answers_seen": 1, "newcomer": [], "log_prior": [], "converged": True, "method": "m"}
    return Fit.objects.create(
        batch=batch,
        project_id=batch.project_id,
        question="q",
        version="1",
        correlation=correlation,
        seconds=0.1,
        **values,
    )


def dispute(task: Task, **fields: object) -> Dispute:
    return Dispute.objects.create(task=task, batch=task.batch, opened_at=now(), due_at=now(), **fields)


@breaks("one_task_per_row_and_batch")
def _(batch: Batch) -> object:
    task = task_of(batch)
    return Task.objects.create(batch=batch, row=task.row, is_gold=False, place=99, overlap=1, max_overlap=1)


@breaks("task_state_known")
def _(batch: Batch) -> object:
    return Task.objects.filter(batch=batch).update(state="lost")


@breaks("task_lane_known")
def _(batch: Batch) -> object:
    return Task.objects.filter(batch=batch).update(lane=3)


@breaks("one_bookmark_per_worker_and_batch")
def _(batch: Batch) -> object:
    worker = make_worker()
    return [Bookmark.objects.create(worker=worker, batch=batch) for _ in range(2)]


@breaks("never_more_answers_than_overlap")
def _(batch: Batch) -> object:
    return [assignment(task_of(batch)) for _ in range(3)]


@breaks("overlap_within_its_maximum")
def _(batch: Batch) -> object:
    return Task.objects.filter(batch=batch).update(overlap=models.F("max_overlap") + 1)


@breaks("one_worker_once_per_task")
def _(batch: Batch) -> object:
    return assignment(task_of(batch), worker=claim(make_worker(), task_of(batch)).worker)


@breaks("assignment_state_known")
def _(batch: Batch) -> object:
    return assignment(task_of(batch), state="lost")


@breaks("paid_exactly_when_accepted")
def _(batch: Batch) -> object:
    return Assignment.objects.filter(pk=answer(make_worker(), task_of(batch)).pk).update(state="accepted")


@breaks("one_answer_per_worker_and_task")
def _(batch: Batch) -> object:
    first = answer(make_worker(), task_of(batch, "w0"))
    Assignment.objects.filter(pk=first.pk).update(task=task_of(batch, "w1"))  # a slip of the pen
    return answer_for(assignment(task_of(batch, "w0"), worker=first.worker))


@breaks("answer_only_for_live_assignment")
def _(batch: Batch) -> object:
    return answer_for(assignment(task_of(batch), state="returned"))


@breaks("answer_is_final")
def _(batch: Batch) -> object:
    held = answer(make_worker(), task_of(batch))
    return Answer.objects.filter(assignment=held).update(value={"animal": "cat"})


@breaks("grade_score_between_0_and_1")
def _(batch: Batch) -> object:
    held = answer(make_worker(), task_of(batch))
    return Grade.objects.create(answer=held.answer, score=1.5, passed=True)


@breaks("one_consensus_per_task_and_question")
def _(batch: Batch) -> object:
    return [consensus(task_of(batch)) for _ in range(2)]


@breaks("confidence_is_a_probability")
def _(batch: Batch) -> object:
    return consensus(task_of(batch), confidence=1.1)


@breaks("one_fit_per_batch_and_question")
def _(batch: Batch) -> object:
    return [fit(batch) for _ in range(2)]


@breaks("correlation_between_0_and_1")
def _(batch: Batch) -> object:
    return fit(batch, correlation=1.1)


@breaks("one_footing_per_project_and_question")
def _(batch: Batch) -> object:
    values = {"answers_seen": 1, "votes": 1, "worker_ids": [], "verdict_task_ids": [], "kept": b""}
    return [
        Footing.objects.create(project=batch.project, question="q", version="1", **values) for _ in range(2)
    ]


@breaks("one_undecided_dispute_per_task")
def _(batch: Batch) -> object:
    return [dispute(task_of(batch)) for _ in range(2)]


@breaks("dispute_state_known")
def _(batch: Batch) -> object:
    return dispute(task_of(batch), state="lost")


@breaks("dispute_claimed_by_somebody")
def _(batch: Batch) -> object:
    return dispute(task_of(batch), state="claimed")


@breaks("verdict_has_an_answer_or_says_why")
def _(batch: Batch) -> object:
    return Verdict.objects.create(
        dispute=dispute_of(task_of(batch)), expert=make_expert(), outcome="decided", decided_at=now()
    )


@breaks("worker_holds_no_more_than_allowed")
def _(batch: Batch) -> object:
    worker = make_worker()
    Worker.objects.filter(pk=worker.pk).update(most_leases=1)
    return [assignment(task_of(batch, row), worker=worker) for row in ("w0", "w1")]


@breaks("team_holds_no_more_than_allowed")
def _(batch: Batch) -> object:
    vendor, worker = create_vendor(manager=make_user(), name="Team"), make_worker()
    add_member(vendor=vendor, worker=worker)
    Vendor.objects.filter(pk=vendor.pk).update(most_leases=3, leases_seen=3)
    return assignment(task_of(batch), worker=worker)


@breaks("one_ration_per_worker_and_batch")
def _(batch: Batch) -> object:
    worker = make_worker()
    return [Ration.objects.create(worker=worker, batch=batch, taken=1, most=1) for _ in range(2)]


@breaks("nobody_takes_more_of_a_batch_than_allowed")
def _(batch: Batch) -> object:
    Batch.objects.filter(pk=batch.pk).update(most_per_worker=1)
    worker = make_worker()
    return [assignment(task_of(batch, row), worker=worker) for row in ("w0", "w1")]


@breaks("offer_counts_nothing_below_zero")
def _(batch: Batch) -> object:
    return Offer.objects.update_or_create(batch=batch, defaults={"lot": -1.0, "refreshed_at": now()})


def declared() -> set[str]:
    """Every constraint of a model of the app, and every refusal in its SQL."""
    of_models = {
        constraint.name
        for model in apps.get_app_config("tasks").get_models()
        for constraint in model._meta.constraints
    }
    folder = Path(tasks.migrations.__path__[0]) / "sql"
    written = "".join(path.read_text() for path in folder.glob("*.sql"))
    return of_models | set(re.findall(r"CONSTRAINT = '(\w+)'", written))


def test_it_leaves_no_referee_untested() -> None:
    assert declared() == set(BREAKERS)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(BREAKERS))
def test_it_is_refused_under_its_own_name(name: str) -> None:
    batch = pair_batch(work=3, gold=1)
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        BREAKERS[name](batch)
    assert broken_constraint(refusal.value) == name


@pytest.mark.django_db
def test_it_refuses_to_tear_an_answer_out() -> None:
    held = answer(make_worker(), task_of(pair_batch()))
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        Answer.objects.filter(assignment=held)._raw_delete("default")
    assert broken_constraint(refusal.value) == "answer_is_final"


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["task", "worker", "batch"])
def test_it_refuses_an_answer_that_is_not_its_assignment_s(wrong: str) -> None:
    batch = pair_batch(work=2)
    held = claim(make_worker(), task_of(batch))
    other = {"task": task_of(batch, "w1"), "worker": make_worker(), "batch": pair_batch()}
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        answer_for(held, **{wrong: other[wrong]})
    assert broken_constraint(refusal.value) == "answer_only_for_live_assignment"


@pytest.mark.django_db
def test_it_keeps_the_counters_whatever_statement_moves_the_rows() -> None:
    batch = pair_batch(work=2)
    held = [assignment(task_of(batch, row)) for row in ("w0", "w0", "w1")]
    Assignment.objects.filter(pk__in=[each.pk for each in held[:2]]).update(state="submitted")
    Assignment.objects.filter(pk=held[2].pk).update(state="expired")
    counts = list(
        Task.objects.filter(batch=batch, row__external_id__startswith="w").order_by("row__position")
    )
    assert [(task.live_count, task.answers_count) for task in counts] == [(0, 2), (0, 0)]
