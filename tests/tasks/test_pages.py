"""What people do on pages: acts say what became of them, refusals are told and never end in an error."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client as Browser
from pytest_django import Settings

from marketplace.accounts.models import User
from marketplace.clients import services
from marketplace.clients.services import funds_of
from marketplace.ledger.selectors import balance_micros
from marketplace.projects.models import Batch
from tasks.demo.people import DEMO_PEOPLE
from tasks.flow.report import forecast_of
from tasks.flow.selectors import progress_of
from tasks.flow.settlement import settle_due
from tests.factories import Shape, make_client, make_draft, make_user, make_worker
from tests.tasks.acts import answer, answer_by_new_workers, pair_batch, task_of
from workers.pay.selectors import earnings
from workers.pay.services import request_payout
from workers.profiles.models import Worker
from workers.teams.services import add_member, create_vendor

pytestmark = pytest.mark.django_db


def browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def told(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.fixture
def ada() -> User:
    return make_user("Ada")


@pytest.fixture
def operator() -> Browser:
    return browser_of(make_user("Otto", is_staff=True))


def test_a_client_pauses_and_is_told_when_that_was_done_already(ada: User) -> None:
    batch, browser = pair_batch(make_client(ada)), browser_of(ada)
    first, again = (browser.post(f"/batches/{batch.public_id}/pause") for _ in range(2))
    batch.refresh_from_db()
    assert (batch.state, told(first), first.status_code) == ("paused", "", 302)
    assert "look again" in told(again)
    assert browser.post(f"/batches/{batch.public_id}/explode").status_code == 404


def test_a_client_is_told_all_that_stands_before_a_launch(ada: User) -> None:
    draft = make_draft(make_client(ada), Shape(terms={"reward_micros": 1, "no_gold_reason": ""}))
    words = told(browser_of(ada).post(f"/batches/{draft.public_id}/launch"))
    assert "The reward comes to 0.00 an hour" in words
    assert "No row has a known answer" in words


def test_a_client_sees_and_downloads_a_batch(ada: User) -> None:
    batch, browser = pair_batch(make_client(ada), work=2), browser_of(ada)
    answer_by_new_workers(task_of(batch), ["dog", "dog"])
    page = browser.get(f"/batches/{batch.public_id}")
    assert page.status_code == 200
    assert batch.name in page.content.decode()
    file: Any = browser.get(f"/batches/{batch.public_id}/export.jsonl")
    assert len(b"".join(file.streaming_content).splitlines()) == 2


def test_a_client_is_told_when_and_at_what_cost_it_will_end(ada: User) -> None:
    batch = pair_batch(make_client(ada), work=4)
    assert forecast_of(batch, progress_of(batch)) is None
    answer_by_new_workers(task_of(batch, "w0"), ["dog", "dog"])
    settle_due()
    # two answers in two minutes settled one row of four; six answers are to come
    assert forecast_of(batch, progress_of(batch)) == {"seconds_left": 360, "cost_micros": 4 * 2 * 60_000}


def test_an_operator_books_a_transfer_once(operator: Browser) -> None:
    client = make_client(funds_micros=0)
    form = {"client": client.public_id, "amount": "12.50", "reference": "T-1"}
    assert told(operator.post("/operator/deposits", form)) == "Booked."
    assert told(operator.post("/operator/deposits", form)).endswith("That transfer was booked before.")
    assert balance_micros(funds_of(client)) == 12_500_000


@pytest.mark.parametrize(
    "wrong", [{"client": "A" * 16}, {"amount": "-1"}, {"amount": "lots"}, {"reference": ""}]
)
def test_an_operator_is_told_what_a_transfer_needs(operator: Browser, wrong: dict[str, str]) -> None:
    client = make_client(funds_micros=0)
    form = {"client": client.public_id, "amount": "1", "reference": "T-1"} | wrong
    assert "Give a client's id" in told(operator.post("/operator/deposits", form))
    assert balance_micros(funds_of(client)) == 0


def test_an_operator_is_told_that_a_transfer_is_too_large(operator: Browser, monkeypatch: Any) -> None:
    client = make_client(funds_micros=0)
    monkeypatch.setattr(services, "MAX_DEPOSIT_MICROS", 1_000_000)
    form = {"client": client.public_id, "amount": "2", "reference": "T-1"}
    assert "at most 10 million" in told(operator.post("/operator/deposits", form))
    assert balance_micros(funds_of(client)) == 0


def paid_worker() -> tuple[Worker, Batch]:
    batch, worker = pair_batch(reward_micros=2_000_000), make_worker()
    answer(worker, task_of(batch))
    settle_due()
    return worker, batch


def test_an_operator_moves_a_payout_along(operator: Browser) -> None:
    worker, _ = paid_worker()
    payout = request_payout(owner=worker.public_id, currency="USD", amount_micros=2_000_000)
    path = f"/operator/payouts/{payout.public_id}"
    assert worker.public_id in operator.get("/operator").content.decode()
    assert told(operator.post(f"{path}/send")) == told(operator.post(f"{path}/settle")) == ""
    assert "look again" in told(operator.post(f"{path}/fail"))
    assert operator.post(f"{path}/lose").status_code == 404
    line = earnings(worker.public_id)[0]
    assert (line.available_micros, line.paid_out_micros) == (0, 2_000_000)


def test_a_worker_asks_for_a_payout_and_is_told_why_not() -> None:
    worker, _ = paid_worker()
    browser = browser_of(worker.user)
    assert "on its way" in told(browser.post("/earnings/payout", {"amount": "1.5"}))
    assert "smallest payout" in told(browser.post("/earnings/payout", {"amount": "0.5"}))
    assert "not enough money" in told(browser.post("/earnings/payout", {"amount": "1.5"}))
    assert "Give an amount" in told(browser.post("/earnings/payout", {"amount": "x"}))
    assert earnings(worker.public_id)[0].in_transit_micros == 1_500_000
    assert browser.get("/earnings").status_code == 200


def test_somebody_who_is_no_worker_yet_is_led_to_join() -> None:
    browser = browser_of(make_user("New"))
    assert browser.get("/work").headers["Location"] == "/worker/join"
    assert browser.get("/earnings").headers["Location"] == "/worker/join"
    assert (
        browser.post("/worker/join", {"display_name": "Newt", "country": "ke"}).headers["Location"] == "/work"
    )
    assert browser.get("/work").status_code == 200
    assert Worker.objects.get().country == "KE"


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name", ["Ann", "Ben"]),
        ("-name", ["Ben", "Ann"]),
        ("-earned", ["Ben", "Ann"]),
        ("earned", ["Ann", "Ben"]),
        ("last_seen", ["Ann", "Ben"]),
        ("-nonsense", ["Ben", "Ann"]),
    ],
)
def test_a_vendor_sorts_their_people(sort: str, names: list[str]) -> None:
    vera = make_user("Vera")
    vendor = create_vendor(manager=vera, name="Vera's")
    busy, _ = paid_worker()
    for worker in (make_worker("Ann"), busy):
        add_member(vendor=vendor, worker=worker)
    page = browser_of(vera).get(f"/vendors/{vendor.public_id}?sort={sort}")
    assert [member["name"] for member in page.context["members"]] == names


def test_a_demo_lets_in_as_one_of_its_people_and_as_nobody_else(settings: Settings) -> None:
    settings.DEMO = True
    person = DEMO_PEOPLE[0]
    User.objects.create_user(person.email, name=person.name)
    browser = Browser()
    assert str(person.name) in browser.get("/").content.decode()
    assert browser.post("/demo/sign-in", {"person": "somebody"}).status_code == 404
    assert browser.post("/demo/sign-in", {"person": person.key}).status_code == 302
    assert browser.get("/account/keys").status_code == 200
