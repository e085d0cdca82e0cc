"""The figures of the serving benchmark: percentiles, the driver's book, ratios, the last line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.serving.cells import Verdict
from benchmarks.serving.figures import (
    Cell,
    Counts,
    Ledger,
    Times,
    growth,
    merged,
    middle,
    percentile,
    ratios,
    times_of,
)
from benchmarks.serving.summary import cpu, of_servers, per_second, summary

NONE = Times(0, None, None, None)


def cell(system: str, per_second: float, cpu_ms: float = 1.0, **fields: object) -> Cell:
    """A cell of round 1, 10,000 tasks, 8 workers, single tasks."""
    usual = Cell(
        system=system,
        round=1,
        items=10_000,
        workers=8,
        suite=1,
        seconds=10.0,
        answers=int(per_second * 10),
        per_second=per_second,
        next=Times(10, 5.0, 9.0, 10.0),
        submit=NONE,
        cpu_ms={"web": cpu_ms},
        web_pss_mib=0.0,
        driver_cpu_ms=0.0,
        others=0.0,
        load=0.0,
        refused=0,
        empty=0,
        faults={},
        last_fault="",
    )
    return replace(usual, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(("share", "expected"), [(50, 50), (95, 95), (99, 99), (100, 100), (1, 1), (0.1, 1)])
def test_it_takes_the_value_that_a_share_does_not_exceed(share: float, expected: float) -> None:
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_it_knows_no_percentile_of_nothing() -> None:
    assert times_of([]) == NONE


def test_it_tells_times_in_milliseconds() -> None:
    assert times_of([0.001, 0.002, 0.003]) == Times(3, 2.0, 3.0, 3.0)


def test_it_counts_an_answer_too_many_and_a_second_one_of_a_worker() -> None:
    ledger = Ledger()
    ledger.add([("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2), ("b", 3), ("b", 4), ("c", 1), ("c", 1)])
    assert ledger.counts(3) == Counts(answers=9, items_over=1, surplus=1, twice=1, full=2)


def test_it_finds_a_project_exact_only_when_all_books_agree() -> None:
    fine = Counts(30, 0, 0, 0)
    assert Verdict("assay", 10, fine, fine, 30).exact
    assert not Verdict("assay", 10, fine, fine, 29).exact
    assert not Verdict("assay", 10, fine, Counts(31, 0, 0, 0), None).exact
    assert not Verdict("assay", 10, Counts(31, 1, 1, 0), Counts(31, 1, 1, 0), 31).exact
    assert not Verdict("assay", 10, fine, Counts(30, 0, 0, 1), None).exact
    assert not Verdict("assay", 10, fine, Counts(30, 0, 0, 0, ledger_sum_micros=5), None).exact


def test_it_forgives_only_as_many_answers_as_nobody_knows_of() -> None:
    book = Counts(30, 0, 0, 0)
    assert Verdict("assay", 10, book, Counts(31, 0, 0, 0), 31, unknown=1).exact
    assert not Verdict("assay", 10, book, Counts(32, 0, 0, 0), 32, unknown=1).exact
    assert not Verdict("assay", 10, book, Counts(29, 0, 0, 0), 29, unknown=1).exact


def test_it_compares_only_what_stood_under_the_same_load_in_one_round() -> None:
    cells = [
        cell("assay", 200.0),
        cell("bare view", 400.0),
        cell("assay", 300.0, round=2),
        cell("bare view", 400.0, round=2),
        cell("assay", 900.0, workers=32),
        cell("bare view", 100.0, items=100_000),
    ]
    assert ratios(cells, "assay", "bare view", per_second) == [0.5, 0.75]


def test_it_compares_sizes_with_all_else_equal() -> None:
    cells = [
        cell("assay", 100.0),
        cell("assay", 90.0, items=1_000_000),
        cell("assay", 10.0, items=1_000_000, workers=32),
        cell("other", 50.0, items=1_000_000),
    ]
    assert growth(cells, "assay", "items", (10_000, 1_000_000), per_second) == [0.9]


def test_it_makes_no_ratio_of_what_answered_nothing() -> None:
    cells = [cell("assay", 100.0), cell("bare view", 0.0)]
    assert ratios(cells, "assay", "bare view", per_second) == []
    assert ratios(cells, "assay", "bare view", cpu) == []
    assert middle([]) is None


def test_it_shares_cpu_among_the_answers() -> None:
    assert merged({"web": 2.0, "postgres": 0.5}, 1000) == {"web": 2.0, "postgres": 0.5}


def test_it_derives_a_missing_peer_and_says_so() -> None:
    line = summary([cell("assay", 200.0, 6.0), cell("bare view", 400.0, 3.0)], [])
    assert "0.50x bare view's answers/s at 2.00x its CPU" in line
    assert "derived: 28.5-36.0x labelstudio's answers/s at 1/28.5-1/36.5 its CPU" in line


def test_it_derives_nothing_from_workers_who_pause() -> None:
    line = summary([cell("assay", 200.0), cell("bare view", 400.0)], [], paused=True)
    assert "bare view" in line
    assert "derived" not in line


def test_it_compares_systems_under_more_than_one_worker_where_it_can() -> None:
    alone = [cell("assay", 90.0, workers=1), cell("bare view", 100.0, workers=1)]
    assert "0.90x bare view" in summary(alone, [])
    assert "0.50x bare view" in summary([*alone, cell("assay", 200.0), cell("bare view", 400.0)], [])


def test_it_measures_a_peer_that_is_there() -> None:
    line = summary([cell("assay", 210.0, 6.0), cell("bare view", 400.0), cell("labelstudio", 7.0, 180.0)], [])
    assert "30.00x labelstudio's answers/s at 0.033x its CPU" in line
    assert "derived: 28" not in line


def test_it_tells_of_suites_growth_and_exactness_in_one_line() -> None:
    cells = [
        cell("assay", 100.0),
        cell("assay", 250.0, suite=10),
        cell("assay", 95.0, items=1_000_000),
    ]
    wrong = Verdict("assay", 10, Counts(30, 0, 0, 0), Counts(31, 0, 0, 0), None)
    line = summary(cells, [wrong], ["more"])
    assert "suites of 10: 2.50x the answers/s of single tasks" in line
    assert "10,000 -> 1,000,000 tasks: next p50 1.00x, CPU 1.00x, answers/s 0.95x" in line
    assert line.endswith("more; 1 of 1 projects NOT EXACT")
    assert "\n" not in line


def test_it_holds_each_server_against_the_first() -> None:
    line = of_servers([cell("make run", 100.0), cell("granian", 200.0, 0.5)])
    assert line == "summary, against make run: granian 2.00x answers/s, 0.50x CPU, 1.00x next p95"
