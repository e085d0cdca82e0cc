"""The benchmarks' market: recorded answers bought one by one, and what is made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.accuracy import calibration_error
from benchmarks.quality.curves import draw
from benchmarks.quality.market import Market, buy
from benchmarks.quality.peers import Queues, cheapest, try_fixed, try_toloka, vote_accuracy
from benchmarks.quality.promises import measure_cost, measure_honesty
from benchmarks.quality.recorded import Recorded, is_categorical, read_crowd
from benchmarks.quality.saving import answers_for, measure_saving
from tasks.quality import simulate
from tasks.quality.simulate import Makeup


def _recorded(accuracy: float = 0.8, n_tasks: int = 200, seed: int = 0) -> Recorded:
    makeup = Makeup(accuracy=accuracy, sameness=4.0, spammers=0.1)
    crowd = simulate.crowd(np.random.default_rng(seed), n_tasks, 20, 2, answers_per_task=6, makeup=makeup)
    return Recorded("simulated", crowd.votes, crowd.truth_t)


def test_it_buys_nothing_twice_and_nothing_of_a_settled_task() -> None:
    market = Market.open(_recorded(), gold_share=0.1, seed=0)
    found = buy(market, lambda learned: (0.8, 4))
    assert 1 <= found.count_t[market.scored].min() <= found.count_t[market.scored].max() <= 4
    assert found.count_t[market.is_gold].sum() == 6 * 20
    assert not found.settled_t[market.is_gold].any()


def test_it_buys_one_answer_a_task_when_anything_will_do() -> None:
    market = Market.open(_recorded(), gold_share=0.1, seed=0)
    assert set(buy(market, lambda learned: (0.0, 6)).count_t[market.scored]) == {1}


def test_it_buys_everything_when_nothing_will_do() -> None:
    market = Market.open(_recorded(), gold_share=0.1, seed=0)
    found = buy(market, lambda learned: (2.0, 6))
    assert set(found.count_t[market.scored]) == {6}
    assert not found.settled_t.any()


def test_it_is_righter_for_the_same_answers_when_it_may_choose() -> None:
    right = {}
    for choosing in (False, True):
        market = Market.open(_recorded(0.7, 600), gold_share=0.2, seed=0)
        found = buy(market, lambda learned: (2.0, 2), choosing=choosing)
        scored = market.scored
        right[choosing] = (found.learned.label_t[scored] == market.crowd.truth_t[scored]).mean()
    assert right[True] > right[False]


def test_it_counts_ties_of_the_vote_as_half_right() -> None:
    queues = Queues(np.array([[0, 1], [1, 1]]), np.zeros((2, 2), int), np.array([0, 1]))
    assert vote_accuracy(queues, 2, 2) == pytest.approx(0.75)


def test_it_sends_what_does_not_agree_to_an_expert() -> None:
    queues = Queues(np.array([[0, 1], [1, 1]]), np.zeros((2, 2), int), np.array([0, 1]))
    tried = try_fixed(queues, 2)[1.0, 2]
    assert (tried.answers, tried.experts, tried.accuracy) == (2.0, 0.5, 1.0)
    assert tried.cost(10.0) == 7.0


def test_it_computes_the_published_confidence_of_tolokas_rule() -> None:
    market = Market.open(_recorded(), gold_share=0.5, seed=0)
    queues = Queues.of(market, market.scored, 6)
    tried = try_toloka(queues, market, on_gold=False)
    assert tried[0.5, 1].answers == 1.0
    assert tried[0.999, 5].answers > tried[0.75, 5].answers
    best = cheapest(tried, tried, 0.85, 10.0)
    assert best is not None
    assert best.accuracy >= 0.85


def test_it_reads_an_answer_count_off_a_curve_between_its_points() -> None:
    curve = [(1.0, 0.7), (2.0, 0.8), (4.0, 0.9)]
    assert answers_for(curve, 0.85) == pytest.approx(3.0)
    assert answers_for(curve, 0.7) == 1.0
    assert answers_for(curve, 0.95) is None


def test_it_measures_and_draws_a_stream() -> None:
    row = measure_saving(_recorded(), 5, range(1))
    assert row.ours is not None
    assert row.ours < 5
    assert "<title>simulated: accuracy" in draw(row)


def test_it_measures_cost_and_honesty() -> None:
    cost = measure_cost(_recorded(0.85), 0.9, range(1))
    assert 1.0 <= cost.ours[0] <= 16.0
    assert cost.ours[1] > 0.85
    honest = measure_honesty(_recorded(0.55), 0.98, range(1))
    assert honest.settled[0] < 0.2


def test_it_measures_how_far_claims_are_from_truth() -> None:
    assert calibration_error(np.array([0.9, 0.9]), np.array([True, False])) == pytest.approx(0.4)
    assert calibration_error(np.array([1.0, 0.5, 0.5]), np.array([True, True, False])) == pytest.approx(0.0)


def test_it_reads_a_folder_and_knows_what_classes_are(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("task,worker,label\na,x,1\na,y,0\nb,x,1\nb,x,0\n")
    (tmp_path / "gold.csv").write_text("task,label\na,1\nz,1\n")
    crowd = read_crowd(tmp_path)
    assert crowd.votes.n_votes == 3
    assert crowd.truth_t.tolist() == [1, -1]
    assert is_categorical(tmp_path)
    (tmp_path / "labels.csv").write_text(
        "task,worker,label\n" + "".join(f"{i},x,text {i}\n" for i in range(60))
    )
    assert not is_categorical(tmp_path)
