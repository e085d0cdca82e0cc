"""Lists by cursor: they never jump while rows come in or go."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from marketplace.accounts.models import User
from marketplace.clients.services import create_client
from marketplace.core.api import Page
from tests.factories import make_user
from tests.marketplace.callers import as_user, ok, refused

pytestmark = pytest.mark.django_db

CLIENTS = "/api/v1/clients"


def names(page: dict[str, Any]) -> list[str]:
    return [client["name"] for client in page["results"]]


def open_clients(user: User, *numbers: int) -> None:
    for number in numbers:
        create_client(user=user, name=str(number))


def test_it_leads_through_all_rows_once_and_back() -> None:
    user = make_user()
    open_clients(user, *range(5))
    caller = as_user(user)
    pages = [ok(caller.get(f"{CLIENTS}?limit=2"))]
    while pages[-1]["next"]:
        pages.append(ok(caller.get(pages[-1]["next"])))
    assert [names(page) for page in pages] == [["4", "3"], ["2", "1"], ["0"]]
    assert pages[0]["previous"] is None
    assert names(ok(caller.get(pages[1]["previous"]))) == ["4", "3"]


def test_it_does_not_jump_while_rows_come_in() -> None:
    user = make_user()
    open_clients(user, *range(4))
    caller = as_user(user)
    first = ok(caller.get(f"{CLIENTS}?limit=2"))
    open_clients(user, 4, 5, 6)
    second = ok(caller.get(first["next"]))
    assert names(first) + names(second) == ["3", "2", "1", "0"]
    assert names(ok(caller.get(second["previous"]))) == ["3", "2"]


def test_it_shows_at_most_so_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Page, "page_size", 2)
    monkeypatch.setattr(Page, "max_page_size", 3)
    user = make_user()
    open_clients(user, *range(4))
    assert len(ok(as_user(user).get(CLIENTS))["results"]) == 2
    assert len(ok(as_user(user).get(f"{CLIENTS}?limit=9999"))["results"]) == 3


def test_an_empty_list_is_a_list() -> None:
    page = ok(as_user(make_user()).get(CLIENTS))
    assert page == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize("cursor", ["x", b64encode(b"p=abc").decode(), b64encode(b"p=\x00").decode()])
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    refused(as_user(make_user()).get(CLIENTS, {"cursor": cursor}), 404, "not_found")
