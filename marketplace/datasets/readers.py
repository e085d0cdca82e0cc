"""Files into rows, a line at a time, in constant memory. Pure: bytes in, records out."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

MAX_LINE_BYTES = 1_000_000
MAX_COLUMNS = 200
RESERVED = {"id", "gold", "gold_reason"}


class ReadRow(NamedTuple):
    """A good row: its line in the file (from 1), its content, its own id and known answer if given."""

    line: int
    end_byte: int
    data: dict[str, Any]
    external_id: str | None
    gold: Any
    gold_reason: str


class ReadError(NamedTuple):
    """A line that is no row: where, a stable code and a sentence."""

    line: int
    end_byte: int
    code: str
    detail: str


class FileUnreadable(Exception):
    """The file as a whole cannot be read; the text says why."""


class _LineTooLong(Exception):
    pass


def reader_for(file_format: str) -> Callable[[BinaryIO], Iterator[ReadRow | ReadError]]:
    """The reader of "csv", "tsv" or "jsonl". Raises FileUnreadable for another format."""
    readers = {"csv": read_csv, "tsv": read_tsv, "jsonl": read_jsonl}
    if file_format not in readers:
        raise FileUnreadable(f"Files of type .{file_format} cannot be read; send .csv, .tsv or .jsonl.")
    return readers[file_format]


def read_csv(source: BinaryIO) -> Iterator[ReadRow | ReadError]:
    """Rows of a UTF-8 CSV file with a header line. Raises FileUnreadable for a bad header."""
    yield from _read_separated(source, ",")


def read_tsv(source: BinaryIO) -> Iterator[ReadRow | ReadError]:
    """Rows of a UTF-8 TSV file with a header line. Raises FileUnreadable for a bad header."""
    yield from _read_separated(source, "\t")


def read_jsonl(source: BinaryIO) -> Iterator[ReadRow | ReadError]:
    """One JSON object a line; blank lines are passed over."""
    for line, (end_byte, raw) in enumerate(_lines(source), start=1):
        try:
            text = _decode(raw).strip()
            if not text:
                continue
            record = json.loads(text, parse_constant=_no_constants)
            _refuse_oversized_numbers(record)
        except _LineTooLong:
            yield _too_long(line, end_byte)
        except UnicodeDecodeError:
            yield _not_utf8(line, end_byte)
        except (ValueError, RecursionError) as error:
            yield ReadError(line, end_byte, "json_broken", f"Not a JSON object: {str(error)[:200]}")
        else:
            if isinstance(record, dict):
                yield _row_or_error(line, end_byte, record)
            else:
                yield ReadError(line, end_byte, "json_not_object", "Each line must be a JSON object {...}.")


def _read_separated(source: BinaryIO, delimiter: str) -> Iterator[ReadRow | ReadError]:
    records = _records(source, delimiter)
    header = _header(next(records, None))
    for line, end_byte, cells, error in records:
        if error is not None:
            yield error
        elif not any(cell.strip() for cell in cells):
            continue
        elif len(cells) != len(header):
            detail = f"{len(cells)} cells where the header has {len(header)}."
            yield ReadError(line, end_byte, "cells_do_not_fit_header", detail)
        else:
            yield _row_or_error(line, end_byte, dict(zip(header, cells, strict=True)))


_Record = tuple[int, int, list[str], ReadError | None]


def _records(source: BinaryIO, delimiter: str) -> Iterator[_Record]:
    """CSV records with the line they start on; a quoted cell may span lines."""
    pending, start, line = "", 0, 0
    for end_byte, raw in _lines(source):
        line += 1
        start = start or line
        try:
            pending += _decode(raw)
            if pending.count('"') % 2 and len(pending) <= MAX_LINE_BYTES:
                continue  # inside a quoted cell
            if len(pending) > MAX_LINE_BYTES:
                raise _LineTooLong
            cells = next(csv.reader(io.StringIO(pending), delimiter=delimiter, strict=True), [])
            yield start, end_byte, cells, None
        except _LineTooLong:
            yield start, end_byte, [], _too_long(start, end_byte)
        except UnicodeDecodeError:
            yield start, end_byte, [], _not_utf8(start, end_byte)
        except csv.Error as error:
            yield start, end_byte, [], ReadError(start, end_byte, "csv_broken", f"Not readable: {error}.")
        pending, start = "", 0
    if pending:
        detail = "A quoted cell is opened here and never closed."
        yield start, end_byte, [], ReadError(start, end_byte, "quote_not_closed", detail)


def _header(first: _Record | None) -> list[str]:
    if first is None:
        raise FileUnreadable("The file is empty.")
    _, _, cells, error = first
    if error is not None:
        raise FileUnreadable(f"The header line is not readable: {error.detail}")
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise FileUnreadable("The first line must name the columns.")
    if "" in names:
        raise FileUnreadable(f"Column {names.index('') + 1} has no name in the first line.")
    if len(names) > MAX_COLUMNS:
        raise FileUnreadable(f"{len(names)} columns; at most {MAX_COLUMNS} are taken.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FileUnreadable(f"These columns appear twice in the header: {', '.join(twice)}.")
    return names


def _row_or_error(line: int, end_byte: int, record: dict[str, Any]) -> ReadRow | ReadError:
    data = {str(name): value for name, value in record.items() if name not in RESERVED}
    if not any(value not in ("", None) for value in data.values()):
        return ReadError(line, end_byte, "row_empty", "Nothing to show: every content column is empty.")
    if "\x00" in json.dumps(data, ensure_ascii=False) or _has_lone_surrogate(record):
        return ReadError(line, end_byte, "characters_not_allowed", "Holds NUL or broken Unicode characters.")
    external = record.get("id")
    external_id = str(external).strip() if external not in (None, "") else None
    if external_id and len(external_id) > 200:
        return ReadError(line, end_byte, "id_too_long", "The id is longer than 200 characters.")
    gold = record.get("gold")
    gold = None if gold == "" else gold
    return ReadRow(line, end_byte, data, external_id, gold, str(record.get("gold_reason") or ""))


def _lines(source: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Raw lines with the byte after each; None stands for a line that is too long (skipped over)."""
    position = source.tell()
    while chunk := source.readline(MAX_LINE_BYTES + 1):
        position += len(chunk)
        if len(chunk) <= MAX_LINE_BYTES:
            yield position, chunk
            continue
        while chunk and not chunk.endswith(b"\n"):
            chunk = source.readline(MAX_LINE_BYTES)
            position += len(chunk)
        yield position, None


def _decode(raw: bytes | None) -> str:
    if raw is None:
        raise _LineTooLong
    return raw.decode("utf-8-sig")


def _no_constants(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _refuse_oversized_numbers(value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is too large")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _refuse_oversized_numbers(inner)


def _has_lone_surrogate(record: dict[str, Any]) -> bool:
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _too_long(line: int, end_byte: int) -> ReadError:
    return ReadError(line, end_byte, "line_too_long", f"Longer than {MAX_LINE_BYTES:,} bytes.")


def _not_utf8(line: int, end_byte: int) -> ReadError:
    return ReadError(line, end_byte, "not_utf8", "Not UTF-8 text; save the file as UTF-8.")
