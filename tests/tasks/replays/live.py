"""A live server's background jobs, run by a thread: what celery does beside the web process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from marketplace.datasets.models import Dataset, DatasetState
from marketplace.datasets.services import import_dataset
from tasks.flow.refits import refit_due
from tasks.flow.settlement import settle_due, sweep_closing
from tasks.offers.services import refresh_offers

PAUSE = 0.1


@contextmanager
def background_jobs() -> Iterator[None]:
    """Imports, refits, pay, offers and closing, over and over, until the block ends."""
    over = threading.Event()
    faults: list[Exception] = []

    def sweep() -> None:
        try:
            while not over.wait(PAUSE):
                waiting = Dataset.objects.filter(state=DatasetState.IMPORTING)
                for dataset_id in waiting.values_list("id", flat=True):
                    import_dataset(dataset_id=dataset_id)
                refit_due()
                settle_due()
                refresh_offers()
                sweep_closing()
        except Exception as error:  # noqa: BLE001  (raised again where the test sees it)
            faults.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=sweep)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if faults:
        raise faults[0]
