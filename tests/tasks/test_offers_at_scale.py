"""The crowd's page with five thousand live batches: one statement through its indexes; nobody starves."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import connection

from marketplace.core.clock import now
from marketplace.projects.models import Batch
from tasks.assignment.models import Bookmark
from tasks.offers import selectors
from tasks.offers.models import Offer
from tasks.offers.selectors import SHARE, SIZE, offers_for
from tasks.offers.services import STEP, refresh_offers
from tests.factories import make_worker
from tests.tasks.acts import pair_batch
from tests.tasks.masses import buffers, explained, nodes
from workers.profiles.models import Worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_installed")]

LIVE = 5000
MAY = 300
TABLES = ("tasks_task", "tasks_assignment", "tasks_answer", "tasks_bookmark", "marketplace_batch")

_BATCHES = """
INSERT INTO marketplace_batch ({columns})
SELECT {values} FROM marketplace_batch b, generate_series(1, %(live)s) AS n WHERE b.id = %(batch)s
"""
_TASKS = """
INSERT INTO tasks_task (public_id, batch_id, row_id, is_gold, state, lane, place, overlap, max_overlap,
                        answers_count, live_count)
SELECT upper(substr(md5(b.id || '.' || r.id), 1, 16)), b.id, r.id, false, 'open', 0, r.position + 1, 2, 2,
       0, 0
  FROM marketplace_batch b, marketplace_row r
 WHERE b.project_id = %(project)s AND b.id <> %(batch)s AND r.dataset_id = %(dataset)s
