"""The loop in memory, as the benchmark runs it on recorded crowds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.offline import report
from benchmarks.quality.recorded import Recorded, read_crowd
from benchmarks.quality.rehearsal import Outcome, Rehearsal, Rules
from tasks.quality.simulate import Makeup, crowd


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    drawn = crowd(
        np.random.default_rng(11),
        400,
        40,
        2,
        answers_per_task=10,
        makeup=Makeup(accuracy=0.8, biased=0.2, hard=0.2),
    )
    return Recorded("simulated", drawn.votes, drawn.truth_t)


@pytest.fixture(scope="module")
def outcome(recorded: Recorded) -> Outcome:
    return Rehearsal(recorded, Rules()).run()


def test_it_reaches_the_accuracy_asked_for_with_far_fewer_answers(
    recorded: Recorded, outcome: Outcome
) -> None:
    row = report(recorded, outcome, Rules(), seconds=0.0)
    assert row.bought_share <= 0.4
    assert row.accuracy >= Rules().target - 0.01
    assert row.claimed <= row.accuracy + 0.05


def test_it_never_buys_beyond_the_maximum(outcome: Outcome) -> None:
    assert outcome.max_overlap == 5
    assert outcome.n_answers_t.max() <= 5
    assert outcome.n_answers_t.sum() == outcome.answers_bought


def test_only_disputed_tasks_have_a_verdict(outcome: Outcome) -> None:
    assert np.array_equal(outcome.verdict_t >= 0, outcome.disputed_t == 1)
    assert not np.any(outcome.disputed_t[outcome.is_gold_t == 1])


def test_the_same_seed_gives_the_same_outcome(recorded: Recorded, outcome: Outcome) -> None:
    again = Rehearsal(recorded, Rules()).run()
    assert np.array_equal(again.verdict_t, outcome.verdict_t)
    assert again.answers_bought == outcome.answers_bought


def test_it_reads_a_folder_and_drops_second_answers(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("task,worker,label\na,w1,no\na,w1,yes\nb,w2,yes\n")
    (tmp_path / "gold.csv").write_text("task,label\nb,yes\nc,no\n")
    found = read_crowd(tmp_path)
    assert found.votes.label.tolist() == [0, 1]
    assert found.truth_t.tolist() == [-1, 1]
