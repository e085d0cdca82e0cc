"""Counting graded known answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection

from marketplace.core.clock import now
from marketplace.projects.models import Project
from tests.factories import make_client, make_project, make_worker
from workers.profiles.models import Worker
from workers.reliability.models import Reliability
from workers.reliability.services import MEASURED, Confusion, FittedWorker, SeenGold, known_of, record_fit

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben() -> Worker:
    """A worker."""
    return make_worker("Ben")


@pytest.fixture
def project() -> Project:
    """A project."""
    return make_project(make_client(funds_micros=0))


def grade(worker: Worker, project: Project, *, passed: bool, confusion: tuple[int, int, int] | None) -> None:
    """One graded answer."""
    grade_all(worker, project, [SeenGold("animal", passed, Confusion(*confusion) if confusion else None)])


def grade_all(worker: Worker, project: Project, seen: list[SeenGold]) -> None:
    """Several graded answers, counted by one statement, as a submit does."""
    values: dict[str, Any] = {
        "worker": worker.pk,
        "project": project.pk,
        "known": json.dumps(known_of(seen)),
        "now": now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {MEASURED} SELECT 1", values)


def test_it_counts_right_and_wrong(ben: Worker, project: Project) -> None:
    for passed in (True, True, False):
        grade(ben, project, passed=passed, confusion=None)
    found = Reliability.objects.get()
    assert (found.gold_right, found.gold_answers) == (2, 3)
    assert found.counts == []


def test_it_counts_what_was_taken_for_what(ben: Worker, project: Project) -> None:
    grade(ben, project, passed=True, confusion=(0, 0, 2))
    grade(ben, project, passed=False, confusion=(1, 0, 2))
    grade(ben, project, passed=False, confusion=(1, 0, 2))
    assert Reliability.objects.get().counts == [[1.0, 0.0], [2.0, 0.0]]


def test_each_worker_and_question_has_a_record_of_its_own(ben: Worker, project: Project) -> None:
    grade(ben, project, passed=True, confusion=None)
    grade(make_worker("Bea"), project, passed=False, confusion=None)
    assert sorted(Reliability.objects.values_list("gold_right", "gold_answers")) == [(0, 1), (1, 1)]


def test_a_refit_replaces_what_was_fitted_and_keeps_the_record(ben: Worker, project: Project) -> None:
    grade(ben, project, passed=True, confusion=(0, 0, 2))
    bea = make_worker("Bea")
    fitted = [
        FittedWorker(bea.pk, [[1.0, 0.0], [0.0, 1.0]], [[-0.1, -2.0], [-2.0, -0.1]]),
        FittedWorker(ben.pk, [[7.5, 0.5], [0.0, 3.0]], [[-0.2, -1.5], [-1.5, -0.2]]),
    ]
    for _ in range(2):
        record_fit(project_id=project.pk, question="animal", fitted=fitted, version="v1")
    kept = Reliability.objects.get(worker=ben)
    assert (kept.gold_right, kept.gold_answers) == (1, 1)
    assert (kept.counts, kept.version) == ([[7.5, 0.5], [0.0, 3.0]], "v1")
    assert kept.weights == [[-0.2, -1.5], [-1.5, -0.2]]
    assert Reliability.objects.get(worker=bea).gold_answers == 0
    assert Reliability.objects.count() == 2


def test_gold_after_a_refit_adds_to_its_counts(ben: Worker, project: Project) -> None:
    record_fit(
        project_id=project.pk,
        question="animal",
        fitted=[FittedWorker(ben.pk, [[2.5, 0.5], [0.0, 3.0]], [[-0.2, -1.5], [-1.5, -0.2]])],
        version="v1",
    )
    grade(ben, project, passed=True, confusion=(0, 0, 2))
    kept = Reliability.objects.get()
    assert kept.counts == [[3.5, 0.5], [0.0, 3.0]]
    assert kept.weights == [[-0.2, -1.5], [-1.5, -0.2]]  # weights are a refit's alone


def test_many_at_once_are_counted_as_one_by_one(ben: Worker, project: Project) -> None:
    bea = make_worker("Bea")
    seen = [
        SeenGold("animal", True, Confusion(0, 0, 2)),
        SeenGold("size", False, Confusion(1, 2, 3)),
        SeenGold("animal", False, Confusion(0, 1, 2)),
        SeenGold("note", True, None),
        SeenGold("animal", False, None),  # left unanswered
    ]
    for _ in range(2):
        grade_all(ben, project, seen)
        for each in seen:
            grade_all(bea, project, [each])
    records = [
        list(
            Reliability.objects.filter(worker=worker)
            .order_by("question")
            .values_list("question", "gold_right", "gold_answers", "counts")
        )
        for worker in (ben, bea)
    ]
    assert records[0] == records[1]
    assert records[0] == [
        ("animal", 2, 6, [[2, 2], [0, 0]]),
        ("note", 2, 2, []),
        ("size", 0, 2, [[0, 0, 0], [0, 0, 2], [0, 0, 0]]),
    ]
