"""The client's day: from a file to a running batch to the labels, with nothing but the browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.story
CSV = "id,text,gold\n1,What a day!,glad\n2,I miss the rain.,\n3,Nobody came.,\nbroken\n"


def test_it_runs_a_batch_from_a_file_to_an_export(sign_in: Callable[..., Page]) -> None:
    page = sign_in("client")
    page.locator("a.door", has_text="Projects, data").first.click()
    page.get_by_role("link", name="New project").click()
    page.get_by_label("Name of the project").fill("Moods of a day")
    page.get_by_label("The question, as workers read it").fill("How does it sound?")
    page.locator("[data-part=options] input").nth(0).fill("glad")
    page.locator("[data-part=options] input").nth(1).fill("sad")
    page.get_by_label("Guidelines").fill("Judge the words, *not* the news.")
    expect(page.locator("[data-part=preview]")).to_contain_text("How does it sound?")
    page.get_by_role("button", name="Create the project").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Moods of a day")
    project = page.url

    page.locator(".bar-place a").first.click()
    page.get_by_role("link", name="Upload data").click()
    page.get_by_label("Name").fill("Days")
    page.set_input_files(
        "input[type=file]", {"name": "d.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    )
    page.locator("#upload button[type=submit]").click()
    expect(page.get_by_text("Rows left out")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("I miss the rain.")).to_be_visible()

    page.goto(project)
    page.get_by_role("link", name="New batch").click()
    expect(page.get_by_text("At the most")).to_be_visible()
    page.get_by_role("button", name="Make the draft").click()
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_text("0 of 2 rows settled")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.path().read_text().startswith("task,row,state,question,value,confidence")
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Close the batch").click()
    expect(page.get_by_text("Closed", exact=True).first).to_be_visible(timeout=30_000)
