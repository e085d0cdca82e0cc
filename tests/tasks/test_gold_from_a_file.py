"""Known answers as they stand in a file: bare, as an object, or as JSON in a cell of a CSV file."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.projects.schema import AnswerProblems, parse
from tasks.pool.services import gold_answer

ANIMAL = {"name": "animal", "kind": "choice", "options": ["cat", "dog"]}
TRAITS = {"name": "traits", "kind": "choices", "options": ["small", "wet"], "required": False}
NOTE = {"name": "note", "kind": "text"}


@pytest.mark.parametrize(
    ("questions", "given", "answer"),
    [
        ([ANIMAL], "dog", {"animal": "dog"}),
        ([ANIMAL], {"animal": "dog"}, {"animal": "dog"}),
        ([ANIMAL], '{"animal": "dog"}', {"animal": "dog"}),
        ([TRAITS], ["wet", "small"], {"traits": ["small", "wet"]}),
        ([TRAITS], '["wet", "small"]', {"traits": ["small", "wet"]}),
        ([ANIMAL, TRAITS], {"animal": "dog"}, {"animal": "dog"}),
        ([ANIMAL, TRAITS], '{"animal": "dog", "traits": ["wet"]}', {"animal": "dog", "traits": ["wet"]}),
        ([NOTE], '["a text that looks like JSON"]', {"note": '["a text that looks like JSON"]'}),
    ],
)
def test_it_is_read_in_each_form(questions: list[Any], given: Any, answer: dict[str, Any]) -> None:
    assert gold_answer(parse({"questions": questions}), given, {}) == answer


@pytest.mark.parametrize(
    ("questions", "given"),
    [
        ([ANIMAL], "horse"),
        ([ANIMAL], 7),
        ([ANIMAL], "7"),
        ([ANIMAL], '{"animal": "horse"}'),
        ([ANIMAL, TRAITS], "dog"),
        ([ANIMAL, TRAITS], '{"animal": "dog"'),
        ([ANIMAL, TRAITS], '"dog"'),
        ([ANIMAL, TRAITS], "[" * 10_000),
    ],
)
def test_it_is_refused_where_it_does_not_fit(questions: list[Any], given: Any) -> None:
    with pytest.raises(AnswerProblems):
        gold_answer(parse({"questions": questions}), given, {})
