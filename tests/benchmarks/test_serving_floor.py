"""The floors of the serving benchmark are right, or they would be no floors: against the real PostgreSQL."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import psycopg
import pytest

from benchmarks.serving import floor
from benchmarks.serving.adapter import TRUTH_IN_SQL, truth
from benchmarks.serving.figures import Counts

ITEMS, OVERLAP, WORKERS = 15, 2, 8


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A database of its own beside that of the tests."""
    given, name = os.environ["DATABASE_URL"], f"floor_{os.getpid()}"
    mine = f"{given.rpartition('/')[0]}/{name}"
    floor.prepare(given, mine)
    yield mine
    with psycopg.connect(given, autocommit=True) as line:
        line.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def work(url: str, project: int, worker: int, submit: bool = True) -> int:
    """Claim and answer until there is nothing; how many claims there were."""
    me, claimed = {"worker": worker, "project": project}, 0
    with psycopg.connect(url, autocommit=True) as line:
        while True:
            row = line.execute(floor.CLAIM, me).fetchone()
            if row is None and line.execute(floor.REWIND, me).rowcount:
                row = line.execute(floor.CLAIM, me).fetchone()
            if row is None:
                return claimed
            claimed += 1
            if submit:
                given = {"claim": row[0], "worker": worker, "value": '{"tree": "oak"}'}
                assert line.execute(floor.SUBMIT, given).fetchone()


def test_it_hands_out_every_item_exactly_as_often_as_asked(url: str) -> None:
    project = floor.fill(url, ITEMS, OVERLAP)
    threads = [threading.Thread(target=work, args=(url, project, number)) for number in range(1, WORKERS + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work(url, project, WORKERS + 1)  # what two locked for each other and both passed
    assert floor.count(url, project, OVERLAP) == Counts(ITEMS * OVERLAP, 0, 0, 0, ITEMS)


def test_it_hands_a_worker_nothing_twice(url: str) -> None:
    project = floor.fill(url, ITEMS, OVERLAP)
    assert work(url, project, 1) == ITEMS
    assert work(url, project, 1) == 0


def test_it_takes_an_answer_once_and_only_from_its_worker(url: str) -> None:
    project = floor.fill(url, ITEMS, OVERLAP)
    with psycopg.connect(url, autocommit=True) as line:
        row = line.execute(floor.CLAIM, {"worker": 1, "project": project}).fetchone()
        assert row
        given = {"claim": row[0], "worker": 1, "value": "{}"}
        assert line.execute(floor.SUBMIT, given | {"worker": 2}).fetchone() is None
        assert line.execute(floor.SUBMIT, given).fetchone()
        assert line.execute(floor.SUBMIT, given).fetchone() is None


def test_it_knows_the_same_truth_in_sql(url: str) -> None:
    numbers = [0, 1, 2, 99, 12_345, 9_999_999]
    with psycopg.connect(url) as line:
        asked = f"SELECT {TRUTH_IN_SQL} FROM unnest(%s::bigint[]) AS n"  # noqa: S608  (a constant of ours)
        rows = line.execute(asked, [numbers]).fetchall()
        assert [row[0] for row in rows] == [truth(number) for number in numbers]
