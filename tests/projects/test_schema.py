"""A project's schema."""

from __future__ import annotations

import pytest

from marketplace.projects.schema import (
    OWN_KEYS,
    AnswerProblems,
    Schema,
    SchemaInvalid,
    answer_problems,
    canonical_answer,
    describe,
    parse,
)
from tests.kinds.region_cases import CASES as REGIONS
from tests.kinds.simple_cases import CASES as SIMPLE

PETS = {
    "questions": [
        {"name": "animal", "kind": "choice", "title": "Which animal?", "options": ["cat", "dog"]},
        {"name": "traits", "kind": "choices", "options": ["small", "wet"], "required": False},
        {"name": "note", "kind": "text", "required": False, "help": "Anything odd."},
    ],
    "display": [{"field": "picture", "as": "image"}, {"field": "caption"}],
}


@pytest.fixture
def schema() -> Schema:
    return parse(PETS)


def problems_of(raw: object) -> list[tuple[str, str]]:
    with pytest.raises(SchemaInvalid) as refusal:
        parse(raw)
    return [(problem.where, problem.code) for problem in refusal.value.problems]


def test_it_reads_questions_and_fields(schema: Schema) -> None:
    assert [question.name for question in schema.questions] == ["animal", "traits", "note"]
    assert schema.question("animal").title == "Which animal?"
    assert schema.question("traits").title == "traits"
    assert [(field.field, field.shown_as) for field in schema.display] == [
        ("picture", "image"),
        ("caption", "text"),
    ]


def test_it_survives_being_written_out(schema: Schema) -> None:
    assert parse(describe(schema)) == schema


def test_it_lists_everything_that_is_wrong_at_once() -> None:
    raw = {
        "questions": [
            {"name": "Big Cat", "kind": "choice", "options": ["a", "a"]},
            {"name": "x", "kind": "polygon", "required": "yes"},
            7,
        ],
        "display": [{"as": "image"}, {"field": "f", "as": "video"}],
        "colour": "red",
    }
    assert problems_of(raw) == [
        ("colour", "key_unknown"),
        ("questions.0.name", "name_invalid"),
        ("questions.0.options.1", "option_twice"),
        ("questions.1.required", "not_true_or_false"),
        ("questions.1.kind", "kind_unknown"),
        ("questions.2", "question_not_an_object"),
        ("display.0.field", "field_missing"),
        ("display.1.as", "shown_as_unknown"),
    ]


@pytest.mark.parametrize("raw", [None, [], "x"])
def test_it_refuses_what_is_not_an_object(raw: object) -> None:
    assert problems_of(raw) == [("", "schema_not_an_object")]


@pytest.mark.parametrize("questions", [None, [], "abc", [{}] * 51])
def test_it_refuses_none_or_too_many_questions(questions: object) -> None:
    assert problems_of({"questions": questions}) == [("questions", "questions_count")]


def test_it_refuses_two_questions_of_one_name() -> None:
    twice = {"name": "a", "kind": "text"}
    assert problems_of({"questions": [twice, twice]}) == [("questions.1.name", "name_twice")]


def test_it_stores_answers_in_one_form(schema: Schema) -> None:
    answer = {"note": "", "traits": ["wet", "small"], "animal": "dog"}
    assert canonical_answer(schema, answer) == {"animal": "dog", "traits": ["small", "wet"]}


def test_it_lists_everything_that_is_wrong_with_an_answer(schema: Schema) -> None:
    with pytest.raises(AnswerProblems) as refusal:
        canonical_answer(schema, {"traits": ["big"], "note": 5, "size": 1})
    assert [(problem.where, problem.code) for problem in refusal.value.problems] == [
        ("size", "question_unknown"),
        ("animal", "answer_missing"),
        ("traits", "option_unknown"),
        ("note", "not_a_text"),
    ]


def test_it_has_nothing_against_a_good_answer(schema: Schema) -> None:
    assert answer_problems(schema, {"animal": "cat"}) == []


def test_it_refuses_an_answer_that_is_not_an_object(schema: Schema) -> None:
    assert [problem.code for problem in answer_problems(schema, ["cat"])] == ["answer_not_an_object"]


@pytest.mark.parametrize("case", SIMPLE | REGIONS)
def test_a_kind_s_settings_have_names_of_their_own(case: str) -> None:
    """What a question has anyway (its name, whether it is required) is not what its kind calls a setting."""
    kind, config, _ = (SIMPLE | REGIONS)[case]
    assert not kind.describe(config).keys() & set(OWN_KEYS)
