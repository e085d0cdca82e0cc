"""Opening a project, as a service and over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.core.errors import Invalid
from marketplace.projects.models import Project
from marketplace.projects.selectors import schema_of
from marketplace.projects.services import create_project
from tests.factories import SCHEMA, make_client, make_user
from tests.marketplace.callers import as_user, faults_of, ok, refused

pytestmark = pytest.mark.django_db


def create(schema: Any, name: str = "Animals") -> Project:
    return create_project(client=make_client(funds_micros=0), name=name, schema=schema, guidelines="Look.")


def faults_for(schema: Any, name: str = "Animals") -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        create(schema, name)
    assert not Project.objects.exists()
    return [(fault.where, fault.code) for fault in refusal.value.faults]


def test_it_keeps_the_schema_and_the_first_guidelines() -> None:
    project = create(SCHEMA, name=" Animals ")
    assert (project.name, project.schema) == ("Animals", SCHEMA)
    assert [(each.version, each.body) for each in project.guidelines.all()] == [(1, "Look.")]
    assert schema_of(project.pk).questions[0].name == "animal"


def test_it_lists_every_fault_at_once() -> None:
    schema = {"questions": [{"name": "a", "kind": "choice"}, {"name": "a", "kind": "sculpture"}], "x": 1}
    faults = faults_for(schema, name=" ")
    assert faults[0] == ("name", "required")
    assert ("schema.x", "key_unknown") in faults
    assert ("schema.questions.1.kind", "kind_unknown") in faults
    assert any(where.startswith("schema.questions.0") for where, _ in faults)


@pytest.mark.parametrize("schema", [None, [], "text", 7, {}, {"questions": []}])
def test_it_refuses_what_is_no_schema(schema: Any) -> None:
    assert [where for where, _ in faults_for(schema)] in (["schema"], ["schema.questions"])


UNSTORABLE = [
    '{"questions": [{"name": "a", "kind": "text", "title": "\\u0000"}]}',
    '{"questions": [{"name": "a", "kind": "text", "title": "\\ud800"}]}',
    '{"questions": [{"name": "a", "kind": "choice", "options": ["a", "b\\u0000"]}]}',
    '{"questions": [{"name": "a", "kind": "text", "gold_distance": 1e999}]}',
    '{"questions": [{"name": "a", "kind": "text", "max_length": 1e999}]}',
    '{"questions": [{"name": "a", "kind": "text"}], "display": [{"field": "\\u0000"}]}',
    '{"questions": [{"name": "a", "kind": "text"}], "\\u0000": 1}',
    '{"questions": ' + "[" * 100 + "]" * 100 + "}",
]


@pytest.mark.parametrize("schema", UNSTORABLE, ids=range(len(UNSTORABLE)))
def test_over_http_what_cannot_be_stored_is_a_fault(schema: str) -> None:
    ada = make_user("Ada")
    path = f"/api/v1/clients/{make_client(ada, funds_micros=0).public_id}/projects"
    body = f'{{"name": "Animals", "schema": {schema}}}'
    reply = as_user(ada).post(path, body.encode(), content_type="application/json")
    assert faults_of(refused(reply, 422, "invalid"))
    assert not Project.objects.exists()


def test_over_http_a_project_is_listed_and_read() -> None:
    ada = make_user("Ada")
    caller, path = as_user(ada), f"/api/v1/clients/{make_client(ada, funds_micros=0).public_id}/projects"
    made = ok(caller.post(path, {"name": "Animals", "schema": SCHEMA}, format="json"), 201)
    assert made["schema"] == SCHEMA
    assert ok(caller.get(path))["results"] == [made]
    assert ok(caller.get(f"/api/v1/projects/{made['id']}")) == made


def test_over_http_faults_of_the_schema_have_their_places() -> None:
    ada = make_user("Ada")
    path = f"/api/v1/clients/{make_client(ada, funds_micros=0).public_id}/projects"
    reply = as_user(ada).post(path, {"name": "Animals", "schema": {"questions": []}}, format="json")
    assert faults_of(refused(reply, 422, "invalid")) == [("schema.questions", "questions_count")]
