"""What the kinds that depend on the row ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from marketplace.kinds.kind import AnswerInvalid, Problem


def require_columns(columns: Iterable[str], row: Mapping[str, object]) -> None:
    """AnswerInvalid, naming each column that the row does not have or in which it is empty."""
    missing = [column for column in columns if row.get(column) is None or row[column] == ""]
    if missing:
        raise AnswerInvalid(
            *(Problem("", "column_missing", f"This row has nothing in “{column}”.") for column in missing)
        )
