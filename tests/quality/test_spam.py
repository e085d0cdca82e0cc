"""Signs that a worker does not look: found where they are, and only there."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quality.simulate import Crowd, Makeup, crowd
from tasks.quality.trust import patterns, spam
from tasks.quality.trust.spam import Code, Signal, signals
from tasks.quality.truth import dawid_skene
from tasks.quality.truth.prior import DEFAULT_PRIOR
from tasks.quality.votes import VoteTable


def test_the_score_of_two_classes_is_the_published_one() -> None:
    # (sensitivity + specificity - 1) squared
    confusion_wkl = np.array([[[0.9, 0.1], [0.3, 0.7]]])
    assert spam.spammer_score(confusion_wkl)[0] == pytest.approx((0.9 + 0.7 - 1) ** 2)


@pytest.mark.parametrize("n_labels", [2, 3, 7])
def test_the_score_tells_experts_guessers_and_contrarians(n_labels: int) -> None:
    eye_kl = np.eye(n_labels)
    always_first = np.zeros((n_labels, n_labels))
    always_first[:, 0] = 1.0
    guess = np.full((n_labels, n_labels), 1 / n_labels)
    scores = spam.spammer_score(np.stack([eye_kl, always_first, guess, eye_kl[::-1]]))
    assert scores == pytest.approx([1, 0, 0, 1])


@given(st.integers(2, 5), st.integers(0, 10_000))
def test_the_score_is_half_the_mean_squared_distance_of_rows(n_labels: int, seed: int) -> None:
    confusion_kl = np.random.default_rng(seed).dirichlet(np.ones(n_labels), size=n_labels)
    pairs = [(a, b) for a, b in product(range(n_labels), repeat=2) if a != b]
    apart = [((confusion_kl[a] - confusion_kl[b]) ** 2).sum() for a, b in pairs]
    assert spam.spammer_score(confusion_kl[None])[0] == pytest.approx(np.mean(apart) / 2)


def test_it_refuses_what_is_no_confusion_matrix() -> None:
    with pytest.raises(ValueError, match="confusion"):
        spam.spammer_score(np.ones((2, 2)))


def test_the_runs_test_matches_all_orders_of_a_short_list() -> None:
    labels = [0, 0, 0, 1, 1, 2]
    orders = {order for order in product(range(3), repeat=6) if sorted(order) == labels}
    runs = [1 + sum(a != b for a, b in pairwise(order)) for order in orders]
    found = patterns.regularity(labels)
    assert found.runs == 3
    assert found.expected_runs == pytest.approx(np.mean(runs))
    assert found.runs_z == pytest.approx((3 - np.mean(runs)) / np.std(runs))


def test_it_sees_alternation_longer_patterns_and_blocks() -> None:
    assert patterns.regularity([0, 1] * 20).period == 2
    assert patterns.regularity([0, 1] * 20).runs_z > 5
    three = patterns.regularity([0, 1, 2] * 15)
    assert (three.period, three.period_share) == (3, 1.0)
    assert three.period_p < 1e-6
    blocks = patterns.regularity([0] * 20 + [1] * 20)
    assert blocks.runs_z < -5
    assert blocks.longest_run == 20


def test_shuffled_labels_seldom_look_regular() -> None:
    rng = np.random.default_rng(1)
    found = [patterns.regularity(rng.integers(3, size=60)) for _ in range(400)]
    assert np.mean([each.runs_p < 0.05 for each in found]) < 0.09
    assert np.mean([each.period_p < 0.05 for each in found]) < 0.09


def test_a_list_of_nothing_or_of_one_label_is_no_pattern() -> None:
    assert patterns.regularity([]).period_p == 1.0
    same = patterns.regularity([2] * 30)
    assert (same.top_share, same.longest_run, same.runs_p, same.period) == (1.0, 30, 1.0, None)


def test_entropy_runs_from_one_label_to_all_alike() -> None:
    worker = np.repeat([0, 1], 6)
    votes = VoteTable(np.arange(12), worker, np.array([1] * 6 + [0, 1, 2] * 2), 12, 3, 3)
    entropy_w = patterns.answer_entropy(votes)
    assert entropy_w[:2] == pytest.approx([0.0, 1.0])
    assert np.isnan(entropy_w[2])


def test_fast_is_measured_by_the_task() -> None:
    task = np.tile([0, 1], 4)
    votes = VoteTable(task, np.repeat(np.arange(4), 2), np.zeros(8, dtype=int), 2, 5, 2)
    # Task 0 takes ten seconds, task 1 a hundred: eleven seconds are fast for one of them only.
    seconds = [10.0, 11.0, 10.0, 100.0, 11.0, 110.0, 9.0, np.nan]
    share_w, timed_w = patterns.fast_share(votes, seconds)
    assert timed_w.tolist() == [2, 2, 2, 1, 0]
    assert share_w[:4].tolist() == [0.5, 0.0, 0.0, 0.0]
    assert np.isnan(share_w[4])


def test_tasks_with_two_times_have_no_usual_time() -> None:
    votes = VoteTable(np.zeros(2, dtype=int), np.arange(2), np.zeros(2, dtype=int), 1, 2, 2)
    assert patterns.fast_share(votes, [1.0, 100.0])[1].tolist() == [0, 0]
    with pytest.raises(ValueError, match="seconds"):
        patterns.fast_share(votes, [1.0])


def _signals(drawn: Crowd, votes: VoteTable, **measured: object) -> tuple[Signal, ...]:
    confusion_wkl = DEFAULT_PRIOR.confusion(dawid_skene.fit(votes).counts_wkl)
    return signals(votes, confusion_wkl, **measured)  # type: ignore[arg-type]


def test_it_names_who_does_what_and_nobody_else() -> None:
    rng = np.random.default_rng(2)
    drawn = crowd(rng, 600, 20, 3, answers_per_task=5, makeup=Makeup(accuracy=0.85))
    task, worker, label = drawn.votes.task, drawn.votes.worker, drawn.votes.label.copy()
    label[worker == 0] = rng.integers(3, size=(worker == 0).sum())
    label[worker == 1] = 2
    label[worker == 2] = np.arange((worker == 2).sum()) % 3
    votes = VoteTable(task, worker, label, 600, 20, 3)
    seconds = rng.gamma(4, 5, size=votes.n_votes)
    seconds[worker == 3] = 1.0
    found = _signals(drawn, votes, moment_v=np.arange(votes.n_votes), seconds_v=seconds)
    assert {(signal.worker, signal.code) for signal in found} == {
        (0, Code.UNINFORMED),
        (1, Code.UNINFORMED),
        (1, Code.SAME),
        (2, Code.UNINFORMED),
        (2, Code.PATTERN),
        (3, Code.FAST),
    }
    assert [signal.worker for signal in found] == sorted(signal.worker for signal in found)
    assert {signal.code for signal in found if not signal.grave} == {Code.FAST}
    assert found[1].sentence.endswith("% of what a perfect worker's would; guessing says 0 %.")
    assert found[2].sentence.startswith("One label in 100 % of ")


def test_blocks_of_the_same_label_are_seen() -> None:
    rng = np.random.default_rng(3)
    drawn = crowd(rng, 400, 12, 2)
    mine = drawn.votes.worker == 0
    label = drawn.votes.label.copy()
    label[mine] = np.arange(mine.sum()) // 20 % 2
    votes = VoteTable(drawn.votes.task, drawn.votes.worker, label, 400, 12, 2)
    codes = {
        signal.code for signal in _signals(drawn, votes, moment_v=np.arange(len(label))) if signal.worker == 0
    }
    assert Code.BLOCKS in codes


def test_the_common_class_is_no_sign_where_it_is_common() -> None:
    drawn = crowd(
        np.random.default_rng(4), 400, 16, 2, class_shares=np.array([0.96, 0.04]), makeup=Makeup(0.95)
    )
    found = _signals(drawn, drawn.votes, moment_v=np.arange(drawn.votes.n_votes))
    assert not [signal for signal in found if signal.code in (Code.SAME, Code.PATTERN, Code.BLOCKS)]


def test_who_has_answered_little_is_left_alone() -> None:
    votes = VoteTable(np.arange(10), np.zeros(10, dtype=int), np.zeros(10, dtype=int), 10, 1, 2)
    assert signals(votes, np.full((1, 2, 2), 0.5), moment_v=np.arange(10), seconds_v=np.ones(10)) == ()


def test_it_refuses_what_does_not_fit() -> None:
    votes = VoteTable(np.arange(3), np.zeros(3, dtype=int), np.zeros(3, dtype=int), 3, 1, 2)
    with pytest.raises(ValueError, match="confusion"):
        signals(votes, np.full((2, 2, 2), 0.5))
    with pytest.raises(ValueError, match="moment_v"):
        signals(votes, np.full((1, 2, 2), 0.5), moment_v=[1])
