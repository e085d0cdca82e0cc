"""A web process under load, without connections, and after the database went away for a moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection, transaction

from marketplace.accounts.services import create_api_key
from marketplace.core.problems import PROBLEM
from tasks.answers.models import Answer
from tasks.pool.models import Task
from tests.factories import Shape, make_live, make_user, make_worker
from tests.local.served import Reply, Served, served, terminate, until
from tests.tasks.acts import take

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = "/api/v1/keys"


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[Served]:
    """A web process with four threads and a connection for each."""
    with served(ASSAY_WEB_THREADS="4") as process:
        yield process


@pytest.fixture(scope="module")
def small(django_db_setup: None) -> Iterator[Served]:
    """One with two threads, a line of three, and only one connection."""
    with served(ASSAY_WEB_THREADS="2", ASSAY_WEB_WAITING="3", ASSAY_POOL_MAX="1") as process:
        yield process


def key() -> dict[str, str]:
    """The headers of a program that calls."""
    secret = create_api_key(user=make_user(), name="a program", scopes=["client"])[1]
    return {"Authorization": f"Bearer {secret}"}


def lock_keys() -> None:
    """Let everybody wait who asks for a key, until our transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE marketplace_apikey IN ACCESS EXCLUSIVE MODE")


def refused_for_now(reply: Reply) -> bool:
    """Whether it was refused in the way that programs can make use of."""
    if reply.status != 503:
        return False
    assert reply.headers["content-type"] == PROBLEM
    assert int(reply.headers["retry-after"]) > 0
    assert reply.json["code"] == "unavailable"
    return True


def test_beyond_its_capacity_it_refuses_at_once_and_then_goes_on(small: Served) -> None:
    program = key()
    with transaction.atomic():
        lock_keys()
        inside = [small.ask(KEYS, **program) for _ in range(5)]
        until(lambda: small.backends("Lock"))
        until(lambda: refused_for_now(small.get(KEYS, **program)))
        late = [small.ask(KEYS, **program) for _ in range(20)]
        assert all(refused_for_now(each.result()) for each in late)
        assert small.get("/healthz").status == 200  # busy is not dead
    assert {each.result().status for each in inside} <= {200, 503}
    assert [small.get(KEYS, **program).status for _ in range(5)] == [200] * 5


def test_without_a_free_connection_it_says_so_instead_of_hanging(small: Served) -> None:
    program = key()
    with transaction.atomic():
        lock_keys()
        holder = small.ask(KEYS, **program)
        until(lambda: small.backends("Lock"))
        assert refused_for_now(small.get(KEYS, **program))
        page = small.get("/work", Cookie="sessionid=somebody")
        assert (page.status, int(page.headers["retry-after"]) > 0) == (503, True)
        assert b"Not just now" in page.body
        assert len(small.backends()) == 1
    assert holder.result().status == 200
    assert [small.get(KEYS, **program).status for _ in range(5)] == [200] * 5


def fill_the_pool(web: Served, program: dict[str, str], number: int) -> list[Future[Reply]]:
    """Have so many requests wait at once, each with a connection, for a lock of ours."""
    lock_keys()
    asked = [web.ask(KEYS, **program) for _ in range(number)]
    until(lambda: len(web.backends("Lock")) == number)
    return asked


def test_it_makes_no_connection_for_a_request(web: Served) -> None:
    program = key()
    with transaction.atomic():
        asked = fill_the_pool(web, program, 4)
    assert {each.result().status for each in asked} == {200}
    known = set(web.backends())
    assert len(known) in {4, 5}
    assert all(each.result().status == 200 for each in [web.ask(KEYS, **program) for _ in range(80)])
    assert len(set(web.backends()) | known) <= 5


def test_connections_that_died_idle_fail_nobody(web: Served) -> None:
    program = key()
    with transaction.atomic():
        asked = fill_the_pool(web, program, 4)
    assert {each.result().status for each in asked} == {200}
    terminate(web.backends())
    assert [web.get(KEYS, **program).status for _ in range(12)] == [200] * 12


def test_connections_that_die_at_work_fail_one_request_each(web: Served) -> None:
    program = key()
    with transaction.atomic():
        asked = fill_the_pool(web, program, 3)
        terminate(web.backends("Lock"))
        assert all(refused_for_now(each.result()) for each in asked)
    assert [web.get(KEYS, **program).status for _ in range(12)] == [200] * 12


def test_fifty_answers_at_once_over_two_connections_are_stored_or_told_to_come_again() -> None:
    terms = {"min_overlap": 2, "max_overlap": 2, "suite_size": 1, "gold_share": 0}
    batch, people = make_live(shape=Shape(work=25, terms=terms)), [make_worker() for _ in range(50)]
    sent = {
        create_api_key(user=worker.user, name="app", scopes=["work"])[1]: take(worker, batch)[0].public_id
        for worker in people
    }
    body = {"answer": {"animal": "dog"}}

    def send_all(web: Served) -> list[Future[Reply]]:
        return [
            web.threads.submit(web.post, f"/api/v1/assignments/{held}/submit", body, secret)
            for secret, held in sent.items()
        ]

    def told(web: Served) -> set[int]:
        return {each.result().status for each in send_all(web)}

    with served(ASSAY_POOL_MAX="2") as web:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE tasks_answer IN ACCESS EXCLUSIVE MODE")
            first = send_all(web)
            until(lambda: any(each.done() for each in first))
        refused = [each.result() for each in first if each.result().status != 201]
        assert refused
        assert all(refused_for_now(reply) for reply in refused)
        until(lambda: told(web) == {200})
        assert len(web.backends()) <= 2
    assert Answer.objects.count() == 50
    assert set(Task.objects.values_list("answers_count", "live_count")) == {(2, 0)}


def test_files_streams_and_odd_addresses_go_through(web: Served) -> None:
    style = finders.find("css/tokens.css")
    assert isinstance(style, str)
    reply = web.get("/static/css/tokens.css")
    assert (reply.status, reply.body) == (200, Path(style).read_bytes())
    schema = web.get("/api/schema", Accept="application/vnd.oai.openapi+json")
    assert json.loads(schema.body)["info"]["title"] == "Assay"
    missing = web.get("/api/v1/nowhere%FF")
    assert (missing.status, missing.headers["content-type"]) == (404, PROBLEM)
