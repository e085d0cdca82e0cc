"""The worker's day: find work, answer it by keyboard, see it saved and what it earns, on a phone too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.stories.acts import call, launch
from tests.stories.conftest import wait_for

pytestmark = pytest.mark.story
CSV = "id,text\n" + "".join(f"{n},sentence number {n}\n" for n in range(6))


def test_it_answers_by_keyboard_and_is_paid(sign_in: Callable[..., Page]) -> None:
    launch(sign_in("client"), "Worker story", CSV, acceptance_seconds=0)
    page = sign_in("worker")
    before = call(page, "GET", "/earnings")["results"]
    page.goto("/work")
    page.get_by_role("link", name="Worker story").first.click()
    seen = set()
    for _ in range(3):
        row = page.locator("[data-part=row]")
        expect(row).to_contain_text("sentence number")
        text = row.inner_text()
        assert text not in seen
        seen.add(text)
        page.wait_for_timeout(600)  # a person reads; keys are deaf for a moment after a swap
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        expect(row).not_to_have_text(text)
    page.wait_for_timeout(600)
    page.keyboard.press("s")
    earned = before[0]["available_micros"] if before else 0

    def paid() -> bool:
        lines = call(page, "GET", "/earnings")["results"]
        return bool(lines and lines[0]["available_micros"] >= earned + 3 * 50_000)

    wait_for(paid, "three answers were not paid", 40)

    def told() -> bool:
        page.goto("/earnings")
        return page.get_by_text("Worker story").first.is_visible()

    wait_for(told, "the statement does not tell of them", 40)


def test_it_works_with_a_thumb(sign_in: Callable[..., Page]) -> None:
    batch = launch(sign_in("client"), "Thumb story", CSV)
    page = sign_in("worker", viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    page.goto(f"/work/{batch}")
    row = page.locator("[data-part=row]")
    expect(row).to_contain_text("sentence number")
    text = row.inner_text()
    page.get_by_text("sad", exact=True).tap()
    page.locator("[data-act=submit]").tap()
    expect(row).not_to_have_text(text)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
