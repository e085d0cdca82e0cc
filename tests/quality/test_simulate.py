"""Simulated crowds are what they say they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tasks.quality.characters import Character, answered_before
from tasks.quality.simulate import Crowd, Makeup, confusions, crowd, skewed
from tasks.quality.votes import FloatArray


def drawn(n_labels: int = 3, answers_per_task: int = 5, n_workers: int = 40, **makeup: Any) -> Crowd:
    """A crowd large enough for its shares to show."""
    rng = np.random.default_rng(8)
    return crowd(rng, 4000, n_workers, n_labels, answers_per_task=answers_per_task, makeup=Makeup(**makeup))


def right(one: Crowd) -> FloatArray:
    """1 for each vote that is right, else 0."""
    return np.asarray(one.truth_t[one.votes.task] == one.votes.label, dtype=np.float64)


def test_nobody_answers_a_task_twice() -> None:
    votes = crowd(np.random.default_rng(0), 50, 8, 3, answers_per_task=5).votes
    assert len({*zip(votes.task.tolist(), votes.worker.tolist(), strict=True)}) == votes.n_votes == 250


def test_the_same_seed_draws_the_same_crowd() -> None:
    makeup = Makeup(lazy=0.2, ring=0.2, hard=0.5, lure=0.5, learning=0.5, tiring=0.5)
    one, other = (crowd(np.random.default_rng(7), 20, 10, 2, makeup=makeup) for _ in range(2))
    assert np.array_equal(one.votes.label, other.votes.label)


def test_workers_answer_as_their_confusion_says() -> None:
    one = drawn(n_workers=6, accuracy=0.7, biased=0.3, lazy=0.3)
    votes = one.votes
    answered = np.zeros((6, 3, 3))
    np.add.at(answered, (votes.worker, one.truth_t[votes.task], votes.label), 1)
    assert answered / answered.sum(axis=2, keepdims=True) == pytest.approx(one.confusion_wkl, abs=0.06)


def test_hard_tasks_cost_accuracy() -> None:
    easy, hard = (drawn(2, accuracy=0.9, hard=share) for share in (0.0, 1.0))
    assert right(easy).mean() - right(hard).mean() == pytest.approx(0.2, abs=0.05)


def test_only_some_tasks_are_hard() -> None:
    one = drawn(2, accuracy=0.95, hard=0.3)
    on_hard = one.hard_t[one.votes.task]
    assert one.hard_t.mean() == pytest.approx(0.3, abs=0.03)
    assert right(one)[on_hard].mean() < right(one)[~on_hard].mean() - 0.15


def test_a_lure_makes_people_err_alike() -> None:
    def same_wrong(one: Crowd) -> float:
        """Of two wrong answers to a task, how often both are the same."""
        tally_tl = np.zeros((one.votes.n_tasks, one.votes.n_labels))
        np.add.at(tally_tl, (one.votes.task, one.votes.label), 1)
        tally_tl[np.arange(one.votes.n_tasks), one.truth_t] = 0
        n_t = tally_tl.sum(axis=1)
        return float((tally_tl * (tally_tl - 1)).sum() / (n_t * (n_t - 1)).sum())

    spread, lured = (drawn(5, hard=1.0, lure=share) for share in (0.0, 0.8))
    assert same_wrong(spread) == pytest.approx(0.25, abs=0.03)
    assert same_wrong(lured) == pytest.approx(0.85**2 + 3 * 0.05**2, abs=0.05)
    assert right(lured).mean() == pytest.approx(right(spread).mean(), abs=0.02)


def test_spammers_answer_at_random() -> None:
    confusion_wkl = confusions(np.random.default_rng(3), 20, 4, Makeup(spammers=1.0))
    assert confusion_wkl == pytest.approx(np.full((20, 4, 4), 0.25))


def test_characters_come_in_the_shares_asked_for() -> None:
    shares: dict[str, Any] = {"biased": 0.1, "spammers": 0.15, "lazy": 0.2, "adversarial": 0.05, "ring": 0.25}
    one = drawn(n_workers=1000, **shares)
    count = np.bincount(one.character_w, minlength=6) / 1000
    assert count == pytest.approx([0.25, *shares.values()], abs=0.05)


def test_the_lazy_fall_back_on_the_most_common_class() -> None:
    rng = np.random.default_rng(9)
    shares_k = skewed(3, 8.0)
    one = crowd(rng, 3000, 10, 3, makeup=Makeup(lazy=1.0), class_shares=shares_k)
    assert one.confusion_wkl[:, 2, 0].mean() > one.confusion_wkl[:, 0, 2].mean() + 0.15
    assert 0.5 < right(one).mean() < 0.75


def test_the_adversarial_know_and_do_not_say() -> None:
    one = drawn(4, accuracy=0.9, adversarial=1.0)
    assert right(one).mean() == pytest.approx(0.1 / 3, abs=0.01)


def test_a_ring_gives_one_answer_per_task() -> None:
    one = drawn(4, ring=0.4, answers_per_task=6)
    votes = one.votes
    in_ring = one.character_w[votes.worker] == Character.COLLUDING
    said: dict[int, set[int]] = {}
    for task, label in zip(votes.task[in_ring].tolist(), votes.label[in_ring].tolist(), strict=True):
        said.setdefault(task, set()).add(label)
    assert all(len(labels) == 1 for labels in said.values())
    assert right(one)[in_ring].mean() == pytest.approx(0.25, abs=0.03)
    assert right(one)[~in_ring].mean() == pytest.approx(0.8, abs=0.05)


def test_a_ring_gives_as_much_of_the_volume_as_asked() -> None:
    small, loud = (drawn(ring=0.2, ring_volume=volume) for volume in (None, 0.45))
    share_small, share_loud = (
        (one.character_w[one.votes.worker] == Character.COLLUDING).mean() for one in (small, loud)
    )
    in_ring = (small.character_w == Character.COLLUDING).mean()
    assert share_small == pytest.approx(in_ring, abs=0.02)
    assert share_loud == pytest.approx(0.45, abs=0.01)
    pairs = {*zip(loud.votes.task.tolist(), loud.votes.worker.tolist(), strict=True)}
    assert len(pairs) == loud.votes.n_votes


def test_votes_are_counted_in_order_of_arrival() -> None:
    assert answered_before(np.array([2, 0, 2, 2, 1, 0])).tolist() == [0, 0, 1, 2, 0, 1]
    assert answered_before(np.array([], dtype=np.int64)).tolist() == []


def test_learners_get_better_and_the_tired_worse() -> None:
    learner = drawn(2, accuracy=0.95, n_workers=20, learning=1.0, practice=50.0)
    before = answered_before(learner.votes.worker)
    assert right(learner)[before < 10].mean() < 0.6
    assert right(learner)[before > 400].mean() == pytest.approx(0.95, abs=0.03)
    tired = drawn(2, accuracy=0.95, n_workers=20, tiring=0.8, sitting=100)
    place = answered_before(tired.votes.worker) % 100
    assert right(tired)[place < 10].mean() > right(tired)[place >= 90].mean() + 0.2


def test_ordinal_errors_go_to_neighbours() -> None:
    confusion_kl = confusions(np.random.default_rng(1), 1, 4, Makeup(ordinal=True))[0]
    assert confusion_kl[0, 1] == pytest.approx(4 * confusion_kl[0, 2])
    assert confusion_kl[0, 2] == pytest.approx(4 * confusion_kl[0, 3])
    assert confusion_kl.sum(axis=1) == pytest.approx(1.0)


def test_classes_can_be_rare() -> None:
    assert skewed(3, 4.0) == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    one = crowd(np.random.default_rng(2), 3000, 10, 3, class_shares=skewed(3, 4.0))
    assert np.bincount(one.truth_t) / 3000 == pytest.approx(skewed(3, 4.0), abs=0.03)


def test_it_refuses_more_answers_than_workers() -> None:
    with pytest.raises(ValueError, match="as many workers"):
        crowd(np.random.default_rng(0), 5, 2, 2, answers_per_task=3)


@pytest.mark.parametrize(
    "makeup", [{"lazy": 1.2}, {"lazy": 0.6, "ring": 0.6}, {"ring_volume": 0.3}, {"sitting": 0}]
)
def test_it_refuses_a_makeup_that_cannot_be(makeup: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|shares"):
        Makeup(**makeup)


def test_it_refuses_a_ring_too_small_for_its_volume() -> None:
    with pytest.raises(ValueError, match="cannot give"):
        drawn(n_workers=10, ring=0.1, ring_volume=0.9)
