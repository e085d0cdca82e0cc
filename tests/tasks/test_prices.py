"""What each accuracy would cost a batch: in money over the API, as a picture and a table on the page."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import Any

import pytest
from django.test import Client as Browser
from rest_framework.test import APIClient

from marketplace.accounts.models import User
from marketplace.projects.models import Batch
from marketplace.projects.selectors import schema_of
from tasks.consensus.models import Consensus, Fit
from tasks.consensus.rules import BatchPlan, Price
from tasks.flow.prices import prices_of
from tasks.flow.refits import refit_batch
from tasks.flow.report import BAR_STEP, LONGEST_BAR, shown_prices
from tasks.pool.models import Task, TaskState
from tests.factories import SCHEMA, Shape, make_client, make_live, make_user, make_worker
from tests.tasks.acts import answer, answer_by_new_workers, pair_batch, task_of

pytestmark = pytest.mark.django_db

# An answer costs 0.10 + 0.02 of fee, a verdict ten times as much.
TERMS = {"reward_micros": 100_000, "expert_reward_micros": 1_000_000, "target_accuracy": 0.9}
ANSWER, VERDICT = 120_000, 1_200_000

EASY = Price(
    target=0.9,
    threshold=0.8,
    overlap=2,
    tried=2,
    answers=2.0,
    settled=0.9,
    accuracy=0.92,
    accuracy_low=0.9,
    cost_to_come=(3.0, 4.0, 10.0),
)
HARD = replace(EASY, target=0.97, threshold=0.95, settled=0.7, accuracy=0.98, cost_to_come=(5.0, 6.0, 10.0))
PLAN = BatchPlan(
    feasible=True,
    threshold=0.8,
    overlap=2,
    accuracy=0.92,
    accuracy_low=0.9,
    crowd_accuracy=0.9,
    crowd_low=0.85,
    gold_tasks=40,
    prices=(EASY, HARD),
    out_of_reach=(0.98, 0.99),
)


@pytest.fixture
def ada() -> User:
    return make_user("Ada")


@pytest.fixture
def batch(ada: User) -> Batch:
    """Four rows, refitted on too little gold for a plan."""
    batch = pair_batch(make_client(ada), work=4, gold=1, **TERMS)
    answer(make_worker(), task_of(batch, "g0"))
    assert refit_batch(batch=batch, schema=schema_of(batch.project_id))
    return batch


def keep(plan: BatchPlan = PLAN) -> None:
    """Let the refit have come to this plan."""
    Fit.objects.update(plan=asdict(plan))


def told(batch: Batch) -> dict[float, dict[str, Any]]:
    """What is told of each target."""
    (found,) = prices_of(batch)
    assert found["reason"] is None
    return {each["target"]: each for each in found["targets"]}


def read(batch: Batch, ada: User) -> str:
    browser = Browser()
    browser.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get(f"/batches/{batch.public_id}")
    assert page.status_code == 200
    return re.sub(r"\s+", " ", page.content.decode())


# Money


def test_it_costs_what_all_rows_take_with_the_fee_and_the_experts(batch: Batch) -> None:
    keep()
    found = told(batch)
    assert batch.fee_ppm == 200_000
    assert found[0.9]["cost_micros"] == 4 * 3 * ANSWER
    assert found[0.9]["experts_micros"] == round(4 * 0.1 * VERDICT)
    assert found[0.97]["cost_micros"] == 4 * 5 * ANSWER
    assert [each["asked_for"] for each in found.values()] == [True, False, False, False]


def test_before_the_first_answer_everything_is_still_to_come(batch: Batch) -> None:
    keep()
    assert all(each["left_micros"] == each["cost_micros"] for each in told(batch).values())


def test_a_row_with_an_answer_costs_what_such_rows_still_took_on_gold(batch: Batch) -> None:
    answer(make_worker(), task_of(batch, "w0"))
    Consensus.objects.update(confidence=0.5)
    keep()
    assert told(batch)[0.9]["left_micros"] == (3 * 3 + 4) * ANSWER


def test_a_row_sure_enough_for_a_target_costs_nothing_more_under_it(batch: Batch) -> None:
    answer_by_new_workers(task_of(batch, "w0"), ["dog"])
    answered = Task.objects.filter(id=task_of(batch, "w0").pk)
    answered.update(answers_count=2, overlap=9, max_overlap=9)
    Consensus.objects.filter(task__in=answered).update(confidence=0.9)
    keep()
    assert told(batch)[0.9]["left_micros"] == 3 * 3 * ANSWER
    assert told(batch)[0.97]["left_micros"] == 3 * 5 * ANSWER + VERDICT


def test_a_settled_row_costs_nothing_more_and_a_disputed_one_a_verdict(batch: Batch) -> None:
    Task.objects.filter(id=task_of(batch, "w0").pk).update(state=TaskState.RESOLVED)
    answer_by_new_workers(task_of(batch, "w1"), ["dog", "cat"])
    assert task_of(batch, "w1").state == TaskState.DISPUTED
    keep()
    assert told(batch)[0.9]["left_micros"] == 2 * 3 * ANSWER + VERDICT
    assert told(batch)[0.9]["cost_micros"] == 4 * 3 * ANSWER


def test_nothing_is_said_of_what_a_target_out_of_reach_costs(batch: Batch) -> None:
    keep()
    found = told(batch)[0.98]
    assert not found["feasible"]
    assert {value for key, value in found.items() if key not in {"target", "feasible", "asked_for"}} == {None}


# Reasons for having none


def reason(batch: Batch) -> tuple[str | None, int]:
    (found,) = prices_of(batch)
    assert found["targets"] == []
    return found["reason"], found["gold_tasks"]


def test_too_little_gold_is_told_with_how_much_there_is(batch: Batch, ada: User) -> None:
    assert reason(batch) == ("little_gold", 0)
    answer(make_worker(), task_of(batch, "g0"))
    assert reason(batch) == ("little_gold", 1)
    assert "as soon as 5 known rows have 2 answers or more; so far 1 have." in read(batch, ada)


def test_no_gold_at_all_is_told(ada: User) -> None:
    batch = pair_batch(make_client(ada))
    assert reason(batch) == ("no_gold", 0)
    assert "cannot be told without rows whose answer is known" in read(batch, ada)


def test_enough_gold_without_a_refit_is_told(ada: User) -> None:
    batch = pair_batch(make_client(ada), gold=5)
    for row in range(5):
        answer_by_new_workers(task_of(batch, f"g{row}"), ["dog", "dog"])
    assert reason(batch) == ("not_yet", 5)
    assert refit_batch(batch=batch, schema=schema_of(batch.project_id))
    (found,) = prices_of(batch)
    assert found["reason"] is None
    assert 0.8 in {each["target"] for each in found["targets"]}


def test_answers_that_are_not_one_of_a_list_have_no_prices(ada: User) -> None:
    text = {"questions": [{"name": "words", "kind": "text", "title": "What does it say?"}]}
    batch = make_live(make_client(ada), Shape(schema=text))
    assert reason(batch) == ("no_classes", 0)
    assert "only for questions that are answered with one choice" in read(batch, ada)


def test_a_plan_from_before_there_were_prices_waits_for_the_next_refit(batch: Batch) -> None:
    before = asdict(PLAN)
    del before["prices"], before["out_of_reach"]
    Fit.objects.update(plan=before)
    assert reason(batch) == ("little_gold", 0)


# The page and the API


def test_the_page_shows_a_picture_and_a_table(batch: Batch, ada: User) -> None:
    keep()
    page = read(batch, ada)
    assert "What each accuracy costs" in page
    assert "90 %: 1.44 USD, of it 0.48 for experts. 97 %: 2.40 USD, of it 1.44 for experts." in page
    assert re.search(r'<th scope="row" class="nowrap"> 90 % <div class="quiet small">asked for</div>', page)
    assert "Expected for your 4 rows, our fee included, by what 40 known rows show" in page
    assert "98 % and 99 % are out of reach on the evidence so far: with 40 known rows" in page


def test_the_page_says_how_far_the_evidence_goes(batch: Batch, ada: User) -> None:
    keep(replace(PLAN, prices=(EASY, replace(HARD, overlap=6))))
    assert "No more than 2 answers to a row could be tried out so far" in read(batch, ada)
    keep()
    assert "could be tried out" not in read(batch, ada)


def test_a_page_with_nothing_in_reach_says_so_without_a_picture(batch: Batch, ada: User) -> None:
    keep(replace(PLAN, feasible=False, prices=(), out_of_reach=(0.9,)))
    page = read(batch, ada)
    assert "90 % is out of reach on the evidence so far" in page
    assert "bars-1-title" not in page


def test_each_question_has_its_own_prices(ada: User) -> None:
    size = {"name": "size", "kind": "choice", "title": "How big?", "options": ["small", "big"]}
    schema = {"questions": [*SCHEMA["questions"], size]}
    batch = make_live(make_client(ada), Shape(schema=schema))
    assert [each["question"] for each in prices_of(batch)] == ["animal", "size"]
    assert "<h3>size</h3>" in read(batch, ada)


def test_the_api_gives_every_target(batch: Batch, ada: User) -> None:
    keep()
    caller = APIClient()
    caller.force_authenticate(ada)
    found = caller.get(f"/api/v1/batches/{batch.public_id}").json()["quality"]["prices"]
    assert [(each["question"], each["reason"], each["gold_tasks"]) for each in found] == [
        ("animal", None, 40)
    ]
    assert found[0]["targets"] == list(told(batch).values())


def test_a_price_that_buys_no_less_than_a_lower_target_stands_for_both() -> None:
    def target(share: float, cost: int, *, asked: bool = False) -> dict[str, Any]:
        found = {"target": share, "asked_for": asked, "feasible": True, "cost_micros": cost}
        return found | {"experts_micros": cost // 4, "overlap": 2, "tried_overlap": 2}

    shown = shown_prices([target(0.8, 4), target(0.85, 4, asked=True), target(0.9, 4), target(0.95, 8)])
    assert [each["target"] for each in shown["reached"]] == [0.85, 0.9, 0.95]
    assert shown["asked_in_reach"]
    dearest = shown["reached"][-1]
    assert dearest["answers_width"] + dearest["experts_width"] == LONGEST_BAR
    assert [each["y"] for each in shown["reached"]] == [0, BAR_STEP, 2 * BAR_STEP]
