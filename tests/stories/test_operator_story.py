"""The operator's and the vendor manager's day."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.stories.acts import own_client
from tests.stories.conftest import Stage

pytestmark = pytest.mark.story


def test_it_shows_a_house_in_order_and_books_a_deposit(sign_in: Callable[..., Page]) -> None:
    client = own_client(sign_in("client"))
    page = sign_in("operator")
    page.goto("/operator")
    expect(page.get_by_text("as they must.")).to_be_visible()
    expect(page.locator("#house .is-wrong")).to_have_count(0)
    for _ in range(2):
        page.get_by_label("Client (its id)").fill(client)
        page.get_by_label("Amount").fill("25")
        page.get_by_label("Reference of the transfer").fill("story transfer 1")
        page.get_by_role("button", name="Book it").click()
    expect(page.get_by_text("That transfer was booked before.")).to_be_visible()


def test_it_shows_a_vendor_manager_the_team_and_no_more(stage: Stage, sign_in: Callable[..., Page]) -> None:
    crowd = stage.manage("crowd", "--workers", "8", "--minutes", "0.2", "--speed", "60")
    assert crowd.returncode == 0, crowd.stderr
    page = sign_in("vendor")
    page.locator("a.door", has_text="Your team").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("tbody tr").first).to_be_visible()
    page.get_by_role("link", name="Name").click()
    expect(page.get_by_role("link", name="Name")).to_be_visible()
    names = page.locator("tbody th").all_inner_texts()
    assert names == sorted(names)
    assert page.goto("/operator").status == 403  # type: ignore[union-attr]
