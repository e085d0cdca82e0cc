"""Several processes at one import: each row once, in file order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from marketplace.datasets import services
from marketplace.datasets.models import DatasetState
from marketplace.datasets.services import import_dataset
from tests.marketplace.datasets.uploads import blamed, texts, uploaded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def test_importers_side_by_side_double_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "CHUNK_LINES", 2)
    dataset = uploaded(b"text\n" + b"".join(b"row %d\n" % n for n in range(30)) + b"a,b\n")
    together = Barrier(3)

    def importer(_: int) -> None:
        together.wait(30)
        try:
            import_dataset(dataset_id=dataset.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(importer, range(3)))
    dataset.refresh_from_db()
    assert texts(dataset) == [f"row {n}" for n in range(30)]
    assert blamed(dataset) == [(32, "cells_do_not_fit_header")]
    assert (dataset.rows_count, dataset.errors_count) == (30, 1)
    assert dataset.state in (DatasetState.READY, DatasetState.IMPORTING)
    import_dataset(dataset_id=dataset.pk)
    dataset.refresh_from_db()
    assert dataset.state == DatasetState.READY
