"""Files into rows, a line at a time, in constant memory. Pure: bytes in, records out."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

from marketplace.core.storable import has_surrogates, unstorable

MAX_LINE_BYTES = 1_000_000
MAX_COLUMNS = 200
RESERVED = {"id", "gold", "gold_reason"}
csv.field_size_limit(MAX_LINE_BYTES)  # a cell may be as long as a line; its own limit is 128 KiB


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
            if text:
                yield _row_or_error(line, end_byte, _object(text))
        except _LineTooLong:
            yield _too_long(line, end_byte)
        except UnicodeDecodeError:
            yield _not_utf8(line, end_byte)
        except RecursionError:
            detail = "Objects and lists lie too deep in one another."
            yield ReadError(line, end_byte, "nested_too_deep", detail)
        except ValueError as error:
            yield ReadError(line, end_byte, "json_broken", f"Not a JSON object: {str(error)[:200]}")


def _object(text: str) -> dict[str, Any]:
    record = json.loads(text, parse_constant=_no_constants)
    if not isinstance(record, dict):
        raise ValueError("each line must be an object {...}")
    return record


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


class _Lines:
    """Feeds csv.reader, which itself knows where a quoted cell ends, and remembers how far it went."""

    def __init__(self, source: BinaryIO) -> None:
        self._raw = _lines(source)
        self.line, self.end_byte = 0, 0
        self.begin()

    def begin(self) -> None:
        """A new record begins with the next line."""
        self.room, self.legible = MAX_LINE_BYTES, True

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        """The next line as text; a record of many lines is bounded like one long line.

        Bytes that are no UTF-8 are passed on as surrogates, so that the record still ends where it ends.
        """
        self.end_byte, raw = next(self._raw)
        self.line += 1
        self.room -= len(raw or b"")
        if raw is None or self.room < 0:
            raise _LineTooLong
        text = raw.decode("utf-8-sig", errors="surrogateescape")
        self.legible = self.legible and not has_surrogates(text)
        return text


def _records(source: BinaryIO, delimiter: str) -> Iterator[_Record]:
    """CSV records with the line they start on; a quoted cell may span lines."""
    lines = _Lines(source)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        start = lines.line + 1
        lines.begin()
        try:
            cells, broken = next(reader), None
        except StopIteration:
            return
        except (_LineTooLong, csv.Error) as error:
            cells, broken = [], _broken_record(start, lines, error)
        if not lines.legible:
            broken = _not_utf8(start, lines.end_byte)
        yield start, lines.end_byte, cells, broken


def _broken_record(start: int, lines: _Lines, error: Exception) -> ReadError:
    """Why a record cannot be read, and how many lines went with it."""
    if lines.line > start:
        detail = f"A quoted cell opens here and never closes well; lines {start} to {lines.line} are lost."
        return ReadError(start, lines.end_byte, "quote_not_closed", detail)
    if isinstance(error, _LineTooLong):
        return _too_long(start, lines.end_byte)
    words = str(error)
    if "end of data" in words:
        code, detail = "quote_not_closed", "A quoted cell is opened here and never closed."
    elif "new-line" in words:
        code, detail = "line_end_unknown", "Holds a bare carriage return; end lines with a line feed."
    else:
        code, detail = "csv_broken", f"Not readable: {words}."
    return ReadError(start, lines.end_byte, code, detail)


def _header(first: _Record | None) -> list[str]:
    if first is None:
        raise FileUnreadable("The file is empty.")
    _, _, cells, error = first
    if error is not None:
        raise FileUnreadable(f"The header line is not readable: {error.detail}")
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise FileUnreadable("The first line must name the columns.")
    if unstorable(names):
        raise FileUnreadable("The first line holds NUL characters: not UTF-8 text, or no text at all.")
    if "" in names:
        raise FileUnreadable(f"Column {names.index('') + 1} has no name in the first line.")
    if len(names) > MAX_COLUMNS:
        raise FileUnreadable(f"{len(names)} columns; at most {MAX_COLUMNS} are taken.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FileUnreadable(f"These columns appear twice in the header: {', '.join(twice)}.")
    return names


def _row_or_error(line: int, end_byte: int, record: dict[str, Any]) -> ReadRow | ReadError:
    unfit = unstorable(record)
    if unfit:
        return ReadError(line, end_byte, *unfit)
    # in any case of letters: a known answer under "Gold" must not be shown to workers
    reserved = {name.lower(): value for name, value in record.items() if name.lower() in RESERVED}
    data = {name: value for name, value in record.items() if name.lower() not in RESERVED}
    if not any(value not in ("", None) for value in data.values()):
        return ReadError(line, end_byte, "row_empty", "Nothing to show: every content column is empty.")
    external_id = "" if reserved.get("id") is None else str(reserved["id"]).strip()
    if len(external_id) > 200:
        return ReadError(line, end_byte, "id_too_long", "The id is longer than 200 characters.")
    gold = reserved.get("gold")
    gold = None if gold == "" else gold
    return ReadRow(line, end_byte, data, external_id or None, gold, str(reserved.get("gold_reason") or ""))


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


def _too_long(line: int, end_byte: int) -> ReadError:
    return ReadError(line, end_byte, "line_too_long", f"Longer than {MAX_LINE_BYTES:,} bytes.")


def _not_utf8(line: int, end_byte: int) -> ReadError:
    return ReadError(line, end_byte, "not_utf8", "Not UTF-8 text; save the file as UTF-8.")
