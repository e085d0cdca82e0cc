"""What a client is told of their target, as numbers over the API, as words on the page."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import pytest
from django.test import Client as Browser
from rest_framework.test import APIClient

from marketplace.accounts.models import User
from marketplace.projects.models import Batch
from marketplace.projects.selectors import schema_of
from tasks.consensus.models import Fit
from tasks.consensus.rules import BatchPlan
from tasks.flow.refits import refit_batch
from tasks.flow.selectors import promise_of
from tests.factories import make_client, make_user, make_worker
from tests.tasks.acts import answer, pair_batch, task_of

pytestmark = pytest.mark.django_db

KEPT = BatchPlan(
    feasible=True,
    threshold=0.841,
    overlap=3,
    accuracy=0.934,
    accuracy_low=0.912,
    crowd_accuracy=0.88,
    crowd_low=0.85,
    gold_tasks=40,
)
OUT_OF_REACH = BatchPlan(
    feasible=False,
    threshold=0.95,
    overlap=5,
    accuracy=None,
    accuracy_low=None,
    crowd_accuracy=0.81,
    crowd_low=0.76,
    gold_tasks=12,
)


@pytest.fixture
def ada() -> User:
    return make_user("Ada")


@pytest.fixture
def batch(ada: User) -> Batch:
    """A batch that was refitted on too little gold for a plan."""
    batch = pair_batch(make_client(ada), work=2, target_accuracy=0.95)
    answer(make_worker(), task_of(batch))
    assert refit_batch(batch=batch, schema=schema_of(batch.project_id))
    return batch


def keep(*plans: BatchPlan) -> None:
    """Let the refit have come to these plans, the second for a question of its own."""
    fit = Fit.objects.get()
    fit.plan = asdict(plans[0])
    fit.save()
    for plan in plans[1:]:
        fit.pk, fit.question, fit.plan = None, "size", asdict(plan)
        fit.save()


def asked_for(batch: Batch, ada: User) -> Any:
    caller = APIClient()
    caller.force_authenticate(ada)
    return caller.get(f"/api/v1/batches/{batch.public_id}").json()["quality"]


def read(batch: Batch, ada: User) -> str:
    browser = Browser()
    browser.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get(f"/batches/{batch.public_id}").content.decode()
    return re.sub(r"\s+", " ", page)  # the number and its sign stand apart by a space that does not break


def test_nothing_is_promised_on_too_little_gold(batch: Batch, ada: User) -> None:
    assert promise_of(batch) == []
    assert asked_for(batch, ada)["promise"] == []
    page = read(batch, ada)
    assert "Tried out on" not in page
    assert "cannot be promised" not in page


def test_what_known_rows_let_expect_is_told(batch: Batch, ada: User) -> None:
    keep(KEPT)
    assert asked_for(batch, ada)["promise"] == [
        {
            "question": "animal",
            "feasible": True,
            "threshold": 0.841,
            "overlap": 3,
            "expected_accuracy": 0.934,
            "expected_low": 0.912,
            "crowd_accuracy": 0.88,
            "crowd_low": 0.85,
            "gold_tasks": 40,
        }
    ]
    page = read(batch, ada)
    assert "Tried out on 40 known rows: settled when 84 % sure, with 3 answers at most" in page
    assert "about 93.4 % of the labels come out right, probably 91.2 % or more." in page


def test_a_target_out_of_reach_is_told_with_what_the_crowd_can_do(batch: Batch, ada: User) -> None:
    keep(OUT_OF_REACH)
    promise = asked_for(batch, ada)["promise"][0]
    assert (promise["feasible"], promise["expected_accuracy"], promise["expected_low"]) == (False, None, None)
    assert (promise["crowd_accuracy"], promise["crowd_low"], promise["gold_tasks"]) == (0.81, 0.76, 12)
    page = read(batch, ada)
    assert "the crowd alone cannot be promised to deliver the 95 % you asked for" in page
    assert "on 12 known rows it is right about 81.0 % of the time, probably 76.0 % or more" in page
    assert "experts are asked more often" in page


def test_each_question_has_its_own_promise(batch: Batch, ada: User) -> None:
    keep(KEPT, OUT_OF_REACH)
    assert [(each["question"], each["feasible"]) for each in promise_of(batch)] == [
        ("animal", True),
        ("size", False),
    ]
    page = read(batch, ada)
    assert "animal: Tried out" in page
    assert "size: On the evidence so far" in page


def test_a_crowd_that_guesses_known_rows_is_told_of(ada: User) -> None:
    batch = pair_batch(make_client(ada), gold=8, target_accuracy=0.98)
    people = [make_worker() for _ in range(3)]
    for row in range(8):
        for place, worker in enumerate(people):
            answer(worker, task_of(batch, f"g{row}"), "dog" if (row + place) % 2 else "cat")
    assert refit_batch(batch=batch, schema=schema_of(batch.project_id))
    found = promise_of(batch)[0]
    assert not found["feasible"]
    assert found["gold_tasks"] == 8
    assert found["crowd_low"] < 0.98
    assert "cannot be promised" in read(batch, ada)
