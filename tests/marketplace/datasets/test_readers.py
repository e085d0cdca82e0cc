"""Files into rows: every fault a file is known to have, and what becomes of it."""

from __future__ import annotations

import io
from typing import Any

import pytest

from marketplace.core.storable import MAX_DEPTH
from marketplace.datasets.readers import (
    MAX_COLUMNS,
    MAX_LINE_BYTES,
    FileUnreadable,
    ReadError,
    ReadRow,
    read_csv,
    read_jsonl,
    read_tsv,
    reader_for,
)

ROW, ERROR = "row", "error"


def read(content: bytes, file_format: str = "csv") -> list[tuple[int, Any]]:
    """Line and content of each row, or line and code of each error."""
    records = reader_for(file_format)(io.BytesIO(content))
    return [(r.line, r.data if isinstance(r, ReadRow) else r.code) for r in records]


def rows(content: bytes, file_format: str = "csv") -> list[ReadRow]:
    return [r for r in reader_for(file_format)(io.BytesIO(content)) if isinstance(r, ReadRow)]


CSV: dict[str, tuple[bytes, list[tuple[int, Any]]]] = {
    "plain": (b"text\na\nb\n", [(2, {"text": "a"}), (3, {"text": "b"})]),
    "no line feed at the end": (b"text\na", [(2, {"text": "a"})]),
    "a byte order mark": (b"\xef\xbb\xbftext\na\n", [(2, {"text": "a"})]),
    "mixed line ends": (b"text\r\na\nb\r\n", [(2, {"text": "a"}), (3, {"text": "b"})]),
    "names with spaces around": (b" text , n \na,1\n", [(2, {"text": "a", "n": "1"})]),
    "only a header": (b"text\n", []),
    "blank lines are passed over": (b"text,n\n\n,\na,1\n \n", [(4, {"text": "a", "n": "1"})]),
    "a cell over many lines": (
        b'text,n\n"one\r\ntwo\n\nthree",1\nb,2\n',
        [(2, {"text": "one\r\ntwo\n\nthree", "n": "1"}), (6, {"text": "b", "n": "2"})],
    ),
    "quotes in quotes": (b'text\n"say ""no"""\n', [(2, {"text": 'say "no"'})]),
    "an inch sign swallows nothing": (
        b'text,n\n5" pipe,1\nb,2\n6" pipe,3\n',
        [
            (2, {"text": '5" pipe', "n": "1"}),
            (3, {"text": "b", "n": "2"}),
            (4, {"text": '6" pipe', "n": "3"}),
        ],
    ),
    "too few and too many cells": (
        b"text,n\na\na,1,2\nb,2\n",
        [(2, "cells_do_not_fit_header"), (3, "cells_do_not_fit_header"), (4, {"text": "b", "n": "2"})],
    ),
    "latin-1 in one line": (b"text\ncaf\xe9\nb\n", [(2, "not_utf8"), (3, {"text": "b"})]),
    "latin-1 inside a cell of many lines": (
        b'text\n"one\ncaf\xe9\nthree"\nb\n',
        [(2, "not_utf8"), (5, {"text": "b"})],
    ),
    "NUL": (b"text\na\x00b\nb\n", [(2, "characters_not_allowed"), (3, {"text": "b"})]),
    "a broken quote": (b'text,n\n"a"b,1\nb,2\n', [(2, "csv_broken"), (3, {"text": "b", "n": "2"})]),
    "a quote that is closed by a later one": (
        b'text,n\n"a,1\nb,2\n"c",3\nd,4\n',
        [(2, "quote_not_closed"), (5, {"text": "d", "n": "4"})],
    ),
    "a quote that is never closed": (b'text\na\n"b\nc\n', [(2, {"text": "a"}), (3, "quote_not_closed")]),
    "a quote open at the very end": (b'text\na\n"b', [(2, {"text": "a"}), (3, "quote_not_closed")]),
    "a line too long": (
        b"text\n" + b"x" * (MAX_LINE_BYTES + 1) + b"\nb\n",
        [(2, "line_too_long"), (3, {"text": "b"})],
    ),
    "a cell as long as a line may be": (b"text\n" + b"x" * 900_000, [(2, {"text": "x" * 900_000})]),
    "a bare carriage return": (b"text\na\rb\nc\n", [(2, "line_end_unknown"), (3, {"text": "c"})]),
    "nothing to show": (b"id,text\n1,\n2,b\n", [(2, "row_empty"), (3, {"text": "b"})]),
    "an id too long": (b"id,text\n" + b"x" * 201 + b",a\n2,b\n", [(2, "id_too_long"), (3, {"text": "b"})]),
    "numbers stay text": (
        b"n\nNaN\n1e999\n007\n",
        [(2, {"n": "NaN"}), (3, {"n": "1e999"}), (4, {"n": "007"})],
    ),
}


