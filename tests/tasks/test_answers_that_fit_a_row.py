"""Kinds whose answers must also fit the row: refused with a place where they do not, whoever gives them."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.core.errors import Invalid
from marketplace.projects.models import Batch
from marketplace.projects.services import draft_batch
from tasks.answers.models import Answer, Grade
from tasks.answers.services import AnswerInvalid
from tasks.assignment.models import AssignmentState
from tasks.consensus.models import Consensus
from tasks.disputes.models import Dispute
from tasks.disputes.services import claim_dispute
from tasks.flow.services import decide_dispute, launch_batch, submit_answer
from tests.factories import make_client, make_dataset, make_expert, make_project, make_worker
from tests.tasks.acts import claim, task_of

pytestmark = pytest.mark.django_db

WHO = {"start": 0, "end": 3, "label": "who"}
SPANS = {"name": "names", "kind": "spans", "column": "text", "labels": ["who", "where"]}
PAIR = {"name": "better", "kind": "pairwise", "left": "a", "right": "b"}


def batch_of(question: dict[str, Any], *rows: dict[str, Any]) -> Batch:
    client = make_client()
    project = make_project(client, {"questions": [question]})
    terms = {"no_gold_reason": "a test", "min_overlap": 2, "max_overlap": 2}
    return draft_batch(project=project, dataset=make_dataset(client, list(rows)), name="", terms=terms)


def live(question: dict[str, Any], *rows: dict[str, Any]) -> Batch:
    batch = batch_of(question, *rows)
    launch_batch(batch=batch)
    batch.refresh_from_db()
    return batch


def answer(batch: Batch, value: Any, row: str = "w0") -> None:
    worker = make_worker()
    held = claim(worker, task_of(batch, row))
    submit_answer(worker=worker, assignment=held.public_id, answer=value)


def faults_of(refusal: Invalid) -> list[tuple[str, str]]:
    return [(fault.where, fault.code) for fault in refusal.faults]


@pytest.fixture
def batch() -> Batch:
    return live(SPANS, {"id": "w0", "text": "Ada in Rome"})


def test_it_stores_what_fits_and_merges_it(batch: Batch) -> None:
    for _ in range(2):
        answer(batch, {"names": [WHO]})
    result = Consensus.objects.get(task=task_of(batch))
    assert result.value == [WHO]
    assert result.confidence > 0.5


def test_it_refuses_what_lies_past_the_end_and_leaves_the_lease(batch: Batch) -> None:
    worker = make_worker()
    held = claim(worker, task_of(batch))
    long = {"names": [WHO, {"start": 7, "end": 12, "label": "where"}]}
    with pytest.raises(AnswerInvalid) as refusal:
        submit_answer(worker=worker, assignment=held.public_id, answer=long)
    assert faults_of(refusal.value) == [("names.1.end", "past_the_end")]
    held.refresh_from_db()
    assert held.state == AssignmentState.CLAIMED
    assert not Answer.objects.exists()


def test_it_says_where_in_an_answer_the_fault_is(batch: Batch) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        answer(batch, {"names": [WHO, {"start": 9, "end": 9, "label": "where"}]})
    assert faults_of(refusal.value) == [("names.1.end", "range_empty")]


def test_it_refuses_to_compare_what_is_not_there() -> None:
    batch = live(PAIR, {"id": "w0", "a": "one"}, {"id": "w1", "a": "one", "b": "two"})
    with pytest.raises(AnswerInvalid) as refusal:
        answer(batch, {"better": "left"})
    assert faults_of(refusal.value) == [("better", "column_missing")]
    answer(batch, {"better": "left"}, "w1")


def test_it_refuses_an_expert_s_word_that_does_not_fit(batch: Batch) -> None:
    for value in ([WHO], []):
        answer(batch, {"names": value})
    expert = make_expert()
    dispute = claim_dispute(expert=expert, dispute=Dispute.objects.get().public_id)
    late = {"names": [WHO | {"end": 99}]}
    with pytest.raises(AnswerInvalid) as refusal:
        decide_dispute(
            expert=expert, dispute=dispute.public_id, outcome="decided", answer=late, reason="clear"
        )
    assert faults_of(refusal.value) == [("names.0.end", "past_the_end")]


def test_it_grades_known_answers_by_how_much_is_right() -> None:
    batch = live(
        SPANS, {"id": "w0", "text": "Ada in Rome"}, {"id": "g0", "text": "Ada in Rome", "gold": [WHO]}
    )
    answer(batch, {"names": [WHO]}, "g0")
    answer(batch, {"names": []}, "g0")
    assert sorted(Grade.objects.values_list("score", "passed")) == [(0.0, False), (1.0, True)]


def test_it_launches_no_known_answer_that_does_not_fit_its_row() -> None:
    batch = batch_of(SPANS, {"id": "w0", "text": "Ada"}, {"id": "g0", "text": "A", "gold": [WHO]})
    with pytest.raises(Invalid) as refusal:
        launch_batch(batch=batch)
    assert faults_of(refusal.value) == [("row g0", "gold_does_not_fit")]
