"""Who am I: every role a person holds."""

from __future__ import annotations

import pytest

from marketplace.clients.models import Membership
from tests.factories import make_client, make_user
from tests.marketplace.callers import as_user, ok
from workers.profiles.models import Worker
from workers.profiles.services import appoint_expert, join_as_worker
from workers.teams.services import create_vendor

pytestmark = pytest.mark.django_db


def test_somebody_without_a_role_has_none() -> None:
    user = make_user("Dan")
    assert ok(as_user(user).get("/api/v1/me")) == {
        "id": user.public_id,
        "email": user.email,
        "name": "Dan",
        "clients": [],
        "worker": None,
        "expert": None,
        "vendors": [],
        "operator": False,
    }


def test_somebody_may_hold_every_role() -> None:
    user = make_user("Ada", is_staff=True)
    own, other = make_client(user, funds_micros=0), make_client(funds_micros=0)
    Membership.objects.create(client=other, user=user, role="viewer")
    worker, expert = join_as_worker(user=user, display_name="A."), appoint_expert(user=user)
    vendor = create_vendor(manager=user, name="Team")
    me = ok(as_user(user).get("/api/v1/me"))
    assert {each["id"]: each["role"] for each in me["clients"]} == {
        own.public_id: "owner",
        other.public_id: "viewer",
    }
    assert me["worker"] == {"id": worker.public_id, "name": "A."}
    assert me["expert"] == {"id": expert.public_id}
    assert me["vendors"] == [{"id": vendor.public_id, "name": "Team"}]
    assert me["operator"] is True


def test_a_role_that_rests_is_not_shown() -> None:
    user = make_user("Ben")
    join_as_worker(user=user, display_name="Ben")
    Worker.objects.update(active=False)
    assert ok(as_user(user).get("/api/v1/me"))["worker"] is None
