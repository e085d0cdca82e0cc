"""What demo content is made of: rows whose truth is known, and the projects that ask about them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Value = str | list[str]


@dataclass(frozen=True)
class DemoRow:
    """One row: what is shown, what is true, and what a person who errs would likely say instead.

    `hard` (0..1) is how far it blunts a good eye; at 1 everybody guesses. `reason` makes the row gold.
    """

    id: str
    data: Mapping[str, str]
    truth: Value
    wrong: Sequence[Value]
    hard: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class DemoProject:
    """A project with its rows and the terms of its batch. `question` is the name of its only question."""

    key: str
    name: str
    question: Mapping[str, Any]
    display: Sequence[Mapping[str, str]]
    guidelines: str
    rows: Sequence[DemoRow]
    terms: Mapping[str, Any] = field(default_factory=dict)

    @property
    def schema(self) -> dict[str, Any]:
        """The schema in JSON."""
        return {"questions": [dict(self.question)], "display": [dict(part) for part in self.display]}

    def jsonl(self) -> bytes:
        """The rows as an upload: gold rows carry their known answer and its reason."""
        lines = []
        for row in self.rows:
            known = {"gold": row.truth, "gold_reason": row.reason} if row.reason else {}
            lines.append(json.dumps({"id": row.id, **row.data, **known}, ensure_ascii=False))
        return "".join(line + "\n" for line in lines).encode()

    def row_of(self) -> dict[str, DemoRow]:
        """Rows by what is shown of them: what a simulated worker recognises."""
        return {fingerprint(row.data): row for row in self.rows}


def fingerprint(data: Mapping[str, Any]) -> str:
    """What two rows share exactly when they show the same."""
    return json.dumps(dict(data), sort_keys=True, ensure_ascii=False)
