"""What only the edge decides: which words are understood, and what is said to the others."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from marketplace.accounts.models import User
from marketplace.projects.models import Batch
from tasks.disputes.services import claim_dispute
from tests.factories import make_client, make_expert, make_user, make_worker
from tests.tasks.acts import decide, dispute_of, pair_batch, task_of

pytestmark = pytest.mark.django_db


def api(user: User) -> APIClient:
    caller = APIClient()
    caller.force_authenticate(user)
    return caller


def codes(response: Any) -> list[tuple[str, str]]:
    assert response.status_code == 422, response.content
    return [(fault["where"], fault["code"]) for fault in response.json()["errors"]]


@pytest.fixture
def batch() -> Batch:
    return pair_batch(make_client(make_user("Ada")), work=2)


@pytest.mark.parametrize("names", [[], ["batch", "task"]])
def test_a_claim_names_either_a_batch_or_a_task(batch: Batch, names: list[str]) -> None:
    known = {"batch": batch.public_id, "task": task_of(batch).public_id}
    reply = api(make_worker().user).post(
        "/api/v1/work/claims", {name: known[name] for name in names}, format="json"
    )
    assert codes(reply) == [("batch", "one_of")]


def test_a_claim_of_a_suite_has_a_sensible_size(batch: Batch) -> None:
    body = {"batch": batch.public_id, "size": 51}
    assert codes(api(make_worker().user).post("/api/v1/work/claims", body, format="json")) == [
        ("size", "max_value")
    ]


@pytest.mark.parametrize("size", ["1", 1.0])
def test_a_size_may_be_written_in_other_ways(batch: Batch, size: Any) -> None:
    body = {"batch": f" {batch.public_id} ", "size": size}
    reply = api(make_worker().user).post("/api/v1/work/claims", body, format="json")
    assert reply.status_code == 201
    assert len(reply.json()["assignments"]) == 1


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"batch": ""}, ("batch", "blank")),
        ({"batch": None}, ("batch", "null")),
        ({"batch": ["A"]}, ("batch", "invalid")),
        ({"batch": "A\x00"}, ("batch", "null_characters_not_allowed")),
        ({"batch": "A", "size": 0}, ("size", "min_value")),
        ({"batch": "A", "size": "many"}, ("size", "invalid")),
        ([], ("non_field_errors", "invalid")),
    ],
)
def test_a_claim_that_cannot_be_read_says_where(body: Any, fault: tuple[str, str]) -> None:
    assert codes(api(make_worker().user).post("/api/v1/work/claims", body, format="json")) == [fault]


def test_a_claimed_suite_brings_all_that_is_needed_to_answer(batch: Batch) -> None:
    reply = api(make_worker().user).post("/api/v1/work/claims", {"batch": batch.public_id}, format="json")
    assert reply.status_code == 201
    shown = reply.json()
    assert set(shown["batch"]) == {
        "id",
        "project_name",
        "schema",
        "guidelines_html",
        "lease_seconds",
        "reward_micros",
        "currency",
    }
    assert shown["batch"]["guidelines_html"] == "<p>Look <strong>closely</strong>.</p>\n"
    assert len(shown["assignments"]) == 2


@pytest.mark.parametrize("seconds", [-1, 86_401, "long"])
def test_an_answer_took_a_sensible_time(batch: Batch, seconds: Any) -> None:
    worker = api(make_worker().user)
    held = worker.post("/api/v1/work/claims", {"batch": batch.public_id}, format="json").json()
    path = f"/api/v1/assignments/{held['assignments'][0]['id']}/submit"
    reply = worker.post(path, {"answer": {"animal": "dog"}, "seconds": seconds}, format="json")
    assert [where for where, _ in codes(reply)] == ["seconds"]


def test_a_batch_knows_four_acts(batch: Batch) -> None:
    ada = batch.project.client.members.get()
    path = f"/api/v1/batches/{batch.public_id}"
    assert api(ada).post(f"{path}/explode").status_code == 404
    states = [api(ada).post(f"{path}/{act}").json()["state"] for act in ("pause", "resume", "close")]
    assert states == ["paused", "live", "closing"]
    refused = api(ada).post(f"{path}/launch")
    assert (refused.status_code, refused.json()["code"]) == (409, "batch_moved")


def test_an_expert_sees_the_queue_by_what_is_theirs(batch: Batch) -> None:
    dispute, expert = dispute_of(task_of(batch)), make_expert()
    caller = api(expert.user)

    def listed(state: str) -> list[str]:
        return [each["id"] for each in caller.get(f"/api/v1/disputes?state={state}").json()["results"]]

    assert (listed("open"), listed("mine"), listed("decided")) == ([dispute.public_id], [], [])
    claim_dispute(expert=expert, dispute=dispute.public_id)
    assert (listed("open"), listed("mine"), listed("decided")) == ([], [dispute.public_id], [])
    decide(expert, dispute)
    assert (listed("open"), listed("mine"), listed("decided")) == ([], [], [dispute.public_id])
    assert codes(caller.get("/api/v1/disputes?state=lost")) == [("state", "state_unknown")]


def test_an_expert_claims_releases_and_decides(batch: Batch) -> None:
    dispute, caller = dispute_of(task_of(batch)), api(make_expert().user)
    path = f"/api/v1/disputes/{dispute.public_id}"
    assert caller.post(f"{path}/claim").status_code == 201
    assert caller.post(f"{path}/release").status_code == 204
    assert caller.post(f"{path}/release").json()["code"] == "dispute_lease_lost"
    case = caller.post(f"{path}/claim").json()
    assert case["fence"] == 2
    body = {"outcome": "undecidable", "reason": "broken_row", "fence": case["fence"]}
    for _ in range(2):
        reply = caller.post(f"{path}/decide", body, format="json")
        assert (reply.status_code, reply.json()) == (200, {"state": "decided"})


def test_what_happened_to_disputes_is_told_after_a_number(batch: Batch) -> None:
    caller, path = api(make_expert().user), "/api/v1/disputes/events"
    assert caller.get(path).json() == {"seq": 0, "missed": False, "events": []}
    first, second = dispute_of(task_of(batch, "w0")), dispute_of(task_of(batch, "w1"))
    assert caller.get(path).json() == {"seq": 2, "missed": False, "events": []}
    assert caller.get(f"{path}?since=1").json() == {
        "seq": 2,
        "missed": False,
        "events": [{"seq": 2, "kind": "opened", "dispute": second.public_id}],
    }
    assert [each["dispute"] for each in caller.get(f"{path}?since=0").json()["events"]] == [
        first.public_id,
        second.public_id,
    ]
    assert caller.get(f"{path}?since=2").json() == {"seq": 2, "missed": False, "events": []}
    assert codes(caller.get(f"{path}?since=-1")) == [("since", "not_a_number")]
