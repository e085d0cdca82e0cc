"""Who may see a client and what is its own, and who may change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.clients.access import client_for_user, clients_of
from marketplace.clients.models import Client
from marketplace.core.errors import Forbidden, NotFound
from marketplace.datasets.access import dataset_for_user
from marketplace.projects.access import batch_for_user, project_for_user
from tests.factories import make_client, make_draft
from tests.marketplace.callers import as_user, ok, refused
from tests.marketplace.clients.cast import people_of

pytestmark = pytest.mark.django_db

MEMBERS = ("owner", "manager", "viewer")


@pytest.fixture
def ids() -> dict[str, str]:
    """A client with one of everything, by public id."""
    batch = make_draft(make_client(funds_micros=0))
    return {
        "client": batch.project.client.public_id,
        "project": batch.project.public_id,
        "dataset": batch.dataset.public_id,
        "batch": batch.public_id,
    }


@pytest.fixture
def people(ids: dict[str, str]) -> dict[str, Any]:
    """One person in each role at it, and a stranger."""
    return people_of(Client.objects.get(public_id=ids["client"]))


READS = [
    "/api/v1/clients/{client}",
    "/api/v1/clients/{client}/statement",
    "/api/v1/clients/{client}/projects",
    "/api/v1/clients/{client}/datasets",
    "/api/v1/projects/{project}",
    "/api/v1/datasets/{dataset}",
    "/api/v1/datasets/{dataset}/rows",
    "/api/v1/datasets/{dataset}/errors",
    "/api/v1/batches/{batch}",
]


@pytest.mark.parametrize("path", READS)
def test_members_may_look_and_strangers_see_nothing(
    path: str, ids: dict[str, str], people: dict[str, Any]
) -> None:
    for role in MEMBERS:
        ok(as_user(people[role]).get(path.format(**ids)))
    refused(as_user(people["stranger"]).get(path.format(**ids)), 404, "not_found")


SCHEMA = {"questions": [{"name": "a", "kind": "text"}]}
WRITES: dict[str, Callable[[dict[str, str]], Any]] = {
    "/api/v1/clients/{client}/projects": lambda _: {"name": "P", "schema": SCHEMA},
    "/api/v1/projects/{project}/guidelines": lambda _: {"body": "Look."},
    "/api/v1/projects/{project}/batches": lambda ids: {"dataset": ids["dataset"]},
}


@pytest.mark.parametrize("path", WRITES)
def test_owners_and_managers_may_change_things(
    path: str, ids: dict[str, str], people: dict[str, Any]
) -> None:
    for role, status in (("owner", 201), ("manager", 201), ("viewer", 403), ("stranger", 404)):
        reply = as_user(people[role]).post(path.format(**ids), WRITES[path](ids), format="json")
        assert reply.status_code == status, (role, reply.content)


def test_owners_and_managers_may_upload(ids: dict[str, str], people: dict[str, Any]) -> None:
    for role, status in (("owner", 202), ("manager", 202), ("viewer", 403), ("stranger", 404)):
        body = {"name": "Rows", "file": SimpleUploadedFile("rows.csv", b"text\na\n")}
        reply = as_user(people[role]).post(f"/api/v1/clients/{ids['client']}/datasets", body)
        assert reply.status_code == status, (role, reply.content)


def test_only_members_list_a_client(ids: dict[str, str], people: dict[str, Any]) -> None:
    seen = {name: [each.public_id for each in clients_of(user)] for name, user in people.items()}
    assert seen == {role: [ids["client"]] for role in MEMBERS} | {"stranger": []}


@pytest.mark.parametrize("door", [client_for_user, project_for_user, batch_for_user])
def test_every_door_knows_who_may_write(
    door: Callable[..., Any], ids: dict[str, str], people: dict[str, Any]
) -> None:
    wanted = ids[door.__name__.removesuffix("_for_user")]
    for role in ("owner", "manager"):
        assert door(people[role], wanted, write=True).public_id == wanted
    with pytest.raises(Forbidden):
        door(people["viewer"], wanted, write=True)
    with pytest.raises(NotFound):
        door(people["stranger"], wanted, write=True)
    assert door(people["viewer"], wanted).public_id == wanted


def test_a_dataset_is_for_members(ids: dict[str, str], people: dict[str, Any]) -> None:
    assert dataset_for_user(people["viewer"], ids["dataset"]).public_id == ids["dataset"]
    with pytest.raises(NotFound):
        dataset_for_user(people["stranger"], ids["dataset"])