"""
# has read all three lanes to the end, wherever that is
_READ_TO_THE_END = """
INSERT INTO tasks_bookmark (worker_id, batch_id, near_place, begun_place, fresh_place)
SELECT %(worker)s, batch_id, 99, 99, 99 FROM tasks_offer ORDER BY md5(batch_id::text) LIMIT %(count)s
"""


def fill(live: int, tasks: int = 3) -> Batch:
    """So many more live batches like this one; their rewards differ."""
    batch = pair_batch(work=tasks)
    own = {
        "public_id": "upper(substr(md5('b' || n), 1, 16))",
        "reward_micros": "b.reward_micros + 10 * (n * 7919 %% 1000)",
    }
    names = [str(field.column) for field in Batch._meta.fields if field.column != "id"]
    values = ", ".join(own.get(name, f"b.{name}") for name in names)
    terms = {"live": live, "batch": batch.pk, "project": batch.project_id, "dataset": batch.dataset_id}
    with connection.cursor() as cursor:
        cursor.execute(_BATCHES.format(columns=", ".join(names), values=values), terms)
        cursor.execute(_TASKS, terms)
    return batch


def count_all() -> None:
    refresh_offers(most_steps=50)


def reads_to_the_end(worker: Worker, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_READ_TO_THE_END, {"worker": worker.pk, "count": count})


def analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE " + ", ".join((*TABLES, "tasks_offer", "marketplace_project")))


def plan_of_page(worker: Worker, cursor: str | None = None) -> dict[str, Any]:
    """How PostgreSQL goes about a page: the statement in the function that was asked, as it was run."""
    offers_for(worker, cursor=cursor)  # who comes first clears the indexes of what other tests left behind
    with explained() as told:
        offers_for(worker, cursor=cursor)
    (plan,) = [each for each in told if "WITH paid AS" in each["Query Text"]]
    return dict(plan["Plan"])


def read_whole(plan: dict[str, Any]) -> set[str]:
    return {node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"}


@pytest.mark.parametrize("analysed", ["never", "too early", "now"])
def test_a_page_costs_little_and_reads_no_table_whole(analysed: str) -> None:
    if analysed == "too early":
        pair_batch()
        analyse()
    fill(LIVE)
    count_all()
    new, old = make_worker(), make_worker()
    reads_to_the_end(old, LIVE - MAY)
    if analysed == "now":
        analyse()
    first = plan_of_page(new)
    assert read_whole(first) & set(TABLES) == set()
    assert buffers(first) < 600
    picky = plan_of_page(old)  # may do one in seventeen: walks so many more
    assert read_whole(picky) & set(TABLES) == set()
    assert buffers(picky) < 6000
    deep = plan_of_page(new, offers_for(new, size=100).next)
    assert buffers(deep) < 600


def test_a_worker_pages_through_all_they_may_do_and_nothing_else() -> None:
    fill(1000)
    count_all()
    worker = make_worker()
    reads_to_the_end(worker, 1001 - MAY)
    seen: list[str] = []
    pays: list[int] = []
    cursor: str | None = None
    while True:
        page = offers_for(worker, cursor=cursor, size=40)
        seen += [offer.batch for offer in page.offers if not offer.waiting]
        pays += [offer.hourly_micros for offer in page.offers if not offer.waiting]
        cursor = page.next
        if cursor is None:
            break
    passed = Bookmark.objects.filter(worker=worker).values_list("batch__public_id", flat=True)
    assert len(seen) == len(set(seen)) == MAY
    assert not set(seen) & set(passed)
    assert pays == sorted(pays, reverse=True)


def test_a_step_of_the_sweep_counts_a_bounded_number_and_the_next_goes_on() -> None:
    fill(2 * STEP + 50)
    assert refresh_offers(most_steps=1) == STEP
    assert refresh_offers(most_steps=9) == STEP + 50
    assert refresh_offers() == 0


def draw(times: int, worker: Worker) -> Counter[str]:
    """How often each batch got a kept place, in so many countings."""
    shown: Counter[str] = Counter()
    for _ in range(times):
        Offer.objects.update(refreshed_at=now().replace(year=2000))
        count_all()
        shown.update(offer.batch for offer in offers_for(worker).offers if offer.waiting)
    return shown


def test_without_kept_places_the_worst_paid_is_on_nobody_s_first_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worst = fill(60)
    Batch.objects.filter(pk=worst.pk).update(reward_micros=1)
    count_all()
    monkeypatch.setattr(selectors, "SHARE", SIZE + 1)
    page = offers_for(make_worker())
    assert worst.public_id not in {offer.batch for offer in page.offers}
    assert page.next is not None


def test_everything_that_waits_gets_a_kept_place_in_its_turn() -> None:
    fill(40)
    count_all()
    worker = make_worker()
    by_pay = {offer.batch for offer in offers_for(worker).offers if not offer.waiting}
    waiting = set(Batch.objects.values_list("public_id", flat=True)) - by_pay
    # five places in 60 drawings among 21 that wait alike: the chance that one gets none is 1 in 500 000
    assert set(draw(60, worker)) == waiting


def test_a_kept_place_goes_to_who_waits_longest_more_often_than_to_others() -> None:
    fill(60)
    count_all()
    by_pay = [offer.batch for offer in offers_for(make_worker(), size=100).offers]
    patient = Batch.objects.filter(public_id__in=by_pay[40:]).first()
    assert patient is not None
    Batch.objects.filter(pk=patient.pk).update(launched_at=now().replace(year=2020))
    shown = draw(10, worker=make_worker())
    assert shown[patient.public_id] == 10


def test_a_client_s_priority_counts_where_places_are_drawn() -> None:
    batch = fill(60)
    other = pair_batch(work=3, reward_micros=40_000)  # the worst paid
    Batch.objects.update(launched_at=now().replace(year=2020))
    client = other.project.client
    assert draw(12, make_worker())[other.public_id] < 12
    client.priority = 100.0
    client.save()
    type(client).objects.filter(pk=batch.project.client_id).update(priority=0.001)
    assert draw(10, make_worker())[other.public_id] == 10


def test_every_fifth_place_is_kept() -> None:
    fill(60)
    count_all()
    waiting = [offer.waiting for offer in offers_for(make_worker()).offers]
    assert len(waiting) == SIZE
    assert [place for place, waits in enumerate(waiting, 1) if waits] == [5, 10, 15, 20, 25]
    second = offers_for(make_worker(), cursor=offers_for(make_worker()).next)
    assert not any(offer.waiting for offer in second.offers)
    assert SIZE // SHARE == 5
