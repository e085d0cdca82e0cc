"""A project's schema: what is asked of each row and what is shown of it. Pure: JSON in, frozen values out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from marketplace.core.storable import unstorable
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid, Invalid, Json, Problem
from marketplace.kinds.registry import KINDS, ROW_KINDS

NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
SHOWN_AS = ("text", "heading", "image", "link", "quote")
MOST_QUESTIONS, MOST_FIELDS = 50, 100
LONGEST_TITLE, LONGEST_HELP = 500, 5_000
OWN_KEYS = ("name", "kind", "title", "help", "required")


class SchemaInvalid(Invalid):
    """The schema cannot be used; `problems` lists everything that is wrong with it.

    Each has (where, code, message); where is a path such as `questions.0.options`.
    """


class AnswerProblems(Invalid):
    """The answer does not fit the schema; `problems` lists everything that is wrong with it.

    Each has (where, code, message); where is the question's name, then after a dot the place in it.
    """


@dataclass(frozen=True)
class Question:
    """One control of the form. `config` is the kind's own frozen settings."""

    name: str
    kind: str
    title: str
    help: str
    required: bool
    config: object


@dataclass(frozen=True)
class Field:
    """One column of the row as shown to the worker."""

    field: str
    shown_as: str


@dataclass(frozen=True)
class Schema:
    """Questions in the order asked; fields in the order shown (none means: all columns as text)."""

    questions: tuple[Question, ...]
    display: tuple[Field, ...] = ()

    @property
    def asks_of_rows(self) -> bool:
        """Whether an answer also has to fit the row it is about (`row_problems`)."""
        return any(question.kind in ROW_KINDS for question in self.questions)

    def question(self, name: str) -> Question:
        """The question of this name; LookupError when there is none."""
        for question in self.questions:
            if question.name == name:
                return question
        raise LookupError(f"there is no question {name!r}")


def parse(raw: object) -> Schema:
    """Read a schema from JSON; SchemaInvalid lists all that is wrong.

    `{"questions": [{"name", "kind", "title", "help", "required", ...settings of the kind}],
    "display": [{"field", "as"}]}`; only `name` and `kind` are needed, and `display` may be left out.
    """
    if not isinstance(raw, Mapping):
        raise SchemaInvalid(Problem("", "schema_not_an_object", "A schema is an object with “questions”."))
    unfit = unstorable(raw)
    if unfit:
        raise SchemaInvalid(Problem("", *unfit))
    problems = [
        Problem(str(key), "key_unknown", f"“{key}” is not part of a schema.")
        for key in raw
        if key not in ("questions", "display")
    ]
    questions = _read_questions(raw.get("questions"), problems)
    display = _read_display(raw.get("display"), problems)
    if problems:
        raise SchemaInvalid(*problems)
    return Schema(questions, display)


def describe(schema: Schema) -> dict[str, Json]:
    """The schema as full JSON, every default filled in; `parse(describe(s)) == s`."""
    questions: list[Json] = [
        {
            "name": question.name,
            "kind": question.kind,
            "title": question.title,
            "help": question.help,
            "required": question.required,
            **KINDS[question.kind].describe(question.config),
        }
        for question in schema.questions
    ]
    return {"questions": questions, "display": [{"field": f.field, "as": f.shown_as} for f in schema.display]}


def canonical_answer(schema: Schema, answer: object) -> dict[str, Json]:
    """The answer in the one form in which it is stored: questions in order, unanswered ones left out.

    AnswerProblems lists all that is wrong.
    """
    values, problems = _read_answer(schema, answer)
    if problems:
        raise AnswerProblems(*problems)
    return values


def answer_problems(schema: Schema, answer: object) -> list[Problem]:
    """Everything that is wrong with an answer; empty when it fits."""
    return _read_answer(schema, answer)[1]


def row_problems(schema: Schema, answer: Mapping[str, Json], row: Mapping[str, object]) -> list[Problem]:
    """What is wrong with a canonical answer to this row (column to value); empty when it fits."""
    problems: list[Problem] = []
    for question in schema.questions:
        kind = ROW_KINDS.get(question.kind)
        if kind is None or question.name not in answer:
            continue
        try:
            kind.fits(question.config, answer[question.name], row)
        except AnswerInvalid as refusal:
            problems += _within(question.name, refusal)
    return problems


def _within(name: str, refusal: AnswerInvalid) -> list[Problem]:
    """What is wrong, by the place in the whole answer."""
    return [
        Problem(f"{name}.{part}" if part else name, code, message) for part, code, message in refusal.problems
    ]


