"""A Label Studio labelling configuration as a schema of ours. Pure: text in, JSON out.

What has a counterpart is taken over, what has none is named with its place; nothing is dropped in silence.
Source of the tags: Label Studio's documentation of its configuration, https://labelstud.io/tags/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from marketplace.kinds.kind import Json, Problem

LONGEST = 200_000
Element = ET.Element
Question = dict[str, Json]

#: object tags and how what they show is shown here
SHOWN = {"Text": "text", "HyperText": "text", "Paragraphs": "text", "Image": "image"}
#: tags that only arrange or explain
QUIET = {"View", "Header", "Label", "Choice", "Shortcut"}
IGNORED = "This has no counterpart here and was left out."


@dataclass(frozen=True)
class Imported:
    """A schema as JSON (not checked yet), and what of the configuration is not in it."""

    schema: dict[str, Json]
    left_out: list[Problem] = field(default_factory=list)


class ConfigUnreadable(Exception):
    """The text is no labelling configuration; the message says why."""


def import_config(text: str) -> Imported:
    """The schema that says what a configuration says. Raises ConfigUnreadable."""
    if len(text) > LONGEST:
        raise ConfigUnreadable(f"A configuration has at most {LONGEST:,} characters.")
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        raise ConfigUnreadable("A configuration declares no document type and no entities.")
    try:
        root = ET.fromstring(text)  # noqa: S314  (no entities, see above)
    except ET.ParseError as error:
        line, column = error.position
        raise ConfigUnreadable(f"This is not XML: line {line}, column {column + 1}.") from error
    except ValueError as error:
        raise ConfigUnreadable("This is not XML.") from error
    if root.tag != "View":
        raise ConfigUnreadable(f"A configuration begins with <View>, not <{root.tag[:40]}>.")
    try:
        return _Reader(root).read()
    except RecursionError as error:
        raise ConfigUnreadable("A configuration is not nested as deeply.") from error


class _Reader:
    """Goes through the elements once, in their order."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.columns = {each.get("name", ""): _column(each) for each in root.iter() if each.tag in SHOWN}
        self.objects = {each.get("name", ""): each.tag for each in root.iter()}
        self.names: set[str] = set()
        self.questions: list[Json] = []
        self.display: list[Json] = []
        self.left_out: list[Problem] = []
        self.title = ""

    def read(self) -> Imported:
        for element, where in _walk(self.root):
            if element.tag == "Header":
                self.title = element.get("value", "").strip()
            elif element.tag in SHOWN:
                self.show(element, where)
            elif element.tag in CONTROLS:
                self.ask(element, where)
            elif element.tag not in QUIET:
                self.leave(where, "tag_unsupported", f"<{element.tag[:40]}>: {IGNORED}")
            self.note_conditions(element, where)
        return Imported({"questions": self.questions, "display": self.display}, self.left_out)

    def show(self, element: Element, where: str) -> None:
        column = _column(element)
        if not column:
            self.leave(where, "value_unsupported", f"<{element.tag}> shows no column of the data ($name).")
            return
        self.display.append({"field": column, "as": SHOWN[element.tag]})

    def ask(self, element: Element, where: str) -> None:
        question = CONTROLS[element.tag](self, element, where)
        if question is None:
            return
        if element.get("perRegion") == "true" or element.get("perItem") == "true":
            self.leave(where, "per_region", "A question about each region: there is none here yet.")
            return
        name = self.name_of(element)
        # what is asked only under a condition must not be needed without it
        required = element.get("required") == "true" and not _condition(element)
        common: Question = {"name": name, "title": self.title or element.get("name") or name}
        self.questions.append({**common, "required": required, **question})
        self.title = ""

    def note_conditions(self, element: Element, where: str) -> None:
        if _condition(element):
            self.leave(
                where, "condition_unsupported", "It is asked always: there are no conditions here yet."
            )

    def leave(self, where: str, code: str, message: str) -> None:
        self.left_out.append(Problem(where, code, message))

    def name_of(self, element: Element) -> str:
        """Its name in small letters, digits and "_", unlike all before."""
        plain = re.sub(r"[^a-z0-9]+", "_", (element.get("name") or element.tag).lower()).strip("_")
        plain = re.sub(r"^[^a-z]+", "", plain)[:40] or "answer"
        name, n = plain, 2
        while name in self.names:
            name, n = f"{plain}_{n}", n + 1
        self.names.add(name)
        return name

    def target(self, element: Element) -> str:
        """The tag of the object that an element is about."""
        return self.objects.get(element.get("toName", "").split(",")[0], "")

    def column_of(self, element: Element) -> str:
        """The column that an element is about."""
        return self.columns.get(element.get("toName", "").split(",")[0], "")


