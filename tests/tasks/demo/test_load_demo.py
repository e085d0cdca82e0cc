"""Loading the demo."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from marketplace.accounts.models import User
from marketplace.projects.models import Batch, BatchState
from tasks.demo.load import load_demo
from tasks.demo.people import DEMO_PEOPLE
from tasks.demo.projects import demo_projects
from tasks.pool.models import Task
from workers.teams.selectors import roles_of

pytestmark = pytest.mark.django_db


def test_it_makes_five_people_each_in_their_role() -> None:
    load_demo()
    roles = {
        person.key: roles_of(User.objects.get(email=person.email, name=person.name)) for person in DEMO_PEOPLE
    }
    assert [client["name"] for client in roles["client"].clients] == ["Northlight"]
    assert roles["worker"].worker is not None
    assert [vendor["name"] for vendor in roles["vendor"].vendors] == ["Harbour"]
    assert roles["expert"].expert is not None
    assert [key for key, role in roles.items() if role.operator] == ["operator"]


def test_nobody_of_the_demo_has_a_password() -> None:
    load_demo()
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_it_launches_a_live_batch_of_every_project_with_gold() -> None:
    assert len(load_demo()) == len(demo_projects())
    for project in demo_projects():
        batch = Batch.objects.get(project__name=project.name)
        assert batch.state == BatchState.LIVE
        assert Task.objects.filter(batch=batch).count() == len(project.rows)
        gold = sum(bool(row.reason) for row in project.rows)
        assert Task.objects.filter(batch=batch, is_gold=True).count() == gold


def test_twice_is_once() -> None:
    load_demo()
    before = (User.objects.count(), Task.objects.count())
    assert load_demo() == []
    assert (User.objects.count(), Task.objects.count()) == before


def test_it_launches_again_only_what_is_closed() -> None:
    load_demo()
    assert load_demo(again=True) == []
    done = Batch.objects.filter(project__name=demo_projects()[0].name)
    done.update(state=BatchState.CLOSED)
    assert [batch.name for batch in load_demo(again=True)] == [f"{demo_projects()[0].name}, round 2"]


def test_it_is_refused_outside_a_demo(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="ASSAY_DEMO=1"):
        call_command("demo")
    assert not User.objects.exists()


def test_it_lists_every_sign_in_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("demo", "--list")
    shown = capsys.readouterr().out
    assert all(f"{person.role!s:<15} {person.name}" in shown for person in DEMO_PEOPLE)
    assert "http://" in shown
    assert not User.objects.exists()
