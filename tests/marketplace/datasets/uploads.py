"""Uploaded files, and datasets that wait for their import."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.datasets.models import Dataset
from marketplace.datasets.services import create_dataset, import_dataset
from tests.factories import make_client


def uploaded(content: bytes, name: str = "rows.csv") -> Dataset:
    """A stored file whose import has not begun."""
    client = make_client(funds_micros=0)
    return create_dataset(client=client, name="Rows", upload=SimpleUploadedFile(name, content))


def imported(content: bytes, name: str = "rows.csv") -> Dataset:
    """A file whose import has been run."""
    dataset = uploaded(content, name)
    import_dataset(dataset_id=dataset.pk)
    dataset.refresh_from_db()
    return dataset


def texts(dataset: Dataset) -> list[str]:
    """The column `text` of every row, in order."""
    return [row.data["text"] for row in dataset.rows.order_by("position")]


def blamed(dataset: Dataset) -> list[tuple[int, str]]:
    """Line and code of each refused line, in order."""
    return list(dataset.errors.order_by("line", "code").values_list("line", "code"))
