"""Storing an uploaded file."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.core.errors import Invalid
from marketplace.datasets import services
from marketplace.datasets.models import Dataset, DatasetState
from marketplace.datasets.services import create_dataset
from tests.factories import make_client
from tests.marketplace.datasets.uploads import uploaded

pytestmark = pytest.mark.django_db


def faults_for(content: bytes, file: str, name: str = "Rows") -> list[tuple[str, str]]:
    upload = SimpleUploadedFile(file, content)
    with pytest.raises(Invalid) as refusal:
        create_dataset(client=make_client(funds_micros=0), name=name, upload=upload)
    assert not Dataset.objects.exists()
    return [(fault.where, fault.code) for fault in refusal.value.faults]


@pytest.mark.parametrize(
    ("file", "file_format"),
    [("a.csv", "csv"), ("A.CSV", "csv"), ("a.tsv", "tsv"), ("a.b.jsonl", "jsonl"), ("a.ndjson", "jsonl")],
)
def test_it_waits_for_its_import(file: str, file_format: str) -> None:
    dataset = uploaded(b"text\na\n", file)
    assert (dataset.state, dataset.file_format) == (DatasetState.IMPORTING, file_format)
    assert (dataset.bytes_done, dataset.bytes_total) == (0, 7)


def test_nothing_of_the_senders_file_name_is_kept() -> None:
    stored = uploaded(b"text\na\n", "..%2f..%2fetc passwd\u202e.csv").file.name or ""
    assert stored.startswith("datasets/")
    assert "passwd" not in stored


@pytest.mark.parametrize("file", ["rows.xlsx", "rows", "rows.csv.exe", "csv"])
def test_it_refuses_a_file_it_cannot_read(file: str) -> None:
    assert faults_for(b"x", file) == [("file", "file_type_unknown")]


def test_it_refuses_an_empty_file() -> None:
    assert faults_for(b"", "rows.csv") == [("file", "file_empty")]


def test_it_refuses_a_file_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_BYTES", 3)
    assert faults_for(b"four", "rows.csv") == [("file", "file_too_large")]


def test_it_lists_every_fault_at_once() -> None:
    assert faults_for(b"", "rows.xlsx", name=" ") == [
        ("name", "required"),
        ("file", "file_type_unknown"),
        ("file", "file_empty"),
    ]
