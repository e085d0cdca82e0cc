"""The crowd's page as a worker reads it, and over HTTP."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client as Browser
from rest_framework.test import APIClient

from marketplace.projects.models import Batch
from tasks.offers import selectors, views
from tasks.offers.services import open_offer
from tests.factories import make_worker
from tests.tasks.acts import pair_batch
from workers.profiles.models import Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> Worker:
    return make_worker()


@pytest.fixture
def page(worker: Worker) -> Any:
    browser = Browser()
    browser.force_login(worker.user, backend="django.contrib.auth.backends.ModelBackend")
    return lambda path="/work": " ".join(browser.get(path).content.decode().split())


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.mark.parametrize(("work", "left"), [(3, "a few"), (30, "20 or more")])
def test_it_says_what_it_is_what_it_pays_and_roughly_how_much_there_is(
    page: Any, work: int, left: str
) -> None:
    pair_batch(work=work, seconds_per_task=15)
    shown = words(page())
    assert "Which animal is it? Animals 12.00 USD estimate 0.05 USD 15 s" in shown
    assert left in shown
    assert "waited" not in shown


def test_it_says_that_there_is_nothing(page: Any) -> None:
    assert "No work for you right now" in page()


def test_it_leads_on_and_back(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "SIZE", 5)
    for reward in range(8):
        pair_batch(reward_micros=50_000 + 1000 * reward)
    first = page()
    assert "Some in between have waited long for answers." in first
    assert words(first).count("Waits for answers") == 1
    (more,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = page(f"/work{more}")
    assert "Best paid" in second
    assert re.findall(r'rel="next"', second) == []
    assert "waited" not in second
    Batch.objects.update(state="paused")
    assert "That was all" in page(f"/work{more}")


def test_over_http_it_goes_on_from_a_cursor(worker: Worker) -> None:
    batches = [pair_batch(reward_micros=50_000 + 1000 * n) for n in range(3)]
    caller = APIClient()
    caller.force_authenticate(worker.user)
    first = caller.get("/api/v1/work?limit=2").json()
    assert [offer["batch"] for offer in first["results"]] == [batches[2].public_id, batches[1].public_id]
    assert first["next"].startswith("http://testserver/api/v1/work?limit=2&cursor=")
    second = caller.get(first["next"]).json()
    assert [offer["batch"] for offer in second["results"]] == [batches[0].public_id]
    assert second["next"] is None
    assert set(second["results"][0]) == set(selectors.OfferShown._fields)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 422, "invalid"),
        ("limit=101", 422, "invalid"),
        ("limit=many", 422, "invalid"),
        ("cursor=nowhere", 404, "not_found"),
        (f"cursor={'A' * 101}", 422, "invalid"),
    ],
)
def test_over_http_it_refuses_what_makes_no_sense(worker: Worker, query: str, status: int, code: str) -> None:
    caller = APIClient()
    caller.force_authenticate(worker.user)
    reply = caller.get(f"/api/v1/work?{query}")
    assert (reply.status_code, reply.json()["code"]) == (status, code)


def test_a_batch_that_stopped_a_moment_ago_is_not_shown(worker: Worker) -> None:
    batch = pair_batch()
    open_offer(batch_id=batch.pk)
    Batch.objects.filter(pk=batch.pk).update(state="paused")
    assert selectors.offers_for(worker).offers == []
