"""Writing a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kinds import text
from marketplace.kinds.distance import edits, likeness
from marketplace.kinds.kind import AnswerInvalid, ConfigInvalid

PLAIN = text.parse({})


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ({"min_length": 5, "max_length": 4}, "min_length"),
        ({"max_length": 0}, "max_length"),
        ({"multiline": "yes"}, "multiline"),
        ({"gold_distance": 2}, "gold_distance"),
        ({"length": 2}, "length"),
    ],
)
def test_it_refuses_a_config(config: dict[str, object], where: str) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        text.parse(config)
    assert [problem.where for problem in refusal.value.problems] == [where]


def test_it_stores_one_form_of_what_looks_the_same() -> None:
    assert text.canonical(PLAIN, "  cafe\u0301 \t au\nlait ") == "café au lait"


def test_it_keeps_lines_where_they_are_asked_for() -> None:
    lines = text.parse({"multiline": True})
    assert text.canonical(lines, "one  two\r\nthree\n") == "one two\nthree"


@pytest.mark.parametrize(
    ("answer", "code"),
    [(5, "not_a_text"), ("  ", "too_short"), ("x" * 2001, "too_long"), ("a\x00", "not_a_text")],
)
def test_it_refuses_an_answer(answer: object, code: str) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        text.validate(PLAIN, answer)
    assert refusal.value.problems[0].code == code


def test_it_counts_spellings_of_the_same_text_together() -> None:
    merged = text.merge(PLAIN, ["Red car", "red car", "blue van"], [0.6, 0.6, 0.7])
    assert merged.value in ("Red car", "red car")
    assert merged.parts["blue van"] < merged.confidence


def test_it_keeps_case_apart_where_case_matters() -> None:
    strict = text.parse({"ignore_case": False})
    assert len(text.merge(strict, ["AB", "ab"], [0.7, 0.7]).parts) == 2


def test_it_takes_the_most_central_text_when_all_differ() -> None:
    merged = text.merge(PLAIN, ["the red car", "the red cat", "the rad car"], [0.7, 0.7, 0.7])
    assert merged.value == "the red car"


def test_it_forgives_a_slip_against_gold_and_no_more() -> None:
    assert text.grade(PLAIN, "the red car stopd", "The red car stopped").passed is False
    assert text.grade(PLAIN, "the red car stoped", "The red car stopped").passed is True
    exact = text.parse({"gold_distance": 0})
    assert text.grade(exact, "red  Car", "Red car").passed is True
    assert text.grade(exact, "red cat", "Red car").passed is False


def slow_edits(a: str, b: str) -> int:
    """The textbook table, row by row."""
    row = list(range(len(b) + 1))
    for i, char in enumerate(a, start=1):
        above, row = row, [i]
        for j, other in enumerate(b, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (char != other)))
    return row[-1]


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
def test_the_edit_distance_is_the_textbooks(a: str, b: str) -> None:
    assert edits(a, b) == slow_edits(a, b)


def test_likeness_runs_from_nothing_in_common_to_the_same() -> None:
    assert (likeness("", ""), likeness("ab", "cd"), likeness("ab", "ad")) == (1.0, 0.0, 0.5)
