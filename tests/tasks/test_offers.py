"""What work fits a worker: honest numbers that tell nothing about gold."""

from __future__ import annotations

from contextlib import suppress

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from marketplace.core.errors import NotFound
from marketplace.core.models import StoredReply
from marketplace.projects.models import Batch
from tasks.assignment.services import NothingToDo, expire_leases, return_assignment
from tasks.flow.services import pause_batch, resume_batch, submit_answer
from tasks.flow.settlement import close_batch
from tasks.offers.background import sweep_offers
from tasks.offers.models import Offer
from tasks.offers.selectors import OfferShown, offers_for
from tasks.offers.services import open_offer, refresh_offers
from tests.factories import make_draft, make_worker
from tests.tasks.acts import answer, claim, pair_batch, submit, take, task_of
from tests.tasks.conftest import Clock
from workers.profiles.models import Worker

pytestmark = pytest.mark.django_db


def offered(worker: Worker) -> dict[str, OfferShown]:
    return {offer.batch: offer for offer in offers_for(worker).offers}


def is_offered(worker: Worker, batch: Batch) -> bool:
    open_offer(batch_id=batch.pk)  # counted as it stands
    return batch.public_id in offered(worker)


def work_through(worker: Worker, batch: Batch) -> None:
    """Answer whatever there is, until a claim finds nothing."""
    with suppress(NothingToDo):
        while True:
            for held in take(worker, batch):
                submit(held)


def test_it_offers_live_batches_and_no_others() -> None:
    live, paused, closing = pair_batch(), pair_batch(), pair_batch()
    pause_batch(batch=paused)
    claim(make_worker(), task_of(closing))
    close_batch(batch=closing)
    make_draft()
    assert set(offered(make_worker())) == {live.public_id}
    resume_batch(batch=paused)
    assert set(offered(make_worker())) == {live.public_id, paused.public_id}


def test_it_puts_the_best_paid_first() -> None:
    for reward in (40_000, 90_000, 60_000):
        pair_batch(reward_micros=reward)
    found = offers_for(make_worker()).offers
    assert [offer.reward_micros for offer in found] == [90_000, 60_000, 40_000]


def test_it_says_what_an_hour_brings_by_the_client_s_word_until_it_is_measured(clock: Clock) -> None:
    batch, worker = pair_batch(work=2, seconds_per_task=15), make_worker()
    before = offered(worker)[batch.public_id]
    assert (before.measured, before.seconds_per_task, before.hourly_micros) == (False, 15, 12_000_000)
    held = claim(make_worker(), task_of(batch))
    submit_answer(worker=held.worker, assignment=held.public_id, answer={"animal": "dog"}, seconds=30.0)
    assert offered(worker)[batch.public_id] == before
    clock.forward(11)
    sweep_offers()
    after = offered(worker)[batch.public_id]
    assert (after.measured, after.seconds_per_task, after.hourly_micros) == (True, 30, 6_000_000)


def test_it_measures_by_the_middle_of_the_newest_answers() -> None:
    batch = pair_batch(work=5)
    for row, seconds in enumerate([8.0, 9.0, 10.0, 11.0, 600.0]):
        held = claim(make_worker(), task_of(batch, f"w{row}"))
        submit_answer(
            worker=held.worker, assignment=held.public_id, answer={"animal": "dog"}, seconds=seconds
        )
    open_offer(batch_id=batch.pk)
    assert offered(make_worker())[batch.public_id].seconds_per_task == 10


@pytest.mark.parametrize(("work", "gold", "shown"), [(1, 0, {1}), (3, 2, {1}), (30, 0, {20}), (10, 4, {10})])
def test_it_says_roughly_how_many_are_left_gold_among_them(work: int, gold: int, shown: set[int]) -> None:
    batch, worker = pair_batch(work=work, gold=gold), make_worker()
    for _ in range(10):  # whatever the blur of the count
        open_offer(batch_id=batch.pk)
        assert offered(worker)[batch.public_id].tasks_left in shown


@pytest.mark.parametrize("row", ["w0", "g0"])
@pytest.mark.parametrize("gold_max_overlap", [1, 5])
def test_its_count_stands_still_alike_by_a_claim_of_gold_and_of_work(row: str, gold_max_overlap: int) -> None:
    batch, worker = pair_batch(work=10, gold=4, gold_max_overlap=gold_max_overlap), make_worker()

    def shown() -> int:
        open_offer(batch_id=batch.pk)
        return offered(worker)[batch.public_id].tasks_left

    before, held = shown(), claim(worker, task_of(batch, row))
    claimed = shown()
    submit(held)
    assert (before, claimed, shown()) == (10, 10, 10)


