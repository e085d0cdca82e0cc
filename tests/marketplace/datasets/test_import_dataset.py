"""The import: every usable row once, whatever dies on the way."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from marketplace.core.clock import now
from marketplace.datasets import services
from marketplace.datasets.background import run_import, sweep_imports
from marketplace.datasets.models import Dataset, DatasetState, RowGold
from marketplace.datasets.services import import_dataset
from tests.marketplace.datasets.uploads import blamed, imported, texts, uploaded

pytestmark = pytest.mark.django_db

TEN = b"text\n" + b"".join(b"row %d\n" % n for n in range(10))


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three lines a chunk."""
    monkeypatch.setattr(services, "CHUNK_LINES", 3)


class Killed(Exception):
    """Stands for the end of the process."""


def kill_at_chunk(number: int, monkeypatch: pytest.MonkeyPatch, *, before: bool = False) -> None:
    """The process dies right after it stored chunk `number`, or right before that commits."""
    real, calls = services._import_chunk, 0
    store = services._store_chunk

    def dying(*args: Any) -> bool:
        nonlocal calls
        calls += 1
        if calls == number and before:
            monkeypatch.setattr(services, "_store_chunk", dying_store)
        done = real(*args)
        if calls == number:
            raise Killed
        return done

    def dying_store(*args: Any) -> None:
        store(*args)
        raise Killed

    monkeypatch.setattr(services, "_import_chunk", dying)


def test_it_turns_a_file_into_rows_in_file_order() -> None:
    dataset = imported(TEN)
    assert (dataset.state, dataset.rows_count, dataset.errors_count) == (DatasetState.READY, 10, 0)
    assert texts(dataset) == [f"row {n}" for n in range(10)]
    assert [row.position for row in dataset.rows.order_by("position")] == list(range(10))
    assert dataset.bytes_done == dataset.bytes_total == len(TEN)


def test_it_lists_bad_lines_and_keeps_the_rest() -> None:
    dataset = imported(b"id,text\n1,a\ncaf\xe9,b\n3\n1,again\n4,\n5,c\n")
    assert (dataset.state, dataset.rows_count, dataset.errors_count) == (DatasetState.READY, 2, 4)
    assert texts(dataset) == ["a", "c"]
    assert blamed(dataset) == [
        (3, "not_utf8"),
        (4, "cells_do_not_fit_header"),
        (5, "id_twice"),
        (6, "row_empty"),
    ]


@pytest.mark.parametrize(
    "line", [r'{"text": "\u0000"}', r'{"text": "\ud800"}', '{"text": ' + "[" * 200 + "]" * 200 + "}"]
)
def test_nothing_a_file_can_hold_stops_it(line: str) -> None:
    dataset = imported(line.encode() + b'\n{"text": "good"}\n', "rows.jsonl")
    assert (dataset.state, texts(dataset), dataset.errors_count) == (DatasetState.READY, ["good"], 1)


def test_rows_without_an_id_do_not_collide() -> None:
    dataset = imported(b'{"text": "a", "id": " "}\n{"text": "b", "id": ""}\n{"text": "c"}\n', "rows.jsonl")
    assert texts(dataset) == ["a", "b", "c"]
    assert [row.external_id for row in dataset.rows.all()] == [None] * 3


@pytest.mark.usefixtures("small_chunks")
def test_an_id_used_in_an_earlier_chunk_is_refused() -> None:
    lines = b"".join(b"%d,row\n" % (n % 4) for n in range(8))
    dataset = imported(b"id,text\n" + lines)
    assert dataset.rows_count == 4
    assert blamed(dataset) == [(line, "id_twice") for line in (6, 7, 8, 9)]


