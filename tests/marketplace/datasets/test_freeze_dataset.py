"""Freezing a dataset before a batch runs over it."""

from __future__ import annotations

import pytest

from marketplace.core.errors import Invalid
from marketplace.datasets.models import DatasetState
from marketplace.datasets.services import freeze_dataset
from tests.marketplace.datasets.uploads import imported, uploaded

pytestmark = pytest.mark.django_db


def test_it_freezes_what_is_ready_and_may_be_asked_twice() -> None:
    dataset = imported(b"text\na\n")
    for _ in range(2):
        freeze_dataset(dataset=dataset)
        dataset.refresh_from_db()
        assert dataset.state == DatasetState.FROZEN


def test_it_refuses_what_is_not_ready() -> None:
    for dataset in (uploaded(b"text\na\n"), imported(b"text\n")):
        with pytest.raises(Invalid) as refusal:
            freeze_dataset(dataset=dataset)
        assert [fault.code for fault in refusal.value.faults] == ["dataset_not_ready"]
