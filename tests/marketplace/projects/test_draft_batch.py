"""Drafting a batch: defaults, bounds, and nothing spent."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from marketplace.clients.services import funds_of
from marketplace.core.errors import Invalid
from marketplace.ledger.selectors import balance_micros
from marketplace.projects.models import Batch, BatchState
from marketplace.projects.services import BOUNDS, DEFAULTS, draft_batch
from tests.factories import make_client, make_dataset, make_project, make_user
from tests.marketplace.callers import as_user, faults_of, ok, refused

pytestmark = pytest.mark.django_db

ROWS: list[dict[str, Any]] = [{"text": "a"}, {"text": "b"}, {"text": "c", "gold": "dog"}]


def draft(terms: dict[str, Any] | None = None, name: str = "First") -> Batch:
    client = make_client(funds_micros=0)
    project, dataset = make_project(client), make_dataset(client, ROWS)
    return draft_batch(project=project, dataset=dataset, name=name, terms=terms or {})


def faults_for(terms: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        draft(terms)
    assert not Batch.objects.exists()
    return [(fault.where, fault.code) for fault in refusal.value.faults]


def test_what_is_left_out_takes_its_default(settings: Settings) -> None:
    settings.FEE_PPM = 123_456
    batch = draft()
    assert {key: getattr(batch, key) for key in DEFAULTS} == DEFAULTS
    assert (batch.state, batch.currency, batch.fee_ppm) == (BatchState.DRAFT, "USD", 123_456)
    assert balance_micros(funds_of(batch.project.client)) == 0


def test_a_batch_without_a_name_is_called_after_its_data() -> None:
    assert draft(name=" ").name == "Pictures"


@pytest.mark.parametrize("key", BOUNDS)
def test_each_term_may_go_to_its_bounds(key: str) -> None:
    for value in BOUNDS[key]:
        terms = {"min_overlap": 1, "max_overlap": 1000} | {key: value}
        terms["min_overlap"] = min(terms["min_overlap"], terms["max_overlap"])
        assert getattr(draft(terms), key) == value


@pytest.mark.parametrize("key", BOUNDS)
def test_each_term_is_refused_beyond_its_bounds(key: str) -> None:
    low, high = BOUNDS[key]
    for value in (low - 1, high + 1, float("nan"), float("inf"), "7", None, True):
        if value is None and DEFAULTS[key] is None:
            continue  # no limit
        assert (key, "out_of_bounds") in faults_for({key: value})


@pytest.mark.parametrize("key", [key for key in BOUNDS if not isinstance(DEFAULTS[key], float)])
def test_half_a_micro_or_half_an_answer_is_refused(key: str) -> None:
    assert (key, "out_of_bounds") in faults_for({key: BOUNDS[key][0] + 1.5})


def test_at_least_may_not_be_more_than_at_most() -> None:
    assert faults_for({"min_overlap": 6, "max_overlap": 5}) == [("max_overlap", "overlap_out_of_order")]


def test_it_lists_every_fault_at_once() -> None:
    faults = faults_for({"reward_micros": 0, "suite_size": 51, "colour": "red"})
    assert faults == [
        ("colour", "unknown"),
        ("reward_micros", "out_of_bounds"),
        ("suite_size", "out_of_bounds"),
    ]


def test_it_refuses_the_data_of_another_client() -> None:
    ada = make_user("Ada")
    one, other = (make_client(ada, funds_micros=0) for _ in range(2))
    with pytest.raises(Invalid) as refusal:
        draft_batch(project=make_project(one), dataset=make_dataset(other, ROWS), name="", terms={})
    assert [fault.code for fault in refusal.value.faults] == ["dataset_of_another_client"]


def test_over_http_a_draft_shows_its_terms_and_its_quote() -> None:
    ada = make_user("Ada")
    client = make_client(ada, funds_micros=0)
    project, dataset = make_project(client), make_dataset(client, ROWS)
    body = {"dataset": dataset.public_id, "reward_micros": 60_000, "max_overlap": 3}
    path = f"/api/v1/projects/{project.public_id}/batches"
    batch = ok(as_user(ada).post(path, body, format="json"), 201)
    assert (batch["state"], batch["reward_micros"], batch["min_overlap"]) == ("draft", 60_000, 2)
    assert batch["quote"] == {
        "tasks": 2,
        "gold_tasks": 1,
        "worst_case_micros": (2 * 3 + 20) * 72_000 + 2 * 600_000,
        "fee_micros": (2 * 3 + 20) * 12_000 + 2 * 100_000,
        "hourly_micros": 14_400_000,
    }


def test_over_http_every_fault_has_its_place() -> None:
    ada = make_user("Ada")
    client = make_client(ada, funds_micros=0)
    project, dataset = make_project(client), make_dataset(client, ROWS)
    body = {"dataset": dataset.public_id, "reward_micros": 10**30, "target_accuracy": 1.0}
    path = f"/api/v1/projects/{project.public_id}/batches"
    problem = refused(as_user(ada).post(path, body, format="json"), 422, "invalid")
    assert faults_of(problem) == [("reward_micros", "out_of_bounds"), ("target_accuracy", "out_of_bounds")]


def test_over_http_data_of_strangers_is_not_there() -> None:
    ada = make_user("Ada")
    project = make_project(make_client(ada, funds_micros=0))
    body = {"dataset": make_dataset(make_client(funds_micros=0), ROWS).public_id}
    reply = as_user(ada).post(f"/api/v1/projects/{project.public_id}/batches", body, format="json")
    refused(reply, 404, "not_found")
