"""The summary of `make test`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from marketplace.local import verify


@pytest.fixture(autouse=True)
def own_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs of the steps go to a directory of the test's own."""
    monkeypatch.setenv("ASSAY_VAR", str(tmp_path))


def python(name: str, code: str, tells: str = "") -> verify.Step:
    """A step that runs Python code."""
    return verify.Step(name, (sys.executable, "-c", code), tells)


def test_a_step_is_one_line_with_its_counts() -> None:
    step = python("tests", "print('== 3 passed, 1 skipped in 0.12s ==')", r"\d+ passed.*(?= in)")
    outcome = verify.run_step(step, {})
    assert outcome.ok
    assert outcome.summary().split() == [
        "tests",
        "ok",
        *outcome.summary().split()[2:4],
        "3",
        "passed,",
        "1",
        "skipped",
    ]
    assert outcome.closing() == ["== 3 passed, 1 skipped in 0.12s =="]


def test_a_failed_step_says_so_and_its_output_is_kept(tmp_path: Path) -> None:
    outcome = verify.run_step(python("lint", "print('x = 1'); raise SystemExit(2)"), {})
    assert not outcome.ok
    assert "FAILED" in outcome.summary()
    assert (tmp_path / "log" / "verify-lint.log").read_text() == "x = 1\n"


def test_a_step_can_fail_by_what_its_exit_code_does_not_say() -> None:
    step = verify.Step("openapi", (sys.executable, "-c", ""), r"differs", also=lambda: "the schema differs")
    assert not verify.run_step(step, {}).ok


def test_a_changed_schema_is_shown_line_by_line(tmp_path: Path) -> None:
    kept, made = tmp_path / "kept", tmp_path / "made"
    kept.write_text("a\nb\n")
    made.write_text("a\nc\n")
    shown = verify.difference(kept, made).splitlines()
    assert "-b" in shown
    assert "+c" in shown
    assert verify.difference(kept, kept) == ""


def test_a_missing_schema_differs(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.write_text("a\n")
    assert "+a" in verify.difference(tmp_path / "missing", made).splitlines()
