"""Label Studio configurations: what has a counterpart is taken over, what has none is named."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.projects.label_studio import ConfigUnreadable, Imported, import_config
from marketplace.projects.schema import parse


def taken(inside: str) -> Imported:
    """What becomes of a configuration; whatever it is, the schema is one of ours."""
    found = import_config(f"<View>{inside}</View>")
    parse(found.schema)
    return found


def questions_of(found: Imported) -> list[dict[str, Any]]:
    questions: Any = found.schema["questions"]
    return list(questions)


def question_of(inside: str) -> dict[str, Any]:
    found = taken(inside)
    assert found.left_out == []
    (question,) = questions_of(found)
    return question


TEXT = '<Text name="text" value="$words"/>'
IMAGE = '<Image name="image" value="$picture"/>'


def test_it_takes_choices_with_the_text_they_are_about() -> None:
    found = taken(
        f'{TEXT}<Header value="How does it sound?"/>'
        '<Choices name="Mood-1" toName="text" required="true">'
        '<Choice value="Good" alias="good"/><Choice value="Bad"/></Choices>'
    )
    options = [{"value": "good", "label": "Good"}, "Bad"]
    question = {"name": "mood_1", "title": "How does it sound?", "required": True, "kind": "choice"}
    assert found.schema["questions"] == [question | {"options": options}]
    assert found.schema["display"] == [{"field": "words", "as": "text"}]
    assert found.left_out == []


@pytest.mark.parametrize(
    ("inside", "meant"),
    [
        (
            '<Choices name="c" toName="text" choice="multiple">'
            '<Choice value="a"/><Choice value="b"/></Choices>',
            {"kind": "choices", "options": ["a", "b"]},
        ),
        ('<Rating name="c" toName="text" maxRating="7"/>', {"kind": "rating", "min": 1, "max": 7}),
        ('<Number name="c" toName="text" min="0" max="2.5"/>', {"kind": "number", "min": 0, "max": 2.5}),
        ('<TextArea name="c" toName="text" rows="4"/>', {"kind": "text", "multiline": True}),
        (
            '<Taxonomy name="c" toName="text" leafsOnly="true"><Choice value="a"><Choice value="b"/></Choice>'
            '<Choice value="d"/></Taxonomy>',
            {
                "kind": "taxonomy",
                "inner": False,
                "tree": [{"value": "a", "label": "a", "children": ["b"]}, "d"],
            },
        ),
        (
            '<Labels name="c" toName="text"><Label value="who"/><Label value="where"/></Labels>',
            {"kind": "spans", "column": "words", "labels": ["who", "where"]},
        ),
    ],
)
def test_it_takes_what_is_asked_of_texts(inside: str, meant: dict[str, Any]) -> None:
    question = question_of(TEXT + inside)
    assert {key: question[key] for key in meant} == meant


def test_it_takes_boxes_on_a_picture() -> None:
    inside = '<RectangleLabels name="box" toName="image"><Label value="car"/></RectangleLabels>'
    question = question_of(f"<View>{IMAGE}{inside}</View>")
    assert (question["kind"], question["column"], question["labels"]) == ("boxes", "picture", ["car"])


def test_it_takes_a_comparison_of_two() -> None:
    question = question_of(
        '<Text name="a" value="$one"/><Text name="b" value="$two"/><Pairwise name="p" toName="a,b"/>'
    )
    assert (question["kind"], question["left"], question["right"]) == ("pairwise", "one", "two")


@pytest.mark.parametrize(
    ("inside", "where", "code"),
    [
        (
            '<BrushLabels name="b" toName="image"><Label value="car"/></BrushLabels>',
            "View.b",
            "tag_unsupported",
        ),
        ("<Style>.x { color: red }</Style>", "View.Style[1]", "tag_unsupported"),
        ('<Image name="i" value="https://example.org/a.png"/>', "View.i", "value_unsupported"),
        ('<Pairwise name="p" toName="image"/>', "View.p", "pair_unclear"),
        ('<Labels name="l" toName="image"><Label value="a"/></Labels>', "View.l", "tag_unsupported"),
        ('<TextArea name="t" toName="image" perRegion="true"/>', "View.t", "per_region"),
    ],
)
def test_it_names_what_it_leaves_out(inside: str, where: str, code: str) -> None:
    asked = '<Rating name="r" toName="image"/>'
    found = taken(IMAGE + inside + asked)
    assert [(problem.where, problem.code) for problem in found.left_out] == [(where, code)]
    assert len(questions_of(found)) == 1


def test_it_asks_always_what_was_asked_under_a_condition_but_does_not_need_it() -> None:
    rating = '<Rating name="r" toName="text" required="true" visibleWhen="choice-selected"/>'
    found = taken(f'{TEXT}{rating}<View visibleWhen="x"><Number name="n" toName="text"/></View>')
    places = [(problem.where, problem.code) for problem in found.left_out]
    assert places == [("View.r", "condition_unsupported"), ("View.View[1]", "condition_unsupported")]
    assert [each["required"] for each in questions_of(found)] == [False, False]


def test_it_gives_each_question_a_name_of_its_own() -> None:
    rating = '<Rating name="{}" toName="text"/>'
    found = taken(TEXT + "".join(rating.format(name) for name in ("Über", "ber", "9", "")))
    names = [each["name"] for each in questions_of(found)]
    assert names == ["ber", "ber_2", "answer", "rating"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "This is not XML: line 1, column 1."),
        ("<View><Text></View>", "This is not XML: line 1, column 15."),
        ("<Views/>", "A configuration begins with <View>, not <Views>."),
        (
            '<!DOCTYPE x [<!ENTITY a "b">]><View>&a;</View>',
            "A configuration declares no document type and no entities.",
        ),
        ("<View>" + " " * 200_000, "A configuration has at most 200,000 characters."),
        ("\x00", "This is not XML: line 1, column 1."),
        ("<View>" * 9_000 + "</View>" * 9_000, "A configuration is not nested as deeply."),
    ],
)
def test_it_says_why_a_text_is_no_configuration(text: str, why: str) -> None:
    with pytest.raises(ConfigUnreadable) as refusal:
        import_config(text)
    assert str(refusal.value) == why
