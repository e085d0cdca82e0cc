"""engine.learn: one door from votes and gold to calibrated posteriors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.quality import simulate
from tasks.quality.promise import calibration
from tasks.quality.promise.engine import Learned, learn
from tasks.quality.simulate import Crowd, Makeup
from tasks.quality.votes import VoteTable
from tests.quality.crowds import votes_of

HARD = Makeup(accuracy=0.8, sameness=5.0, spammers=0.15, hard=0.4)


def _crowd(seed: int = 0, n_labels: int = 2, makeup: Makeup = HARD) -> Crowd:
    return simulate.crowd(np.random.default_rng(seed), 600, 40, n_labels, answers_per_task=5, makeup=makeup)


def _gold(crowd: Crowd, every: int = 5) -> np.ndarray:
    gold = np.full(crowd.votes.n_tasks, -1)
    gold[::every] = crowd.truth_t[::every]
    return gold


def _claimed_minus_right(learned: Learned, crowd: Crowd, gold: np.ndarray) -> float:
    free = gold < 0
    right = learned.label_t[free] == crowd.truth_t[free]
    return float(learned.confidence_t[free].mean() - right.mean())


def test_it_claims_what_is_true_where_errors_go_together() -> None:
    gaps = []
    for seed in range(5):
        crowd = _crowd(seed)
        gold = _gold(crowd)
        gaps.append(_claimed_minus_right(learn(crowd.votes, gold), crowd, gold))
    assert abs(np.mean(gaps)) < 0.03


def test_it_clamps_gold() -> None:
    crowd = _crowd()
    gold = _gold(crowd)
    gold[0] = 1 - crowd.truth_t[0]
    learned = learn(crowd.votes, gold)
    assert learned.label_t[gold >= 0].tolist() == gold[gold >= 0].tolist()
    assert (learned.confidence_t[gold >= 0] == 1.0).all()


def test_it_learns_no_weights_from_less_gold_than_it_takes() -> None:
    crowd = _crowd()
    gold = np.full(600, -1)
    gold[: calibration.LEAST_GOLD - 1] = crowd.truth_t[: calibration.LEAST_GOLD - 1]
    learned = learn(crowd.votes, gold)
    assert learned.blend.gold_tasks == 0
    assert learned.blend.weight_m[-1] == 0.0
    assert learned.blend.weight_m.sum() == pytest.approx(calibration.TRUST)


def test_it_calibrates_only_on_what_it_may() -> None:
    crowd = _crowd()
    gold = _gold(crowd)
    none = np.zeros(600, dtype=bool)
    assert learn(crowd.votes, gold, calibrate_on=none).blend.gold_tasks == 0
    assert learn(crowd.votes, gold).blend.gold_tasks == 120


def test_it_hands_back_weights_from_which_the_posteriors_follow() -> None:
    crowd = _crowd(n_labels=3)
    learned = learn(crowd.votes, _gold(crowd))
    task = int(np.flatnonzero(_gold(crowd) < 0)[0])
    mine = crowd.votes.task == task
    labels, workers = crowd.votes.label[mine], crowd.votes.worker[mine]
    log_k = learned.log_weights_wkl[workers, :, labels].sum(axis=0)
    log_k = learned.log_prior_k + log_k / (1 + (len(labels) - 1) * learned.correlation)
    post_k = np.exp(log_k - log_k.max())
    assert np.exp(learned.log_post_tk[task]) == pytest.approx(post_k / post_k.sum())


def test_it_is_the_same_for_the_same_seed() -> None:
    crowd = _crowd()
    one, other = (learn(crowd.votes, _gold(crowd), seed=7) for _ in range(2))
    assert np.array_equal(one.log_post_tk, other.log_post_tk)
    assert np.array_equal(one.replays.confidence_rn, other.replays.confidence_rn)


def test_it_ends_where_a_warm_start_ends() -> None:
    crowd = _crowd()
    cold = learn(crowd.votes, _gold(crowd))
    warm = learn(crowd.votes, _gold(crowd), start=cold.counts, held_out_m=cold.held_out_m)
    assert np.exp(warm.log_post_tk) == pytest.approx(np.exp(cold.log_post_tk), abs=0.01)


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000), n_labels=st.integers(2, 4))
def test_it_does_not_care_what_classes_are_called(seed: int, n_labels: int) -> None:
    rng = np.random.default_rng(seed)
    crowd = simulate.crowd(rng, 60, 10, n_labels, answers_per_task=4)
    names = rng.permutation(n_labels)
    votes = crowd.votes
    renamed = VoteTable(votes.task, votes.worker, names[votes.label], 60, 10, n_labels)
    gold = np.full(60, -1)
    gold[:12] = crowd.truth_t[:12]
    other_gold = np.where(gold >= 0, names[gold], -1)
    one, other = learn(votes, gold), learn(renamed, other_gold)
    assert np.exp(other.log_post_tk[:, names]) == pytest.approx(np.exp(one.log_post_tk), abs=2e-3)


def test_it_takes_hostile_input_without_a_word() -> None:
    for votes, gold in (
        (votes_of([], [], [], 0, 0, 2), None),
        (votes_of([], [], [], 4, 2, 3), [0, -1, -1, -1]),
        (votes_of([0], [0], [0], 1, 1, 1), None),
        (votes_of([0, 1, 2], [0, 0, 0], [0, 0, 0], 3, 1, 2), [0, 0, 0]),
        (votes_of([0, 0], [0, 1], [0, 99], 1, 2, 100), None),
    ):
        learned = learn(votes, gold)
        assert np.isfinite(np.exp(learned.log_post_tk)).all()
        assert np.exp(learned.log_post_tk).sum(axis=1) == pytest.approx(np.ones(votes.n_tasks))


def test_it_refuses_more_classes_than_memory_holds() -> None:
    with pytest.raises(ValueError, match="10000 classes are too many for 2 workers"):
        learn(votes_of([0, 0], [0, 1], [0, 9_999], 1, 2, 10_000))


def test_it_names_a_wrong_shape() -> None:
    crowd = _crowd()
    with pytest.raises(ValueError, match="gold must have shape"):
        learn(crowd.votes, [0, 1])
    with pytest.raises(ValueError, match="calibrate_on must have shape"):
        learn(crowd.votes, _gold(crowd), calibrate_on=[True])


def test_it_takes_no_class_weights_from_gold_that_was_picked() -> None:
    gaps = []
    for seed in range(3):
        crowd = _crowd(seed)
        gold = np.full(600, -1)
        ones = np.flatnonzero(crowd.truth_t == 1)[:80]
        gold[ones] = 1
        learned = learn(crowd.votes, gold)
        free = gold < 0
        gaps.append((learned.label_t[free] == 1).mean() - (crowd.truth_t[free] == 1).mean())
    assert abs(np.mean(gaps)) < 0.1


def test_it_takes_an_expert_who_errs_as_one_more_answer() -> None:
    votes = VoteTable(
        np.repeat(np.arange(60), 5), np.tile(np.arange(5), 60), np.repeat(np.arange(60) % 2, 5), 60, 5, 2
    )
    verdicts = np.full(60, -1)
    verdicts[0] = 1
    assert learn(votes, verdicts).label_t[0] == 1
    assert learn(votes, verdicts, gold_error=0.3).label_t[0] == 0
