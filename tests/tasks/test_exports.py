"""Results and exports: the same columns everywhere, safe in a spreadsheet, streamed."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from rest_framework.test import APIClient

from marketplace.core.errors import Invalid
from marketplace.projects.models import Batch
from tasks.exports.api import export_response
from tasks.exports.selectors import COLUMNS, results_of
from tasks.exports.writers import FORMULA_STARTS, as_csv, as_jsonl
from tasks.flow.services import submit_answer
from tests.factories import Shape, make_client, make_expert, make_live, make_user, make_worker
from tests.tasks.acts import PAIR, answer_by_new_workers, claim, decide, dispute_of, pair_batch, task_of

TWO_QUESTIONS: dict[str, Any] = {
    "questions": [
        {"name": "note", "kind": "text"},
        {"name": "parts", "kind": "choices", "options": ["tail", "ear"], "required": False},
    ]
}


def text_of(response: StreamingHttpResponse) -> str:
    return b"".join(response.streaming_content).decode()  # type: ignore[arg-type]


def lines_of(batch: Batch) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(export_response(batch, "csv")))))


def objects_of(batch: Batch) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text_of(export_response(batch, "jsonl")).splitlines()]


@pytest.mark.django_db
def test_it_writes_one_line_per_row_and_question_in_file_order() -> None:
    batch = pair_batch(work=3)
    answer_by_new_workers(task_of(batch, "w1"), ["dog", "dog"])
    found = lines_of(batch)
    assert [line["row"] for line in found] == ["w0", "w1", "w2"]
    assert list(found[0]) == list(COLUMNS)
    assert [(line["state"], line["question"], line["value"], line["answers"]) for line in found[:2]] == [
        ("open", "", "", "0"),
        ("resolved", "animal", "dog", "2"),
    ]
    assert 0.6 < float(found[1]["confidence"]) <= 1
    assert found[1]["method"] == "posterior"


@pytest.mark.django_db
def test_it_leaves_gold_out() -> None:
    batch = pair_batch(work=1, gold=2)
    assert [line["row"] for line in lines_of(batch)] == ["w0"]
    assert [each["row"] for each in objects_of(batch)] == ["w0"]


@pytest.mark.django_db
def test_it_says_what_an_expert_decided() -> None:
    batch = pair_batch(work=2)
    decide(make_expert(), dispute_of(task_of(batch, "w0")), "cat", reason="guidelines")
    decide(make_expert(), dispute_of(task_of(batch, "w1")), None, reason="broken_row")
    first, second = objects_of(batch)
    assert first["verdict"] == {"outcome": "decided", "answer": {"animal": "cat"}, "reason": "guidelines"}
    assert (first["value"], first["method"]) == ({"animal": "cat"}, "verdict")
    assert second["verdict"]["outcome"] == "undecidable"
    assert [(line["verdict"], line["verdict_reason"]) for line in lines_of(batch)] == [
        ("decided", "guidelines"),
        ("undecidable", "broken_row"),
    ]


@pytest.mark.django_db
def test_it_keeps_every_byte_in_jsonl_and_disarms_formulas_in_csv() -> None:
    batch = make_live(shape=Shape(work=1, schema=TWO_QUESTIONS, terms=PAIR))
    given = {"note": '=HYPERLINK("http://evil.example";"Zoë, 1")', "parts": ["ear"]}
    held = claim(make_worker(), task_of(batch))
    submit_answer(worker=held.worker, assignment=held.public_id, answer=given)
    assert objects_of(batch)[0]["value"] == given
    cells = {line["question"]: line["value"] for line in lines_of(batch)}
    assert cells == {"note": "'" + str(given["note"]), "parts": '["ear"]'}


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_it_disarms_whatever_a_spreadsheet_would_run(start: str) -> None:
    line = {"row": f"{start}1+1", "value": "1=1", "confidence": -0.5}
    found = "".join(as_csv([line], ("row", "value", "confidence")))
    cells = next(csv.DictReader(io.StringIO(found, newline="")))
    assert cells == {"row": f"'{start}1+1", "value": "1=1", "confidence": "-0.5"}


def test_it_writes_as_it_reads() -> None:
    read: list[int] = []

    def results() -> Any:
        for number in range(3):
            read.append(number)
            yield {"row": number}

    lines = as_jsonl(results())
    assert read == []
    assert json.loads(next(lines)) == {"row": 0}
    assert read == [0]
    cells = as_csv(results(), ("row",))
    assert next(cells).strip() == "row"
    assert read == [0]


@pytest.mark.django_db
def test_it_streams_with_a_number_of_queries_that_does_not_grow(django_assert_max_num_queries: Any) -> None:
    batch = pair_batch(work=30)
    with django_assert_max_num_queries(6):
        assert len(list(results_of(batch))) == 30


@pytest.mark.django_db
def test_it_names_the_file_and_its_type() -> None:
    batch = pair_batch()
    response = export_response(batch, "csv")
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="assay-{batch.public_id}.csv"'
    assert export_response(batch, "jsonl")["Content-Type"] == "application/jsonl; charset=utf-8"


@pytest.mark.django_db
def test_it_refuses_a_format_it_does_not_know() -> None:
    with pytest.raises(Invalid):
        export_response(pair_batch(), "xlsx")


@pytest.mark.django_db
def test_it_tells_over_the_api_what_the_file_tells() -> None:
    ada = make_user("Ada")
    batch = pair_batch(make_client(ada), work=2)
    answer_by_new_workers(task_of(batch, "w0"), ["dog", "dog"])
    caller = APIClient()
    caller.force_authenticate(ada)
    page = caller.get(f"/api/v1/batches/{batch.public_id}/results").json()
    assert page["next"] is None
    assert sorted(page["results"], key=lambda each: str(each["row"])) == objects_of(batch)
    assert caller.get(f"/api/v1/batches/{batch.public_id}/export?format=xlsx").status_code == 422
