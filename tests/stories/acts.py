"""What the people of the stories do through the same API as the pages, in their own browser session."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.stories.conftest import wait_for

_CALL = """async ([method, path, body]) => {
  const token = document.querySelector('meta[name=csrf-token]').content;
  const headers = {"X-CSRFToken": token, "Content-Type": "application/json"};
  const reply = await fetch("/api/v1" + path, {method, headers, body: body ? JSON.stringify(body) : null});
  const text = await reply.text();
  return [reply.status, text ? JSON.parse(text) : null];
}"""
_UPLOAD = """async ([path, name, text]) => {
  const token = document.querySelector('meta[name=csrf-token]').content;
  const form = new FormData();
  form.append("name", name);
  form.append("file", new File([text], "rows.csv", {type: "text/csv"}));
  const reply = await fetch("/api/v1" + path, {method: "POST", headers: {"X-CSRFToken": token}, body: form});
  return [reply.status, await reply.json()];
}"""


def call(page: Page, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
    """One call of the API as the person signed in on `page`."""
    found, reply = page.evaluate(_CALL, [method, path, body])
    assert found == status, reply
    return reply


def own_client(page: Page) -> str:
    """The id of the client that the person acts for."""
    return str(call(page, "GET", "/me")["clients"][0]["id"])


def launch(page: Page, name: str, csv: str, question: dict[str, Any] | None = None, **terms: Any) -> str:
    """A live batch of a two-way choice, or of another question, over the rows of `csv`; returns its id."""
    client = own_client(page)
    mood = {
        "name": "mood",
        "kind": "choice",
        "title": f"{name}: how does it sound?",
        "options": ["glad", "sad"],
    }
    body = {"name": name, "schema": {"questions": [question or mood]}, "guidelines": "Judge the words."}
    project = call(page, "POST", f"/clients/{client}/projects", body, status=201)["id"]
    status, dataset = page.evaluate(_UPLOAD, [f"/clients/{client}/datasets", name, csv])
    assert status == 202, dataset
    address = f"/datasets/{dataset['id']}"
    wait_for(lambda: call(page, "GET", address)["state"] == "ready", "the dataset was not imported")
    wanted = {"dataset": dataset["id"], "no_gold_reason": "a story"} | terms
    batch = call(page, "POST", f"/projects/{project}/batches", wanted, status=201)["id"]
    call(page, "POST", f"/batches/{batch}/launch")
    return str(batch)
