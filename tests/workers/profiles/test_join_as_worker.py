"""Joining the crowd."""

from __future__ import annotations

import pytest

from marketplace.core.errors import Invalid
from tests.factories import make_user
from tests.marketplace.callers import as_user, faults_of, ok, refused
from workers.profiles.access import NotAWorker, worker_for_user
from workers.profiles.models import Worker
from workers.profiles.services import join_as_worker

pytestmark = pytest.mark.django_db


def test_whoever_joins_is_a_worker() -> None:
    user = make_user("Ben")
    worker = join_as_worker(user=user, display_name=" Ben B. ", country="ke")
    assert (worker.display_name, worker.country) == ("Ben B.", "KE")
    assert worker_for_user(user) == worker


def test_joining_twice_is_joining_once() -> None:
    user = make_user("Ben")
    workers = [join_as_worker(user=user, display_name=name) for name in ("Ben", "Benny")]
    assert workers[0] == workers[1]
    assert [worker.display_name for worker in Worker.objects.all()] == ["Ben"]


@pytest.mark.parametrize("name", ["", "  "])
def test_it_refuses_a_missing_name(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        join_as_worker(user=make_user(), display_name=name)
    assert [fault.where for fault in refusal.value.faults] == ["display_name"]


def test_a_worker_who_paused_does_not_work() -> None:
    user = make_user("Ben")
    join_as_worker(user=user, display_name="Ben")
    Worker.objects.update(active=False)
    with pytest.raises(NotAWorker):
        worker_for_user(user)


def test_nobody_is_a_worker_unasked() -> None:
    with pytest.raises(NotAWorker):
        worker_for_user(make_user("Dan"))


def test_over_http_joining_opens_the_workers_doors() -> None:
    caller = as_user(make_user("Ben"))
    refused(caller.get("/api/v1/work"), 403, "not_a_worker")
    made = ok(caller.post("/api/v1/worker", {"display_name": "Ben", "country": "KE"}, format="json"), 201)
    assert made == ok(caller.post("/api/v1/worker", {"display_name": "Other"}, format="json"), 201)
    assert ok(caller.get("/api/v1/work"))["results"] == []
    assert ok(caller.get("/api/v1/me"))["worker"] == {"id": made["id"], "name": "Ben"}


def test_over_http_faults_have_their_places() -> None:
    reply = as_user(make_user()).post("/api/v1/worker", {"country": "KEN"}, format="json")
    assert faults_of(refused(reply, 422, "invalid")) == [
        ("display_name", "required"),
        ("country", "max_length"),
    ]
