"""What was written to a file is what is read from it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.datasets.readers import RESERVED, ReadRow, read_csv, read_jsonl, reader_for

text = st.text(st.characters(exclude_characters="\x00\r", codec="utf-8"), max_size=20)
names = st.lists(
    text.map(str.strip).filter(lambda name: name and name not in RESERVED),
    min_size=1,
    max_size=4,
    unique=True,
)
whole = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | whole | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


def written(header: list[str], cells: list[list[str]], *, ends: str, quoting: Any) -> bytes:
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator=ends, quoting=quoting)
    writer.writerows([header, *cells])
    return target.getvalue().encode()


@settings(max_examples=60)
@given(data=st.data(), header=names)
def test_a_csv_file_comes_back_as_it_was_written(data: st.DataObject, header: list[str]) -> None:
    cell = text.filter(lambda value: value.strip())
    rows = data.draw(st.lists(st.lists(cell, min_size=len(header), max_size=len(header)), max_size=5))
    ends = data.draw(st.sampled_from(["\n", "\r\n"]))
    quoting = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    records = list(read_csv(io.BytesIO(written(header, rows, ends=ends, quoting=quoting))))
    assert [record.data for record in records if isinstance(record, ReadRow)] == [
        dict(zip(header, row, strict=True)) for row in rows
    ]
    assert len(records) == len(rows)


@settings(max_examples=40)
@given(rows=st.lists(st.dictionaries(text, values, min_size=1, max_size=4), max_size=5), plain=st.booleans())
def test_a_json_lines_file_comes_back_as_it_was_written(rows: list[dict[str, Any]], plain: bool) -> None:
    shown = [
        row
        for row in rows
        if any(value not in ("", None) for name, value in row.items() if name not in RESERVED)
    ]
    file = "".join(json.dumps(row, ensure_ascii=plain) + "\n" for row in shown).encode()
    records = list(read_jsonl(io.BytesIO(file)))
    assert [record.data for record in records if isinstance(record, ReadRow)] == [
        {name: value for name, value in row.items() if name not in RESERVED} for row in shown
    ]


@given(content=st.binary(max_size=200), file_format=st.sampled_from(["csv", "tsv", "jsonl"]))
def test_whatever_the_bytes_only_whole_files_are_refused_by_an_exception(
    content: bytes, file_format: str
) -> None:
    content = b"a\tb,c\n" + content
    lines = content.count(b"\n") + 1
    ends = [0]
    for record in reader_for(file_format)(io.BytesIO(content)):
        assert 1 <= record.line <= lines
        ends.append(record.end_byte)
    assert ends == sorted(ends)
    assert ends[-1] <= len(content)
