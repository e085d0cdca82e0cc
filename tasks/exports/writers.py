"""Results as files, streamed line by line. Pure."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    def write(self, text: str) -> str:
        return text


def as_jsonl(results: Iterable[dict[str, Any]]) -> Iterator[str]:
    """One JSON object a line: lossless."""
    for result in results:
        yield json.dumps(result, ensure_ascii=False) + "\n"


def as_csv(lines: Iterable[dict[str, Any]], columns: tuple[str, ...]) -> Iterator[str]:
    """CSV with a header. A text that a spreadsheet would run as a formula gets a leading apostrophe
    (OWASP, "CSV injection"); JSON Lines is the form that keeps every byte.
    """
    writer = csv.DictWriter(_Echo(), columns)
    yield str(writer.writeheader())
    for line in lines:
        yield str(writer.writerow({key: _cell(line.get(key)) for key in columns}))


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value
