"""What work fits a worker: honest numbers that tell nothing about gold."""

from __future__ import annotations

import pytest

from marketplace.projects.models import Batch
from tasks.answers.selectors import median_seconds
from tasks.assignment.selectors import Offer, offers_for
from tasks.assignment.services import return_assignment
from tasks.flow.services import pause_batch, submit_answer
from tests.factories import make_draft, make_worker
from tests.tasks.acts import answer, claim, pair_batch, submit, task_of
from workers.profiles.models import Worker

pytestmark = pytest.mark.django_db


def offered(worker: Worker) -> dict[str, Offer]:
    return {offer.batch: offer for offer in offers_for(worker, median_seconds())}


def left(worker: Worker, batch: Batch) -> int | None:
    offer = offered(worker).get(batch.public_id)
    return offer.tasks_left if offer else None


def test_it_offers_live_batches_and_no_others() -> None:
    live, paused = pair_batch(), pair_batch()
    pause_batch(batch=paused)
    make_draft()
    assert set(offered(make_worker())) == {live.public_id}


def test_it_puts_the_best_paid_first() -> None:
    for reward in (40_000, 90_000, 60_000):
        pair_batch(reward_micros=reward)
    found = offers_for(make_worker(), median_seconds())
    assert [offer.reward_micros for offer in found] == [90_000, 60_000, 40_000]


def test_it_says_what_an_hour_brings_by_the_client_s_word_until_it_is_measured() -> None:
    batch, worker = pair_batch(work=2, seconds_per_task=15), make_worker()
    before = offered(worker)[batch.public_id]
    assert (before.measured, before.seconds_per_task, before.hourly_micros) == (False, 15, 12_000_000)
    held = claim(make_worker(), task_of(batch))
    submit_answer(worker=held.worker, assignment=held.public_id, answer={"animal": "dog"}, seconds=30.0)
    after = offered(worker)[batch.public_id]
    assert (after.measured, after.seconds_per_task, after.hourly_micros) == (True, 30, 6_000_000)


@pytest.mark.parametrize("row", ["w0", "g0"])
@pytest.mark.parametrize("gold_max_overlap", [1, 5])
def test_its_count_falls_alike_by_a_claim_of_gold_and_of_work(row: str, gold_max_overlap: int) -> None:
    batch, worker = pair_batch(work=3, gold=2, gold_max_overlap=gold_max_overlap), make_worker()
    assert left(worker, batch) == 5
    held = claim(worker, task_of(batch, row))
    assert left(worker, batch) == 4
    submit(held)
    assert left(worker, batch) == 4


def test_its_count_rises_again_by_what_was_only_held() -> None:
    batch, worker = pair_batch(work=2), make_worker()
    for skipped, count in [(False, 2), (True, 1)]:
        held = claim(worker, task_of(batch))
        assert left(worker, batch) == 1
        return_assignment(worker=worker, assignment=held.public_id, skipped=skipped)
        assert left(worker, batch) == count


def test_it_offers_nothing_where_only_gold_is_left() -> None:
    batch, worker = pair_batch(work=1, gold=3), make_worker()
    answer(worker, task_of(batch))
    assert left(worker, batch) is None
    assert left(make_worker(), batch) == 4


def test_it_tells_nothing_of_the_client() -> None:
    batch = pair_batch()
    words = str(offers_for(make_worker(), {}))
    client = batch.project.client
    assert client.name not in words
    assert client.public_id not in words
