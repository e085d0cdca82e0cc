"""Logs are moved aside, kept short and followed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from marketplace.local import logs


def test_it_keeps_three_older_logs(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    for number in range(5):
        log.write_text(f"run {number}")
        logs.rotate(log)
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {"web.log.1": "run 4", "web.log.2": "run 3", "web.log.3": "run 2"}


def test_it_tells_new_lines_that_matter_once(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("ERROR of an earlier run\n")
    follower = logs.Follower(log, re.compile("ERROR"))
    with log.open("a") as out:
        out.write("all is well\nERROR one\nERROR tw")
    assert follower.new_lines() == ["ERROR one"]
    with log.open("a") as out:
        out.write("o\n")
    assert follower.new_lines() == ["ERROR two"]
    assert follower.new_lines() == []


def test_it_empties_a_log_that_grew_too_long_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LIMIT", 10)
    log = tmp_path / "web.log"
    follower = logs.Follower(log, re.compile("ERROR"))
    with log.open("a", buffering=1) as out:
        out.write("ERROR long enough\n")
        assert follower.new_lines() == ["ERROR long enough"]
        follower.keep_short()
        out.write("ERROR b\n")
    assert follower.new_lines() == ["ERROR b"]
    assert log.read_text() == "ERROR b\n"


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("LOG: a\nFATAL:  no space\nLOG: shut down", "FATAL:  no space"),
        ('Traceback\n  File "x"\nValueError: bad\n\nMore about it', "ValueError: bad"),
        ("one\ntwo\n\n", "two"),
        ("", "it gave no reason"),
    ],
)
def test_it_finds_the_line_that_tells_why(output: str, told: str) -> None:
    assert logs.cause(output) == told
