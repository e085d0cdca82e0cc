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
        ({"metric": "letters"}, "metric"),
        ({"merge": ["words"]}, "merge"),
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
    [
        (5, "not_a_text"),
        ("\ud800", "not_a_text"),
        ("  ", "too_short"),
        ("x" * 2001, "too_long"),
        ("a\x00", "not_a_text"),
    ],
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


BY_WORDS = text.parse({"metric": "words", "merge": "words"})


def test_it_can_count_differences_in_words() -> None:
    assert text.agree(BY_WORDS, "the red car stopped", "the red cat stopped") == 0.75
    assert text.agree(PLAIN, "the red car stopped", "the red cat stopped") == pytest.approx(18 / 19)
    assert not text.grade(BY_WORDS, "the red cat stopped", "the red car stopped").passed


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_the_edit_distance_of_words_is_that_of_letters(a: list[str], b: list[str]) -> None:
    assert edits(a, b) == slow_edits("".join(a), "".join(b))


def test_a_text_can_be_put_together_that_nobody_wrote() -> None:
    answers = ["the red car stopped hear", "the bread car stopped here", "a red car stop here"]
    merged = text.merge(BY_WORDS, answers, [0.8, 0.8, 0.8])
    assert merged.value == "the red car stopped here"
    assert list(merged.parts) == ["0", "1", "2", "3", "4"]


def test_a_word_that_most_left_out_is_left_out() -> None:
    answers = ["we saw the the sea", "we saw the sea", "we saw sea"]
    assert text.merge(BY_WORDS, answers, [0.8, 0.8, 0.8]).value == "we saw the sea"


def test_a_word_that_most_heard_is_put_in_wherever_it_belongs() -> None:
    answers = ["saw the sea", "we saw the blue sea", "we saw the blue sea now"]
    assert text.merge(BY_WORDS, answers, [0.8, 0.8, 0.8]).value == "we saw the blue sea"


def test_a_good_worker_outweighs_two_poor_ones_word_by_word() -> None:
    answers = ["the red car", "the read car", "the read car"]
    assert text.merge(BY_WORDS, answers, [0.95, 0.4, 0.4]).value == "the red car"
    assert text.merge(BY_WORDS, answers, [0.7, 0.7, 0.7]).value == "the read car"


def test_a_disputed_word_is_the_less_sure_one() -> None:
    parts = text.merge(BY_WORDS, ["the red car", "the read car", "the red car"], [0.8, 0.8, 0.8]).parts
    assert parts["0"] == parts["2"] > parts["1"]


def test_the_spelling_of_most_of_the_weight_stands() -> None:
    assert text.merge(BY_WORDS, ["Paris is big", "paris is big", "Paris is big"], [0.7] * 3).value == (
        "Paris is big"
    )


def test_lines_stay_lines_when_words_are_put_together() -> None:
    lines = text.parse({"merge": "words", "multiline": True})
    answers = ["one two\nthree", "one two\n\nthree", "one too\nthree"]
    assert text.merge(lines, answers, [0.8] * 3).value == "one two\nthree"


def test_texts_too_long_for_word_by_word_are_merged_whole() -> None:
    long = text.parse({"merge": "words", "max_length": 10_000})
    answer = text.canonical(long, "a " * 2_500)
    assert text.merge(long, [answer, answer], [0.8, 0.8]).value == answer