def test_known_answers_are_kept_apart_from_what_workers_see() -> None:
    dataset = imported(
        b'{"text": "a", "gold": "dog", "gold_reason": "It barks."}\n{"text": "b"}\n', "r.jsonl"
    )
    assert (dataset.rows_count, dataset.gold_count) == (2, 1)
    assert [row.data for row in dataset.rows.order_by("position")] == [{"text": "a"}, {"text": "b"}]
    (gold,) = RowGold.objects.all()
    assert (gold.row.position, gold.answer, gold.reason) == (0, "dog", "It barks.")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"text\n", "No line"),
        (b"text,n\nonly one\n", "No line"),
        (b"a,a\n1,2\n", "twice in the header"),
        ("a,b\n1,2\n".encode("utf-16"), "Not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-le"), "NUL"),
    ],
)
def test_a_file_with_nothing_usable_fails_with_a_sentence(content: bytes, words: str) -> None:
    dataset = imported(content)
    assert dataset.state == DatasetState.FAILED
    assert words in dataset.failure
    assert dataset.rows_count == 0


def test_a_file_that_is_gone_fails_with_a_sentence() -> None:
    dataset = uploaded(TEN)
    dataset.file.delete(save=False)
    import_dataset(dataset_id=dataset.pk)
    dataset.refresh_from_db()
    assert (dataset.state, dataset.failure) == (
        DatasetState.FAILED,
        "The stored file could not be read; send it again.",
    )


def test_it_counts_every_bad_line_and_keeps_the_first_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_ERRORS", 2)
    dataset = imported(b"text,n\na,1\n" + b"x\n" * 5)
    assert (dataset.errors_count, dataset.errors.count()) == (5, 2)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("before", [False, True], ids=["after a commit", "before a commit"])
@pytest.mark.parametrize("chunk", [1, 2, 4])
def test_a_killed_import_goes_on_where_it_stopped(
    chunk: int, before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = uploaded(TEN)
    with monkeypatch.context() as dying:
        kill_at_chunk(chunk, dying, before=before)
        with pytest.raises(Killed):
            import_dataset(dataset_id=dataset.pk)
    dataset.refresh_from_db()
    stored = min(10, 3 * (chunk - before))
    assert (dataset.state, dataset.rows_count, dataset.rows.count()) == ("importing", stored, stored)
    import_dataset(dataset_id=dataset.pk)
    dataset.refresh_from_db()
    assert (dataset.state, dataset.rows_count) == (DatasetState.READY, 10)
    assert texts(dataset) == [f"row {n}" for n in range(10)]


@pytest.mark.usefixtures("small_chunks")
def test_a_restart_reads_on_after_cells_of_many_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [b'"row\n%d"\n' % n if n % 2 else b"row %d\n" % n for n in range(10)]
    whole, dataset = imported(b"text\n" + b"".join(lines)), uploaded(b"text\n" + b"".join(lines))
    with monkeypatch.context() as dying:
        kill_at_chunk(2, dying)
        with pytest.raises(Killed):
            import_dataset(dataset_id=dataset.pk)
    import_dataset(dataset_id=dataset.pk)
    assert texts(dataset) == texts(whole)


@pytest.mark.usefixtures("small_chunks")
def test_two_importers_at_once_double_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = uploaded(TEN)
    real, calls = services._import_chunk, 0

    def overtaken(*args: Any) -> bool:
        nonlocal calls
        calls += 1
        if calls == 2:
            import_dataset(dataset_id=dataset.pk)  # another process does all the rest meanwhile
        return real(*args)

    monkeypatch.setattr(services, "_import_chunk", overtaken)
    import_dataset(dataset_id=dataset.pk)
    dataset.refresh_from_db()
    assert (dataset.state, dataset.rows_count, dataset.rows.count()) == (DatasetState.READY, 10, 10)


def test_importing_again_changes_nothing() -> None:
    dataset = imported(TEN)
    before = Dataset.objects.values().get()
    import_dataset(dataset_id=dataset.pk)
    assert Dataset.objects.values().get() == before


def test_the_sweep_goes_on_with_what_nobody_has_touched_for_a_while() -> None:
    fresh, stale = uploaded(TEN), uploaded(TEN)
    Dataset.objects.filter(pk=stale.pk).update(updated_at=now() - dt.timedelta(seconds=30))
    sweep_imports()
    states = dict(Dataset.objects.values_list("pk", "state"))
    assert states == {fresh.pk: DatasetState.IMPORTING, stale.pk: DatasetState.READY}


def test_a_job_for_a_dataset_that_is_gone_does_nothing() -> None:
    run_import(dataset_id=987_654)
