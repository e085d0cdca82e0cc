"""The expert's day: a disagreement is pushed to the desk, judged there, and the client sees the verdict."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from marketplace.core.ids import public_id
from tests.stories.acts import call, launch
from tests.stories.conftest import Stage, wait_for

pytestmark = pytest.mark.story


def newcomer(stage: Stage, browser: Browser) -> Page:
    """Somebody who signs up at the front door and joins the crowd."""
    page = browser.new_context(base_url=stage.address).new_page()
    page.goto("/account/signup/")
    page.fill("input[name=email]", f"{public_id().lower()}@example.org")
    page.fill("input[name=password1]", "a long enough one 7")
    page.fill("input[name=password2]", "a long enough one 7")
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url("**/")
    page.goto("/worker/join")
    page.get_by_label("A name to work under").fill("Newcomer")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/work")
    return page


def answer(page: Page, batch: str, value: str) -> None:
    """Claim the batch's one task and answer it."""
    suite = call(page, "POST", "/work/claims", {"batch": batch}, status=201)
    held = suite["assignments"][0]
    body = {"answer": {"mood": value}, "fence": held["fence"]}
    call(page, "POST", f"/assignments/{held['id']}/submit", body, status=201)


def test_it_judges_what_two_workers_disagree_on(
    stage: Stage, browser: Browser, sign_in: Callable[..., Page]
) -> None:
    client = sign_in("client")
    desk = sign_in("expert")
    desk.goto("/expert")
    batch = launch(client, "Expert story", "id,text\nonly,Well then.\n", min_overlap=2, max_overlap=2)
    answer(sign_in("worker"), batch, "glad")
    other = newcomer(stage, browser)
    answer(other, batch, "sad")
    other.context.close()
    wait_for(lambda: call(client, "GET", f"/batches/{batch}")["progress"]["disputes_open"], "no dispute", 20)

    case = desk.locator("[data-part=case]")
    for others in range(60):  # other stories may have left disputes; the desk goes on to the next by itself
        if not case.is_visible():
            desk.locator("[data-part=queue] button, [data-part=state] button").first.click()
            expect(case).to_be_visible()
        if "Well then." in case.inner_text():
            break
        desk.locator("[data-act=undecidable]").click()
        expect(desk.locator("[data-part=done]")).to_contain_text(str(others + 1))
    expect(case).to_contain_text("Well then.")
    expect(desk.locator("[data-part=answers]")).to_contain_text("glad")
    desk.locator("[data-part=panel]").get_by_text("sad", exact=True).click()
    desk.locator("[data-act=decide]").click()

    def verdict() -> bool:
        rows = call(client, "GET", f"/batches/{batch}/results")["results"]
        return bool(rows[0]["verdict"] and rows[0]["value"] == {"mood": "sad"})

    wait_for(verdict, "the verdict did not reach the client", 30)
    client.goto(f"/batches/{batch}")
    expect(client.get_by_text("expert", exact=True).first).to_be_visible()
