"""The demo's content: honest, in order, and known to the simulated people."""

from __future__ import annotations

import json

import pytest

from marketplace.projects.schema import canonical_answer, parse
from tasks.demo.codes import codes
from tasks.demo.content import DemoProject, fingerprint
from tasks.demo.projects import demo_projects, known_rows

each_project = pytest.mark.parametrize("project", demo_projects(), ids=lambda project: project.key)


@each_project
def test_every_truth_and_every_wrong_answer_fits_the_question(project: DemoProject) -> None:
    schema, question = parse(project.schema), project.question["name"]
    for row in project.rows:
        for value in (row.truth, *row.wrong):
            assert canonical_answer(schema, {question: value}) == {question: value}, row.id
        assert row.truth not in row.wrong, row.id


@each_project
def test_it_has_enough_rows_some_gold_with_reasons_and_some_that_are_unclear(project: DemoProject) -> None:
    gold = [row for row in project.rows if row.reason]
    assert 60 <= len(project.rows) <= 200
    assert 0.1 <= len(gold) / len(project.rows) <= 0.15
    assert not any(row.hard >= 1 for row in gold)
    assert 2 <= sum(row.hard >= 1 for row in project.rows) <= 5
    assert len({row.id for row in project.rows}) == len(project.rows)


@each_project
def test_nothing_shown_tells_gold_from_work(project: DemoProject) -> None:
    columns = {
        tuple(json.loads(line).keys() - {"gold", "gold_reason"}) for line in project.jsonl().splitlines()
    }
    assert len({frozenset(names) for names in columns}) == 1


@each_project
def test_it_pays_a_fair_hour(project: DemoProject) -> None:
    assert project.terms["reward_micros"] * 3600 / project.terms["seconds_per_task"] >= 12_000_000


def test_every_row_is_recognised_by_what_it_shows() -> None:
    rows = [(project, row) for project in demo_projects() for row in project.rows]
    assert len(known_rows()) == len(rows)
    assert all(known_rows()[fingerprint(row.data)] == (project, row) for project, row in rows)


def test_it_is_drawn_the_same_every_time() -> None:
    assert codes().jsonl() == codes().jsonl()
