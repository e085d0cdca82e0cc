"""The progress of a replay where nobody looks at a terminal."""

from __future__ import annotations

import pytest

from tasks.replays import bar


def test_it_tells_steps_and_absence_in_lines_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    with bar.Bar(total=10) as shown:
        shown.step("replaying")
        shown.away(True)
        shown.away(False)
    told = [line.split("s  ", 1)[1] for line in capsys.readouterr().err.splitlines()]
    assert told == ["replaying", "server away, waiting", "the server is back"]


def test_it_is_quiet_between_its_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with bar.Bar(total=10) as shown:
        shown.step("replaying")
        shown.show(done=1, bought=1, saved=0, disputes=0)
        monkeypatch.setattr(bar, "QUIET_EVERY", 0.0)
        shown.show(done=4, bought=2, saved=2, disputes=1)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert told[1].endswith("replaying: 4 of 10 answers, bought 2, saved 2, disputes decided 1")