def test_it_leaves_out_what_a_worker_has_been_through_and_keeps_it_for_others() -> None:
    batch, worker = pair_batch(work=4), make_worker()
    work_through(worker, batch)
    assert not is_offered(worker, batch)
    assert is_offered(make_worker(), batch)


@pytest.mark.parametrize("how", ["returned", "expired"])
def test_it_offers_again_what_came_back(how: str, clock: Clock) -> None:
    batch, worker, other = pair_batch(work=2, lease_seconds=60), make_worker(), make_worker()
    for row in ("w0", "w1"):
        answer(make_worker(), task_of(batch, row))
    held = claim(other, task_of(batch, "w0"))
    work_through(worker, batch)
    assert not is_offered(worker, batch)
    if how == "returned":
        return_assignment(worker=other, assignment=held.public_id)
    else:
        clock.forward(61)
        expire_leases()
    assert is_offered(worker, batch)
    work_through(worker, batch)
    assert not is_offered(worker, batch)


def test_it_leaves_out_what_a_browser_has_been_through() -> None:
    """Which claims under an Idempotency-Key."""
    batch, worker = pair_batch(work=4), make_worker()
    caller = APIClient()
    caller.force_authenticate(worker.user)

    def claim_with(key: str) -> int:
        body = {"batch": batch.public_id}
        path, headers = "/api/v1/work/claims", {"Idempotency-Key": key}
        return int(caller.post(path, body, format="json", headers=headers).status_code)

    assert claim_with("first") == 201
    assert is_offered(worker, batch)
    assert [claim_with("again"), claim_with("again")] == [409, 409]
    assert not is_offered(worker, batch)
    assert StoredReply.objects.count() == 1


def test_it_offers_nothing_where_only_gold_is_left() -> None:
    batch, worker = pair_batch(work=1, gold=3), make_worker()
    work_through(worker, batch)
    assert not is_offered(worker, batch)
    assert is_offered(make_worker(), batch)
    work_through(make_worker(), batch)
    assert not is_offered(make_worker(), batch)


def test_it_leaves_out_what_a_worker_may_have_no_more_of() -> None:
    batch, worker = pair_batch(work=9, suite_size=3, most_per_worker=3), make_worker()
    take(worker, batch)
    assert not is_offered(worker, batch)
    assert is_offered(make_worker(), batch)


def test_it_tells_nothing_of_the_client_and_nothing_that_is_not_meant_to_be_told() -> None:
    batch = pair_batch(gold=1)
    words = str(offers_for(make_worker()))
    client = batch.project.client
    assert client.name not in words
    assert client.public_id not in words
    assert OfferShown._fields == (
        "batch",
        "project_name",
        "title",
        "reward_micros",
        "currency",
        "tasks_left",
        "seconds_per_task",
        "hourly_micros",
        "measured",
        "waiting",
    )


def test_it_is_one_statement_however_much_there_is(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    worker = make_worker()
    for _ in range(3):
        pair_batch()
    with django_assert_num_queries(1):
        assert len(offers_for(worker).offers) == 3


def test_it_pages_by_pay_and_misses_nothing() -> None:
    rewards = [50_000 + 1000 * n for n in range(8)]
    for reward in rewards:
        pair_batch(reward_micros=reward)
    worker, cursor, seen = make_worker(), None, []
    while True:
        page = offers_for(worker, cursor=cursor, size=3)
        seen += [offer.reward_micros for offer in page.offers]
        cursor = page.next
        if cursor is None:
            break
        assert len(page.offers) == 3
    assert seen == sorted(rewards, reverse=True)


@pytest.mark.parametrize("cursor", ["x", "AAAA", "LTEuQQ", "é", "MS4A"])
def test_it_knows_no_page_that_is_not_there(cursor: str) -> None:
    with pytest.raises(NotFound):
        offers_for(make_worker(), cursor=cursor)


def test_its_sweep_counts_what_changed_and_nothing_else(clock: Clock) -> None:
    moved, still = pair_batch(work=200), pair_batch(work=200)
    clock.forward(11)
    answer(make_worker(), task_of(moved))
    assert refresh_offers() == 1
    fresh = Offer.objects.get(batch=moved).refreshed_at
    assert Offer.objects.get(batch=still).refreshed_at < fresh
    assert refresh_offers() == 0
    clock.forward(301)
    assert refresh_offers() == 2


def test_its_sweep_mends_what_is_missing_or_left_over() -> None:
    lost, left_over = pair_batch(), pair_batch()
    Offer.objects.filter(batch=lost).delete()
    Batch.objects.filter(pk=left_over.pk).update(state="paused")  # by another way than ours
    assert set(offered(make_worker())) == set()
    sweep_offers()
    assert set(offered(make_worker())) == {lost.public_id}
    assert Offer.objects.count() == 1
