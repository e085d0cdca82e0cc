"""A worker who changes is noticed; one who stays the same is seldom disturbed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quality.trust import drift
from tasks.quality.votes import VoteTable


@pytest.mark.parametrize("accuracy", [0.55, 0.8, 0.95])
def test_false_alarms_come_as_seldom_as_promised(accuracy: float) -> None:
    rng = np.random.default_rng(1)
    runs, worse = [], []
    for _ in range(300):
        found = drift.cusum(rng.random(2500) < accuracy, accuracy, run_length=200)
        assert found.alarm is not None
        runs.append(found.alarm + 1)
        worse.append(found.worse)
    assert np.mean(runs) == pytest.approx(200, rel=0.2)
    assert 0.35 < np.mean(worse) < 0.65


def test_a_drop_is_found_within_some_forty_answers_and_dated() -> None:
    rng = np.random.default_rng(2)
    delays, dated = [], []
    for _ in range(100):
        right = np.append(np.ones(20), rng.random(400) < 0.65)
        found = drift.cusum(right, 0.85)
        assert found.alarm is not None
        assert found.since is not None
        assert found.worse
        delays.append(found.alarm - 19)
        dated.append(found.since)
    assert np.mean(delays) < 45
    assert np.median(dated) == pytest.approx(20, abs=10)


def test_a_rise_is_told_from_a_drop() -> None:
    found = drift.cusum(np.ones(60), 0.7)
    assert found.alarm is not None
    assert not found.worse


def test_hard_tasks_are_not_mistaken_for_a_drop() -> None:
    rng = np.random.default_rng(3)
    expected = np.append(np.full(50, 0.95), np.full(50, 0.55))
    alarms = [drift.cusum(rng.random(100) < expected, expected).alarm is not None for _ in range(100)]
    blind = [drift.cusum(rng.random(100) < expected, 0.95).alarm is not None for _ in range(100)]
    assert np.mean(alarms) < 0.3
    assert np.mean(blind) > 0.9


@given(st.lists(st.floats(0, 1), max_size=60), st.floats(0.05, 0.95))
def test_the_sums_never_fall_below_zero_nor_see_the_future(right: list[float], expected: float) -> None:
    whole = drift.cusum(right, expected)
    assert (whole.better_n >= -1e-12).all()
    assert (whole.worse_n >= -1e-12).all()
    half = drift.cusum(right[: len(right) // 2], expected)
    assert whole.worse_n[: len(half.worse_n)] == pytest.approx(half.worse_n)


def test_longer_runs_need_higher_limits() -> None:
    limits = [drift.limit_for(run, 0.8) for run in (50, 500, 5000)]
    assert limits == sorted(limits)
    assert drift.mean_run(limits[1], 0.8) == pytest.approx(500, rel=0.02)


def test_it_refuses_certainty_and_nonsense() -> None:
    with pytest.raises(ValueError, match="expected"):
        drift.cusum([1.0], 1.0)
    with pytest.raises(ValueError, match=r"0\.\.1"):
        drift.cusum([2.0], 0.5)
    with pytest.raises(ValueError, match="run_length"):
        drift.cusum([1.0], 0.5, run_length=0)


def test_fatigue_has_a_slope_and_an_honest_error() -> None:
    rng = np.random.default_rng(4)
    place = np.tile(np.arange(100), 20)
    slopes, errors = [], []
    for _ in range(200):
        found = drift.fatigue(rng.random(2000) < 0.9 - 0.002 * place, place)
        assert found.slope is not None
        assert found.error is not None
        slopes.append(found.slope)
        errors.append(found.error)
    assert np.mean(slopes) == pytest.approx(-0.2, abs=0.01)
    assert np.mean(errors) == pytest.approx(np.std(slopes), rel=0.15)


def test_harder_tasks_at_the_end_are_not_fatigue() -> None:
    rng = np.random.default_rng(5)
    place = np.arange(3000) % 100
    expected = 0.9 - 0.003 * place
    right = rng.random(3000) < expected
    tired, fair = drift.fatigue(right, place), drift.fatigue(right, place, expected)
    assert tired.z is not None
    assert fair.z is not None
    assert tired.z < -5
    assert abs(fair.z) < 4


def test_a_few_answers_say_nothing_of_fatigue() -> None:
    assert drift.fatigue([1, 0], [0, 1]).slope is None
    assert drift.fatigue([1, 0, 1], [4, 4, 4]).z is None
    with pytest.raises(ValueError, match="length"):
        drift.fatigue([1, 0], [0])


def test_a_pause_begins_a_new_sitting() -> None:
    sitting, place = drift.sittings([0, 60, 120, 4000, 4050, 9000])
    assert sitting.tolist() == [0, 0, 0, 1, 1, 2]
    assert place.tolist() == [0, 1, 2, 0, 1, 0]
    assert drift.sittings([])[1].tolist() == []
    with pytest.raises(ValueError, match="ascending"):
        drift.sittings([1, 0])


def test_repeats_are_compared_with_the_answer_before() -> None:
    task = np.array([0, 1, 0, 0, 1, 0, 2])
    worker = np.array([0, 0, 0, 0, 1, 1, 2])
    label = np.array([1, 0, 1, 0, 0, 1, 0])
    same_w, repeats_w = drift.self_agreement(VoteTable(task, worker, label, 3, 4, 2))
    assert (same_w.tolist(), repeats_w.tolist()) == ([1, 0, 0, 0], [2, 0, 0, 0])
