"""A whole replay against a live server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from marketplace.local.ports import free_port
from tasks.answers.models import Answer
from tests.tasks.replays.live import background_jobs
from tests.tasks.replays.recordings import LABELS, simulate_folder, write_folder

OPTIONS = ["--seed", "3", "--gold-share", "0.1", "--max-overlap", "4", "--concurrency", "4"]


@pytest.mark.django_db(transaction=True)
def test_it_replays_a_recording_and_buys_less_than_was_recorded(
    live_server: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = simulate_folder(tmp_path / "crowd", tasks=24, workers=8, answers_per_task=5)
    told = tmp_path / "told.json"
    with background_jobs():
        call_command("replay", str(folder), "--server", live_server.url, "--json", str(told), *OPTIONS)
    report = json.loads(told.read_text())
    assert (report["tasks"], report["gold_tasks"], report["recorded_answers"]) == (24, 2, 120)
    assert report["acknowledged_answers"] == report["answers_bought"] == Answer.objects.count() < 100
    assert report["scored_tasks"] == 22
    assert report["accuracy"] > 0.8
    assert (report["ledger_sum_micros"], report["server_faults"], report["open_tasks"]) == (0, 0, 0)
    assert report["paid_micros"] == 50_000 * report["answers_bought"]
    assert "plain majority, all answers" in capsys.readouterr().out


def test_it_says_in_one_line_that_no_server_is_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="does not answer"):
        call_command("replay", str(write_folder(tmp_path)), "--server", f"http://127.0.0.1:{free_port()}")


def test_it_says_in_one_line_that_a_folder_cannot_be_replayed(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, labels=[(*LABELS[0][:2], "[[1,2]]")], gold=[("a", "[[1,2]]")])
    with pytest.raises(CommandError, match="not out of a list of classes"):
        call_command("replay", str(folder))
