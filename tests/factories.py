"""Plain functions that make what a test needs, through the services a user's act would go through."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.accounts.models import User
from marketplace.clients.models import Client
from marketplace.clients.services import create_client, deposit_funds
from marketplace.core.ids import public_id
from marketplace.datasets.models import Dataset
from marketplace.datasets.services import create_dataset, import_dataset
from marketplace.projects.models import Batch, Project
from marketplace.projects.services import create_project, draft_batch
from tasks.flow.services import launch_batch
from workers.profiles.models import Expert, Worker
from workers.profiles.services import appoint_expert, join_as_worker

SCHEMA: dict[str, Any] = {
    "questions": [
        {"name": "animal", "kind": "choice", "title": "Which animal is it?", "options": ["cat", "dog"]}
    ]
}


def make_user(name: str = "Somebody", **fields: Any) -> User:
    """A person with an e-mail address of their own."""
    return User.objects.create_user(f"{public_id().lower()}@example.org", name=name, **fields)


def make_client(owner: User | None = None, *, funds_micros: int = 1_000_000_000) -> Client:
    """A client with money."""
    client = create_client(user=owner or make_user("Ada"), name="Ada's Animals")
    if funds_micros:
        deposit_funds(client=client, amount_micros=funds_micros, reference="opening")
    return client


def make_worker(name: str = "Ben") -> Worker:
    """A worker."""
    return join_as_worker(user=make_user(name), display_name=name)


def make_expert(name: str = "Cho") -> Expert:
    """An expert."""
    return appoint_expert(user=make_user(name))


def make_project(client: Client, schema: dict[str, Any] | None = None) -> Project:
    """A project with guidelines."""
    return create_project(
        client=client, name="Animals", schema=schema or SCHEMA, guidelines="Look **closely**."
    )


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    """Rows as a JSON Lines file."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def make_dataset(client: Client, rows: list[dict[str, Any]]) -> Dataset:
    """An imported dataset."""
    dataset = create_dataset(
        client=client, name="Pictures", upload=SimpleUploadedFile("rows.jsonl", jsonl(rows))
    )
    import_dataset(dataset_id=dataset.pk)
    dataset.refresh_from_db()
    return dataset


@dataclass
class Shape:
    """How big a batch is to be, and on what terms."""

    work: int = 3
    gold: int = 0
    schema: dict[str, Any] | None = None
    terms: dict[str, Any] = field(default_factory=dict)


def make_draft(client: Client | None = None, shape: Shape | None = None) -> Batch:
    """A drafted batch of `shape.work` rows and `shape.gold` known ones ("dog")."""
    shape = shape or Shape()
    owner = client or make_client()
    rows: list[dict[str, Any]] = [{"id": f"w{i}", "text": f"picture {i}"} for i in range(shape.work)]
    rows += [{"id": f"g{i}", "text": f"known picture {i}", "gold": "dog"} for i in range(shape.gold)]
    terms = {"no_gold_reason": "" if shape.gold else "a test", "acceptance_seconds": 0} | shape.terms
    return draft_batch(
        project=make_project(owner, shape.schema),
        dataset=make_dataset(owner, rows),
        name="First",
        terms=terms,
    )


def make_live(client: Client | None = None, shape: Shape | None = None) -> Batch:
    """A launched batch."""
    batch = make_draft(client, shape)
    launch_batch(batch=batch)
    batch.refresh_from_db()
    return batch
