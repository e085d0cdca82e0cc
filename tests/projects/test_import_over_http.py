"""Other tools' configurations over HTTP: read, never stored."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from marketplace.projects.models import Project
from tests.factories import make_user

pytestmark = pytest.mark.django_db

CONFIG = '<View><Text name="t" value="$text"/>{}<Choices name="c" toName="t">{}</Choices></View>'
OPTIONS = '<Choice value="yes"/><Choice value="no"/>'


def sent(config: Any) -> Any:
    caller = APIClient()
    caller.force_authenticate(make_user("Ada"))
    return caller.post("/api/v1/schemas/label-studio", {"config": config}, format="json")


def test_it_gives_a_whole_schema_and_what_was_left_out() -> None:
    reply = sent(CONFIG.format("<Video name='v' value='$clip'/>", OPTIONS))
    assert reply.status_code == 200
    (question,) = reply.json()["schema"]["questions"]
    assert question["options"] == [{"value": "yes", "label": "yes"}, {"value": "no", "label": "no"}]
    (left_out,) = reply.json()["left_out"]
    assert (left_out["where"], left_out["code"]) == ("View.v", "tag_unsupported")
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("config", "where", "code"),
    [
        ("<View>", "config", "config_unreadable"),
        ("<View/>", "schema.questions", "questions_count"),
        (CONFIG.format("", ""), "schema.questions.0.options", "options_count"),
        (None, "config", "null"),
    ],
)
def test_it_says_what_is_wrong_and_where(config: Any, where: str, code: str) -> None:
    reply = sent(config)
    assert reply.status_code == 422
    assert [(fault["where"], fault["code"]) for fault in reply.json()["errors"]] == [(where, code)]