def _walk(element: Element, where: str = "View") -> Iterator[tuple[Element, str]]:
    """Every element below, with the way to it; not what is inside a control."""
    counts: dict[str, int] = {}
    for child in element:
        counts[child.tag] = counts.get(child.tag, 0) + 1
        place = f"{where}.{child.get('name') or f'{child.tag}[{counts[child.tag]}]'}"
        yield child, place
        if child.tag not in CONTROLS:
            yield from _walk(child, place)


def _column(element: Element) -> str:
    value = element.get("value", "")
    return value[1:].strip() if value.startswith("$") else ""


def _condition(element: Element) -> bool:
    return any(
        element.get(key) for key in ("visibleWhen", "whenTagName", "whenLabelValue", "whenChoiceValue")
    )


def _options(element: Element, tag: str) -> list[Json]:
    """The values of the elements inside: an alias is what is stored, where there is one."""
    found: list[Json] = []
    for each in element.iter(tag):
        value = each.get("value", "")
        alias = each.get("alias")
        found.append({"value": alias, "label": value} if alias else value)
    return found


def _choices(reader: _Reader, element: Element, where: str) -> Question | None:
    one = element.get("choice", "single") != "multiple"
    if any(list(each) for each in element.iter("Choice")):
        reader.leave(where, "nested_choices", "Choices within choices became one list.")
    return {"kind": "choice" if one else "choices", "options": _options(element, "Choice")}


def _rating(reader: _Reader, element: Element, where: str) -> Question | None:
    return {"kind": "rating", "min": 1, "max": _number(element.get("maxRating")) or 5}


def _number_asked(reader: _Reader, element: Element, where: str) -> Question | None:
    return {"kind": "number", **{key: _number(element.get(key)) for key in ("min", "max", "step")}}


def _text(reader: _Reader, element: Element, where: str) -> Question | None:
    return {"kind": "text", "multiline": (_number(element.get("rows")) or 1) > 1}


def _pair(reader: _Reader, element: Element, where: str) -> Question | None:
    columns = [reader.columns.get(name.strip(), "") for name in element.get("toName", "").split(",")]
    if len(columns) != 2 or not all(columns):
        reader.leave(where, "pair_unclear", "It compares no two texts or images that are shown.")
        return None
    return {"kind": "pairwise", "left": columns[0], "right": columns[1]}


def _taxonomy(reader: _Reader, element: Element, where: str) -> Question | None:
    return {"kind": "taxonomy", "tree": _tree(element), "inner": element.get("leafsOnly") != "true"}


def _tree(element: Element) -> list[Json]:
    return [
        {
            "value": each.get("alias") or each.get("value", ""),
            "label": each.get("value", ""),
            "children": _tree(each),
        }
        if len(each)
        else (each.get("alias") or each.get("value", ""))
        for each in element
        if each.tag == "Choice"
    ]


def _labels(reader: _Reader, element: Element, where: str) -> Question | None:
    target = reader.target(element)
    if target in ("Text", "HyperText", "Paragraphs"):
        column = reader.column_of(element)
        return {"kind": "spans", "column": column, "labels": _options(element, "Label"), "overlap": True}
    reader.leave(where, "tag_unsupported", f"<{element.tag}> on <{target or '?'}>: {IGNORED}")
    return None


def _boxes(reader: _Reader, element: Element, where: str) -> Question | None:
    return {"kind": "boxes", "column": reader.column_of(element), "labels": _options(element, "Label")}


def _number(raw: str | None) -> float | int | None:
    try:
        value = float(raw) if raw else None
    except ValueError:
        return None
    return int(value) if value is not None and value.is_integer() else value


#: tags that ask something, and what becomes of them
CONTROLS: dict[str, Callable[[_Reader, Element, str], Question | None]] = {
    "Choices": _choices,
    "Rating": _rating,
    "Number": _number_asked,
    "TextArea": _text,
    "Pairwise": _pair,
    "Taxonomy": _taxonomy,
    "Labels": _labels,
    "HyperTextLabels": _labels,
    "ParagraphLabels": _labels,
    "RectangleLabels": _boxes,
}