@pytest.mark.parametrize(("content", "expected"), CSV.values(), ids=CSV)
def test_a_csv_file_keeps_its_good_rows_and_blames_the_rest(
    content: bytes, expected: list[tuple[int, Any]]
) -> None:
    assert read(content) == expected


JSONL: dict[str, tuple[bytes, list[tuple[int, Any]]]] = {
    "plain": (b'{"text": "a", "n": 1}\n{"text": "b"}', [(1, {"text": "a", "n": 1}), (2, {"text": "b"})]),
    "a byte order mark": (b'\xef\xbb\xbf{"text": "a"}\n', [(1, {"text": "a"})]),
    "mixed line ends and blank lines": (b'{"t": 1}\r\n\n \n{"t": 2}\n', [(1, {"t": 1}), (4, {"t": 2})]),
    "an empty file": (b"", []),
    "no JSON": (b'hello\n{"t": 1}\n', [(1, "json_broken"), (2, {"t": 1})]),
    "half an object": (b'{"t": 1\n{"t": 1}\n', [(1, "json_broken"), (2, {"t": 1})]),
    "no object": (b'[1]\n"a"\nnull\n7\n', [(line, "json_broken") for line in (1, 2, 3, 4)]),
    "NaN": (b'{"t": NaN}\n{"t": [-Infinity]}\n', [(1, "json_broken"), (2, "json_broken")]),
    "a number beyond all bounds": (
        b'{"t": 1e999}\n{"t": [{"u": -1e999}]}\n',
        [(1, "number_too_large"), (2, "number_too_large")],
    ),
    "an integer beyond all bounds": (b'{"t": ' + b"9" * 5000 + b"}\n", [(1, "json_broken")]),
    "NUL": (
        b'{"t": "a\\u0000"}\n{"t\\u0000": 1}\n',
        [(1, "characters_not_allowed"), (2, "characters_not_allowed")],
    ),
    "NUL in reserved columns": (
        b'{"t": 1, "id": "\\u0000"}\n{"t": 1, "gold": ["\\u0000"]}\n{"t": 1, "gold_reason": "\\u0000"}\n',
        [(line, "characters_not_allowed") for line in (1, 2, 3)],
    ),
    "half a surrogate pair": (b'{"t": ["\\ud800"]}\n', [(1, "characters_not_allowed")]),
    "a whole surrogate pair": (b'{"t": "\\ud83d\\ude00"}\n', [(1, {"t": "\U0001f600"})]),
    "UTF-16": ('{"t": 1}\n'.encode("utf-16"), [(1, "not_utf8"), (2, "json_broken")]),
    "latin-1": (b'{"t": "caf\xe9"}\n{"t": 1}\n', [(1, "not_utf8"), (2, {"t": 1})]),
    "as deep as can be stored": (
        b'{"t": ' + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1) + b', "u": 1}\n',
        [(1, {"t": eval("[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)), "u": 1})],  # noqa: S307
    ),
    "too deep": (b'{"t": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}\n", [(1, "nested_too_deep")]),
    "so deep that Python gives up": (
        b'{"t": ' + b"[" * 10_000 + b"]" * 10_000 + b"}\n",
        [(1, "nested_too_deep")],
    ),
    "a line too long": (
        b'{"t": "' + b"x" * MAX_LINE_BYTES + b'"}\n{"t": 1}\n',
        [(1, "line_too_long"), (2, {"t": 1})],
    ),
    "nothing to show": (
        b'{}\n{"id": 1, "gold": "a"}\n{"t": ""}\n{"t": null}\n',
        [(n, "row_empty") for n in range(1, 5)],
    ),
    "zero and false are something": (b'{"t": 0}\n{"t": false}\n', [(1, {"t": 0}), (2, {"t": False})]),
}


@pytest.mark.parametrize(("content", "expected"), JSONL.values(), ids=JSONL)
def test_a_json_lines_file_keeps_its_good_rows_and_blames_the_rest(
    content: bytes, expected: list[tuple[int, Any]]
) -> None:
    assert read(content, "jsonl") == expected


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "an empty first line": (b"\na\n", "must name the columns"),
    "a column without a name": (b"a,,c\n1,2,3\n", "Column 2 has no name"),
    "two columns of one name": (b"a,b,a ,b\n1,2,3,4\n", "appear twice in the header: a, b"),
    "too many columns": (",".join(f"c{n}" for n in range(10_000)).encode(), "10000 columns"),
    "UTF-16": ("id,text\n1,a\n".encode("utf-16"), "Not UTF-8"),
    "UTF-16 without a mark": ("id,text\n1,a\n".encode("utf-16-le"), "NUL"),
    "a spreadsheet under another name": (
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00\xa4\xd8",
        "Not UTF-8",
    ),
    "a header too long": (b"x" * (MAX_LINE_BYTES + 1), "Longer than"),
    "a header whose quote is not closed": (b'"a,b\n1,2\n', "header line is not readable"),
    "old line ends": (b"text\ra\rb\r", "bare carriage return"),
}


@pytest.mark.parametrize(("content", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_without_a_usable_header_is_refused_with_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(FileUnreadable, match=words):
        read(content)


def test_a_header_may_have_as_many_columns_as_are_taken() -> None:
    header = ",".join(f"c{n}" for n in range(MAX_COLUMNS))
    assert len(rows(f"{header}\n{header}\n".encode())[0].data) == MAX_COLUMNS


def test_a_format_nobody_knows_is_refused() -> None:
    with pytest.raises(FileUnreadable, match=r"\.xlsx"):
        reader_for("xlsx")


def test_reserved_columns_are_no_content() -> None:
    (row,) = rows(b"id,text,gold,gold_reason\n 7 ,a,dog,It barks.\n")
    assert (row.data, row.external_id, row.gold, row.gold_reason) == ({"text": "a"}, "7", "dog", "It barks.")


@pytest.mark.parametrize("given", [b'""', b'" "', b"null"])
def test_an_empty_id_is_none(given: bytes) -> None:
    (row,) = rows(b'{"text": "a", "id": ' + given + b"}\n", "jsonl")
    assert row.external_id is None


@pytest.mark.parametrize(("given", "gold"), [(b"null", None), (b'""', None), (b"false", False), (b"0", 0)])
def test_a_known_answer_may_be_false_but_not_nothing(given: bytes, gold: Any) -> None:
    (row,) = rows(b'{"text": "a", "gold": ' + given + b"}\n", "jsonl")
    assert row.gold is gold


def test_tabs_separate_a_tsv_file() -> None:
    assert read(b"text\tn\na,b\t1\n", "tsv") == [(2, {"text": "a,b", "n": "1"})]
    assert [*read_tsv(io.BytesIO(b"a\n1\n"))] == [*read_csv(io.BytesIO(b"a\n1\n"))]


def test_a_lost_quote_says_which_lines_it_took() -> None:
    errors = [r for r in read_csv(io.BytesIO(b'text,n\n"a,1\nb,2\n"c",3\n')) if isinstance(r, ReadError)]
    assert "lines 2 to 4" in errors[0].detail


def test_every_record_says_where_it_ends() -> None:
    content = b'text\na\n"b\nb"\ncaf\xe9\n\n'
    ends = [record.end_byte for record in read_csv(io.BytesIO(content))]
    assert [content[:end].count(b"\n") for end in ends] == [2, 4, 5]
    content = b'{"t": 1}\n\nx\n'
    assert [record.end_byte for record in read_jsonl(io.BytesIO(content))] == [9, 12]


def test_a_quote_never_closed_costs_time_only_once() -> None:
    class Counted(io.BytesIO):
        """Counts what is read of it."""

        taken = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            line = super().readline(size)
            self.taken += len(line)
            return line

    source = Counted(b'text,n\n"x\n' + b"y\n" * 100_000)
    errors = [record for record in read_csv(source) if isinstance(record, ReadError)]
    assert errors[0].code == "quote_not_closed"
    assert source.taken == len(source.getvalue())
