"""The product's own proof: a recorded crowd goes through the running product, killed midway."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from marketplace.projects.services import DEFAULTS
from tasks.quality.simulate import crowd
from tests.stories.conftest import ROOT, Stage, clean_environment, wait_for

pytestmark = pytest.mark.story
N_TASKS = 60
KEYS = [
    *("tasks", "recorded_answers", "answers_bought", "answers_per_task"),
    *("accuracy", "accuracy_low", "accuracy_high", "mean_confidence", "disputes"),
    *("paid_micros", "fee_micros", "refunded_micros", "ledger_sum_micros"),
    *("wall_seconds", "answers_per_second"),
]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A folder in the layout of recorded crowds, made from a simulated one."""
    made = crowd(np.random.default_rng(5), n_tasks=N_TASKS, n_workers=12, n_labels=2, answers_per_task=6)
    folder = tmp_path / "simulated"
    folder.mkdir()
    votes = made.votes
    rows = sorted(zip(votes.task.tolist(), votes.worker.tolist(), votes.label.tolist(), strict=True))
    with (folder / "labels.csv").open("w", newline="") as out:
        csv.writer(out).writerows([("task", "worker", "label"), *rows])
    with (folder / "gold.csv").open("w", newline="") as out:
        csv.writer(out).writerows([("task", "label"), *enumerate(made.truth_t.tolist())])
    return folder


def test_it_loses_and_doubles_nothing_when_the_web_process_is_killed_midway(
    stage: Stage, recording: Path, tmp_path: Path
) -> None:
    result = tmp_path / "result.json"
    command = [sys.executable, "manage.py", "replay", str(recording), "--server", stage.address]
    env = clean_environment() | {"ASSAY_VAR": str(stage.var)}
    replay = subprocess.Popen([*command, "--json", str(result)], cwd=ROOT, env=env, stdout=subprocess.PIPE)
    for _ in range(2):
        time.sleep(4)
        if replay.poll() is None:
            os.kill(stage.pids()["web"], signal.SIGKILL)
            wait_for(stage.is_ready, "the web process did not come back", 60)
    printed = replay.communicate(timeout=150)[0].decode()
    assert replay.returncode == 0, printed
    found = json.loads(result.read_text())
    assert list(found)[: len(KEYS)] == KEYS
    assert found["tasks"] == N_TASKS
    assert found["ledger_sum_micros"] == 0
    assert found["answers_bought"] < found["recorded_answers"]
    # every answer bought was paid once, at the batch's one reward
    assert found["paid_micros"] == found["answers_bought"] * DEFAULTS["reward_micros"]
    assert found["accuracy"] > 0.75
