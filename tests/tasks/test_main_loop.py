"""The main loop told as one worked example over the HTTP API, from a file to a refund."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from marketplace.datasets.models import Dataset
from marketplace.datasets.services import import_dataset
from tasks.flow.background import close_batches
from tasks.flow.settlement import settle_due
from tests.factories import jsonl, make_client, make_expert, make_user, make_worker

pytestmark = pytest.mark.django_db

SCHEMA = {"questions": [{"name": "animal", "kind": "choice", "options": ["cat", "dog"]}]}


def api(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def ok(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json() if response.content else None


def answer(who: APIClient, task: str, value: str) -> None:
    suite = ok(who.post("/api/v1/work/claims", {"task": task}, format="json"), 201)
    held = suite["assignments"][0]
    body = {"answer": {"animal": value}, "fence": held["fence"]}
    ok(who.post(f"/api/v1/assignments/{held['id']}/submit", body, format="json"), 201)
    ok(who.post(f"/api/v1/assignments/{held['id']}/submit", body, format="json"), 200)


def launch(as_ada: APIClient, client: str) -> tuple[str, int]:
    """From a schema and a file to a running batch: its address, and what was held for it."""
    words = {"name": "Animals", "schema": SCHEMA, "guidelines": "Look."}
    project = ok(as_ada.post(f"/api/v1/clients/{client}/projects", words, format="json"), 201)
    upload = SimpleUploadedFile("rows.jsonl", jsonl([{"id": "a", "text": "meow"}, {"id": "b", "text": "?"}]))
    dataset = ok(as_ada.post(f"/api/v1/clients/{client}/datasets", {"name": "Rows", "file": upload}), 202)
    import_dataset(dataset_id=Dataset.objects.get(public_id=dataset["id"]).pk)
    terms = {
        "dataset": dataset["id"],
        "no_gold_reason": "an example",
        "max_overlap": 4,
        "acceptance_seconds": 0,
    }
    batch = ok(as_ada.post(f"/api/v1/projects/{project['id']}/batches", terms, format="json"), 201)
    address = f"/api/v1/batches/{batch['id']}"
    held = ok(as_ada.post(f"{address}/launch"))["progress"]["escrow_micros"]
    assert held == batch["quote"]["worst_case_micros"]
    return address, held


def judge(expert: APIClient) -> None:
    """The only dispute in the queue is decided: a dog."""
    queue = ok(expert.get("/api/v1/disputes"))["results"]
    assert [dispute["reason"] for dispute in queue] == ["no_consensus"]
    case = ok(expert.post(f"/api/v1/disputes/{queue[0]['id']}/claim"), 201)
    assert sorted(given["value"]["animal"] for given in case["answers"]) == ["cat", "cat", "dog", "dog"]
    verdict = {"answer": {"animal": "dog"}, "reason": "clear", "fence": case["fence"]}
    ok(expert.post(f"/api/v1/disputes/{queue[0]['id']}/decide", verdict, format="json"))


def test_it_takes_a_batch_from_a_file_to_a_refund() -> None:
    ada = make_user("Ada")
    as_ada = api(ada)
    address, held = launch(as_ada, make_client(ada).public_id)

    people = [api(make_worker(f"Ben {n}").user) for n in range(4)]
    tasks = {row["row"]: row["task"] for row in ok(as_ada.get(f"{address}/results"))["results"]}
    for who in people[:3]:
        found = ok(as_ada.get(f"{address}/results"))["results"]
        if next(row for row in found if row["row"] == "a")["state"] == "open":
            answer(who, tasks["a"], "cat")
    for who, value in zip(people, ["cat", "dog", "cat", "dog"], strict=True):
        answer(who, tasks["b"], value)

    judge(api(make_expert().user))

    settle_due()
    assert ok(as_ada.post(f"{address}/close"))["state"] == "closing"
    close_batches()
    closed = ok(as_ada.get(address))
    assert closed["state"] == "closed"
    spent = closed["progress"]
    assert spent["resolved"] == 2
    assert (
        spent["refunded_micros"] == held - spent["paid_micros"] - spent["expert_micros"] - spent["fee_micros"]
    )
    assert spent["escrow_micros"] == 0
    results = {row["row"]: row for row in ok(as_ada.get(f"{address}/results"))["results"]}
    assert results["a"]["value"] == {"animal": "cat"}
    assert results["b"]["value"] == {"animal": "dog"}
    assert results["b"]["verdict"]["outcome"] == "decided"
    file: Any = as_ada.get(f"{address}/export?format=csv")
    exported = b"".join(file.streaming_content).decode()
    assert exported.splitlines()[0].startswith("task,row,state,question,value,confidence")