def _read_answer(schema: Schema, answer: object) -> tuple[dict[str, Json], list[Problem]]:
    if not isinstance(answer, Mapping):
        return {}, [Problem("", "answer_not_an_object", "An answer is an object: question to value.")]
    known = {question.name for question in schema.questions}
    unfit = unstorable(answer)
    if unfit:
        where = next((name for name in known if unstorable(answer.get(name))), "")
        return {}, [Problem(where, *unfit)]
    problems = [
        Problem(str(key), "question_unknown", f"There is no question “{key}”.")
        for key in answer
        if key not in known
    ]
    values: dict[str, Json] = {}
    for question in schema.questions:
        given = answer.get(question.name)
        if given is None or given == "":
            if question.required:
                problems.append(Problem(question.name, "answer_missing", "This question needs an answer."))
            continue
        try:
            values[question.name] = KINDS[question.kind].canonical(question.config, given)
        except AnswerInvalid as refusal:
            problems += _within(question.name, refusal)
    return values, problems


def _read_questions(raw: object, problems: list[Problem]) -> tuple[Question, ...]:
    if not _is_list(raw) or not 1 <= len(raw) <= MOST_QUESTIONS:
        message = f"Ask 1 to {MOST_QUESTIONS} questions, as a list."
        problems.append(Problem("questions", "questions_count", message))
        return ()
    questions: list[Question] = []
    for i, item in enumerate(raw):
        where = f"questions.{i}"
        if not isinstance(item, Mapping):
            problems.append(Problem(where, "question_not_an_object", "A question is an object."))
            continue
        question = _read_question(item, where, problems)
        if question is None:
            continue
        if any(question.name == other.name for other in questions):
            message = f"Two questions are called “{question.name}”."
            problems.append(Problem(f"{where}.name", "name_twice", message))
        questions.append(question)
    return tuple(questions)


def _read_question(item: Mapping[str, object], where: str, problems: list[Problem]) -> Question | None:
    before = len(problems)
    name, kind = item.get("name"), item.get("kind")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        message = "A name has small letters, digits and “_”, begins with a letter, at most 50 characters."
        problems.append(Problem(f"{where}.name", "name_invalid", message))
    required = item.get("required", True)
    if not isinstance(required, bool):
        problems.append(Problem(f"{where}.required", "not_true_or_false", "Give true or false."))
    title = _read_text(item, "title", LONGEST_TITLE, where, problems)
    help_text = _read_text(item, "help", LONGEST_HELP, where, problems)
    config: object = None
    if not isinstance(kind, str) or kind not in KINDS:
        message = f"The kind must be one of: {', '.join(KINDS)}."
        problems.append(Problem(f"{where}.kind", "kind_unknown", message))
    else:
        try:
            config = KINDS[kind].parse({str(key): item[key] for key in item if key not in OWN_KEYS})
        except ConfigInvalid as refusal:
            problems.extend(Problem(f"{where}.{part}", *rest) for part, *rest in refusal.problems)
    if len(problems) > before:
        return None
    return Question(str(name), str(kind), title or str(name), help_text, required is True, config)


def _read_display(raw: object, problems: list[Problem]) -> tuple[Field, ...]:
    if raw is None:
        return ()
    if not _is_list(raw) or len(raw) > MOST_FIELDS:
        message = f"Show at most {MOST_FIELDS} fields, as a list."
        problems.append(Problem("display", "display_count", message))
        return ()
    fields: list[Field] = []
    for i, item in enumerate(raw):
        name = item.get("field") if isinstance(item, Mapping) else None
        shown_as = item.get("as", "text") if isinstance(item, Mapping) else None
        if not isinstance(name, str) or not name.strip():
            problems.append(Problem(f"display.{i}.field", "field_missing", "Name a column of the data."))
        elif shown_as not in SHOWN_AS:
            message = f"Show it as one of: {', '.join(SHOWN_AS)}."
            problems.append(Problem(f"display.{i}.as", "shown_as_unknown", message))
        else:
            fields.append(Field(name.strip(), str(shown_as)))
    return tuple(fields)


def _read_text(
    item: Mapping[str, object], key: str, longest: int, where: str, problems: list[Problem]
) -> str:
    raw = item.get(key, "")
    if not isinstance(raw, str) or len(raw) > longest:
        message = f"“{key}” is a text of at most {longest} characters."
        problems.append(Problem(f"{where}.{key}", "text_invalid", message))
        return ""
    return raw.strip()


def _is_list(raw: object) -> TypeGuard[Sequence[object]]:
    return isinstance(raw, Sequence) and not isinstance(raw, str | bytes)
