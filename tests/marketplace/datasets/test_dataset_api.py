"""Datasets over HTTP: upload, watch, look at rows and errors."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from marketplace.clients.models import Client
from marketplace.datasets import background
from marketplace.datasets.models import Dataset
from marketplace.datasets.services import import_dataset
from tests.factories import make_client, make_user
from tests.marketplace.callers import as_user, faults_of, ok, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> APIClient:
    """The owner of the only client."""
    user = make_user("Ada")
    make_client(user, funds_micros=0)
    return as_user(user)


def upload(caller: APIClient, content: bytes = b"text\na\n", name: str = "rows.csv", key: str = "") -> Any:
    path = f"/api/v1/clients/{Client.objects.get().public_id}/datasets"
    headers = {"Idempotency-Key": key} if key else {}
    return caller.post(path, {"name": "Rows", "file": SimpleUploadedFile(name, content)}, headers=headers)


def test_an_upload_is_accepted_and_imported_later(
    ada: APIClient,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    woken: list[int] = []
    monkeypatch.setattr(background.run_import, "delay", woken.append)
    with django_capture_on_commit_callbacks(execute=True):
        made = ok(upload(ada), 202)
    assert (made["state"], made["rows"], made["bytes_done"], made["bytes_total"]) == ("importing", 0, 0, 7)
    assert woken == [Dataset.objects.get().pk]
    background.run_import(dataset_id=woken[0])
    done = ok(ada.get(f"/api/v1/datasets/{made['id']}"))
    assert (done["state"], done["rows"], done["bytes_done"]) == ("ready", 1, 7)


def test_a_broker_that_is_away_loses_no_upload(
    ada: APIClient,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def away(_: int) -> None:
        raise ConnectionError

    monkeypatch.setattr(background.run_import, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        ok(upload(ada), 202)
    assert Dataset.objects.get().state == "importing"  # the sweep will find it


def test_an_upload_sent_twice_is_one(ada: APIClient) -> None:
    first, second = (ok(upload(ada, key="k"), 202) for _ in range(2))
    assert first == second
    assert Dataset.objects.count() == 1


def test_it_shows_the_rows_and_the_refused_lines(ada: APIClient) -> None:
    made = ok(upload(ada, b"id,text,gold\nx,a,dog\ny,b\n,c,\n"), 202)
    import_dataset(dataset_id=Dataset.objects.get().pk)
    path = f"/api/v1/datasets/{made['id']}"
    shown = ok(ada.get(path))
    assert (shown["rows"], shown["bad_rows"], shown["gold_rows"]) == (2, 1, 1)
    assert ok(ada.get(f"{path}/rows"))["results"] == [
        {"position": 0, "id": "x", "data": {"text": "a"}},
        {"position": 1, "id": None, "data": {"text": "c"}},
    ]
    (error,) = ok(ada.get(f"{path}/errors"))["results"]
    assert (error["line"], error["code"]) == (3, "cells_do_not_fit_header")
    assert error["detail"]


def test_it_lists_datasets_newest_first(ada: APIClient) -> None:
    made = [ok(upload(ada), 202)["id"] for _ in range(2)]
    path = f"/api/v1/clients/{Client.objects.get().public_id}/datasets"
    assert [each["id"] for each in ok(ada.get(path))["results"]] == made[::-1]


def test_it_refuses_what_it_cannot_take(ada: APIClient) -> None:
    problem = refused(upload(ada, name="rows.xlsx"), 422, "invalid")
    assert faults_of(problem) == [("file", "file_type_unknown")]
    problem = refused(upload(ada, b""), 422, "invalid")
    assert faults_of(problem) == [("file", "empty")]
    path = f"/api/v1/clients/{Client.objects.get().public_id}/datasets"
    assert faults_of(refused(ada.post(path, {}), 422, "invalid")) == [
        ("name", "required"),
        ("file", "required"),
    ]
