"""Launching: checked, funded, frozen and made into tasks, all or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from marketplace.core.errors import Invalid
from marketplace.datasets.models import DatasetState
from marketplace.ledger.services import NotEnoughMoney
from marketplace.projects.models import Batch, BatchState, Guideline
from marketplace.projects.services import BatchMoved, draft_batch, quote_batch
from tasks.flow.services import launch_batch
from tasks.pool.models import GoldAnswer, Task
from tests.factories import Shape, make_client, make_dataset, make_draft, make_project
from tests.tasks.acts import escrow_micros
from tests.tasks.masses import add_rows, analyse

pytestmark = pytest.mark.django_db


def codes_of(error: Invalid) -> set[str]:
    return {fault.code for fault in error.faults}


def draft_over(rows: list[dict[str, Any]]) -> Batch:
    client = make_client()
    project, dataset = make_project(client), make_dataset(client, rows)
    return draft_batch(project=project, dataset=dataset, name="", terms={"no_gold_reason": "a test"})


def test_it_makes_one_task_per_row_and_opens_the_batch() -> None:
    batch = make_draft(shape=Shape(work=4, gold=2))
    assert launch_batch(batch=batch) == 6
    batch.refresh_from_db()
    assert batch.state == BatchState.LIVE
    assert batch.launched_at is not None
    assert Task.objects.filter(batch=batch, is_gold=False, state="open", wanted=True).count() == 4


def test_it_keeps_known_answers_apart_from_the_tasks() -> None:
    batch = make_draft(shape=Shape(work=1, gold=2))
    launch_batch(batch=batch)
    gold = GoldAnswer.objects.filter(task__batch=batch)
    assert [known.answer for known in gold] == [{"animal": "dog"}] * 2
    assert set(gold.values_list("task__is_gold", "task__overlap")) == {(True, batch.gold_max_overlap)}


def test_it_gives_every_task_a_random_place_of_its_own() -> None:
    batch = make_draft(shape=Shape(work=30))
    launch_batch(batch=batch)
    places = list(Task.objects.filter(batch=batch).order_by("row__position").values_list("place", flat=True))
    assert sorted(places) == list(range(1, 31))
    assert places != sorted(places)


def test_it_holds_the_worst_case_in_escrow() -> None:
    batch = make_draft(shape=Shape(work=2, gold=1))
    launch_batch(batch=batch)
    assert escrow_micros(batch) == quote_batch(batch).worst_case_micros > 0


def test_it_freezes_the_dataset() -> None:
    batch = make_draft()
    launch_batch(batch=batch)
    batch.dataset.refresh_from_db()
    assert batch.dataset.state == DatasetState.FROZEN


def test_it_refuses_without_the_money_and_changes_nothing() -> None:
    batch = make_draft(make_client(funds_micros=1000))
    with pytest.raises(NotEnoughMoney) as refusal:
        launch_batch(batch=batch)
    assert refusal.value.data["available_micros"] == 1000
    batch.refresh_from_db()
    batch.dataset.refresh_from_db()
    assert (batch.state, batch.dataset.state) == (BatchState.DRAFT, DatasetState.READY)
    assert not Task.objects.exists()


def test_it_refuses_to_launch_twice() -> None:
    batch = make_draft()
    launch_batch(batch=batch)
    held = escrow_micros(batch)
    with pytest.raises(BatchMoved):
        launch_batch(batch=batch)
    assert escrow_micros(batch) == held


def test_it_lists_every_fault_at_once() -> None:
    batch = make_draft(shape=Shape(terms={"reward_micros": 1, "no_gold_reason": ""}))
    Guideline.objects.filter(project=batch.project).update(body=" ")
    with pytest.raises(Invalid) as refusal:
        launch_batch(batch=batch)
    assert codes_of(refusal.value) == {"guidelines_missing", "reward_below_wage_floor", "gold_missing"}


def test_it_refuses_a_dataset_that_is_not_imported() -> None:
    batch = make_draft()
    batch.dataset.state = DatasetState.IMPORTING
    batch.dataset.save()
    with pytest.raises(Invalid) as refusal:
        launch_batch(batch=batch)
    assert codes_of(refusal.value) == {"dataset_not_ready"}


def test_it_refuses_known_answers_that_do_not_fit_and_names_their_rows() -> None:
    batch = draft_over([{"id": "a", "text": "?"}, {"id": "b", "text": "?", "gold": "horse"}])
    with pytest.raises(Invalid) as refusal:
        launch_batch(batch=batch)
    assert [(fault.where, fault.code) for fault in refusal.value.faults] == [("row b", "gold_does_not_fit")]
    batch.refresh_from_db()
    assert (batch.state, escrow_micros(batch)) == (BatchState.DRAFT, 0)


def test_it_looks_each_row_up_however_small_the_tables_were_when_it_was_planned() -> None:
    """The checks of foreign keys keep their plan, and on a table of three rows that is to read it through."""
    large, *small = (make_draft(shape=Shape(work=3)) for _ in range(4))
    analyse()
    for draft in small:  # from the sixth check on the plan is kept
        launch(draft)
    add_rows(large, 900)
    before = times_read_through("marketplace_row")
    assert launch(large) == 903
    assert times_read_through("marketplace_row") - before < 10


def launch(draft: Batch) -> int:
    """Launch, with what is checked at the end of a transaction."""
    tasks = launch_batch(batch=draft)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return tasks


def times_read_through(table: str) -> int:
    """How often this transaction has read a table from end to end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = %s", [table])
        (times,) = cursor.fetchone()
    return int(times)
