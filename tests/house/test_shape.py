"""The shape of the code: small files, short functions, names that say what is in them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.source import FLOORS, ROOT, functions, named, python_files

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
CODE = python_files(*FLOORS)
EVERYTHING = python_files(*FLOORS, "tests", "benchmarks")
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "lib", "base", "tools"}
NAMED_BY_DJANGO = {"marketplace/database/base.py"}
# put together, so that this file does not hold what it looks for
UNFINISHED = re.compile("TO" + "DO|FIX" + r"ME|\bX" + r"XX\b")
WRITTEN = (".py", ".js", ".css", ".html", ".md", ".sh", ".sql", ".toml")


def test_it_finds_the_code() -> None:
    assert len(CODE) > 100


@pytest.mark.parametrize("floor", FLOORS)
def test_it_keeps_files_short(floor: str) -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in python_files(floor)}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE} == {}


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring, which may be as long as it must."""
    words = ast.get_docstring(function, clean=False) or ""
    return (function.end_lineno or 0) - function.lineno + 1 - len(words.splitlines())


@pytest.mark.parametrize("floor", FLOORS)
def test_it_keeps_functions_short(floor: str) -> None:
    found = {
        f"{named(path)}:{each.name}": length(each) for path in python_files(floor) for each in functions(path)
    }
    assert {name: lines for name, lines in found.items() if lines > MOST_LINES_OF_A_FUNCTION} == {}


def test_it_has_no_drawer_for_odds_and_ends() -> None:
    names = {named(path): set(re.split(r"[/.]", named(path))) for path in EVERYTHING}
    assert [name for name, words in names.items() if words & VAGUE and name not in NAMED_BY_DJANGO] == []


def test_it_begins_every_file_with_a_line_that_says_what_it_is() -> None:
    silent = [
        named(path)
        for path in EVERYTHING
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_it_keeps_packages_empty() -> None:
    def says_something(path: Path) -> bool:
        body = ast.parse(path.read_text()).body
        return any(not isinstance(node, ast.Expr) for node in body)

    packages = [path for path in EVERYTHING if path.name == "__init__.py"]
    assert [named(path) for path in packages if says_something(path)] == []


def test_it_documents_every_service_and_selector() -> None:
    roles = ("services", "selectors", "access", "policy", "rules")
    silent = [
        f"{named(path)}:{each.name}"
        for path in CODE
        if path.stem in roles
        for each in functions(path)
        if not each.name.startswith("_") and each.col_offset == 0 and not ast.get_docstring(each)
    ]
    assert silent == []


def test_it_leaves_nothing_for_later() -> None:
    folders = (*FLOORS, "tests", "benchmarks", "templates", "static", "docs")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in WRITTEN]
    files += [path for path in ROOT.glob("*") if path.suffix in WRITTEN]
    mine = [path for path in files if "vendor" not in path.parts]
    assert [named(path) for path in mine if UNFINISHED.search(path.read_text())] == []


def test_it_asks_the_time_at_one_place() -> None:
    asking = re.compile(r"timezone\.now|datetime\.now|utcnow|date\.today")
    found = [named(path) for path in CODE if asking.search(path.read_text())]
    assert found == ["marketplace/core/clock.py"]
