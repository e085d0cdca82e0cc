"""The source of the house, read as files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("marketplace", "workers", "tasks")


def python_files(*folders: str) -> list[Path]:
    """Python files of the folders, without migrations (they are written by the machine and never edited)."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def named(path: Path) -> str:
    """A file's name from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def tables(document: str) -> list[list[str]]:
    """The rows of every table of a page in docs/, each a list of its cells, without heads and rules."""
    lines = (ROOT / "docs" / document).read_text().splitlines()
    rows: list[list[str]] = []
    for before, line in zip(["", *lines], lines, strict=False):
        is_rule = set(line) <= set("|-: ") and bool(line)
        if is_rule and before.startswith("|"):
            rows.pop()  # what stood above the rule was the head
        elif line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows
