"""Reserved columns are kept from workers however they are written."""

from __future__ import annotations

import io

import pytest

from marketplace.datasets.readers import ReadRow, read_csv, read_jsonl


@pytest.mark.parametrize("name", ["gold", "Gold", "GOLD"])
def test_it_takes_a_known_answer_out_of_what_is_shown(name: str) -> None:
    row = next(read_csv(io.BytesIO(f"ID,text,{name}\na,hello,yes\n".encode())))
    assert isinstance(row, ReadRow)
    assert row.data == {"text": "hello"}
    assert (row.external_id, row.gold) == ("a", "yes")


def test_it_does_the_same_for_json_lines() -> None:
    row = next(read_jsonl(io.BytesIO(b'{"Id": 7, "text": "hello", "Gold": ["a"], "Gold_Reason": "why"}\n')))
    assert isinstance(row, ReadRow)
    assert row.data == {"text": "hello"}
    assert (row.external_id, row.gold, row.gold_reason) == ("7", ["a"], "why")
