"""Rings are found, honest agreement is left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quality.simulate import Crowd, Makeup, crowd
from tasks.quality.trust import gate
from tasks.quality.trust.collusion import Collusion, as_one, find_rings
from tasks.quality.trust.pairs import compare
from tasks.quality.truth import dawid_skene
from tasks.quality.votes import FloatArray, IntArray, VoteTable
from tests.quality.crowds import vote_tables

HONEST = {
    "plain": Makeup(),
    "good": Makeup(accuracy=0.95),
    "hard tasks": Makeup(hard=0.4),
    "favourite classes": Makeup(biased=0.5),
    "spammers": Makeup(spammers=0.4),
    "mixed": Makeup(accuracy=0.75, sameness=2.0),
    "traps": Makeup(hard=0.4, lure=0.9),
    "lazy": Makeup(lazy=0.3),
    "adversaries": Makeup(adversarial=0.3),
}
RING = 10


def _joined(
    drawn: Crowd, rng: np.random.Generator, volume: float, *, copies: float = 1.0, size: int = RING
) -> VoteTable:
    """The crowd's votes and those of a ring, with `volume` times as many, copying one random answer a task.

    The members are the last workers; of their answers, the share 1 - `copies` is random instead.
    """
    votes = drawn.votes
    copied_t = rng.integers(votes.n_labels, size=votes.n_tasks)
    each = round(volume * votes.n_votes / size)
    task = np.concatenate([rng.choice(votes.n_tasks, each, replace=False) for _ in range(size)])
    worker = votes.n_workers + np.repeat(np.arange(size), each)
    random = rng.integers(votes.n_labels, size=len(task))
    label = np.where(rng.random(len(task)) < copies, copied_t[task], random)
    return VoteTable(
        np.append(votes.task, task),
        np.append(votes.worker, worker),
        np.append(votes.label, label),
        votes.n_tasks,
        votes.n_workers + size,
        votes.n_labels,
    )


def _members(found: Collusion) -> list[int]:
    return np.flatnonzero(found.ring_w >= 0).tolist()


def _gold(rng: np.random.Generator, drawn: Crowd, share: float = 0.05) -> IntArray:
    return np.where(rng.random(len(drawn.truth_t)) < share, drawn.truth_t, -1)


@pytest.mark.parametrize("n_labels", [2, 5])
@pytest.mark.parametrize("volume", [0.3, 0.6, 1.0])
def test_it_finds_all_of_a_ring_without_any_gold(n_labels: int, volume: float) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        votes = _joined(crowd(rng, 400, 40, n_labels), rng, volume)
        assert _members(find_rings(votes)) == list(range(40, 40 + RING))


@pytest.mark.parametrize("makeup", ["good", "hard tasks", "spammers"])
def test_it_finds_a_ring_in_any_crowd(makeup: str) -> None:
    rng = np.random.default_rng(5)
    votes = _joined(crowd(rng, 400, 40, 5, makeup=HONEST[makeup]), rng, 1.0)
    assert _members(find_rings(votes)) == list(range(40, 40 + RING))


@pytest.mark.parametrize("n_labels", [2, 5])
@pytest.mark.parametrize("makeup", list(HONEST))
def test_it_accuses_no_honest_worker(n_labels: int, makeup: str) -> None:
    for seed in range(3):
        rng = np.random.default_rng(100 + seed)
        drawn = crowd(rng, 400, 40, n_labels, makeup=HONEST[makeup])
        assert find_rings(drawn.votes).rings == ()
        assert find_rings(drawn.votes, gold=_gold(rng, drawn)).rings == ()


def test_it_accuses_nobody_where_workers_share_few_tasks_or_one_class_is_common() -> None:
    rng = np.random.default_rng(6)
    assert find_rings(crowd(rng, 300, 150, 2, answers_per_task=3).votes).rings == ()
    skewed = crowd(rng, 400, 40, 2, class_shares=np.array([0.95, 0.05]))
    assert find_rings(skewed.votes).rings == ()


def test_who_always_gives_the_same_label_is_no_ring() -> None:
    drawn = crowd(np.random.default_rng(7), 600, 30, 3)
    lazy = np.where(drawn.votes.worker < 8, 2, drawn.votes.label)
    votes = VoteTable(drawn.votes.task, drawn.votes.worker, lazy, 600, 30, 3)
    assert find_rings(votes).rings == ()


@pytest.mark.parametrize("accuracy", [0.93, 0.98])
def test_a_few_experts_among_guessers_are_no_ring(accuracy: float) -> None:
    for seed in range(4):
        rng = np.random.default_rng(200 + seed)
        drawn = crowd(rng, 300, 30, 2, answers_per_task=15, makeup=Makeup(accuracy=0.62, sameness=50.0))
        votes, truth = drawn.votes, drawn.truth_t[drawn.votes.task]
        expert = np.where(rng.random(votes.n_votes) < accuracy, truth, 1 - truth)
        label = np.where(votes.worker < 8, expert, votes.label)
        assert find_rings(VoteTable(votes.task, votes.worker, label, 300, 30, 2)).rings == ()


def test_a_shared_misconception_is_no_ring() -> None:
    for seed in range(4):
        rng = np.random.default_rng(250 + seed)
        drawn = crowd(rng, 500, 30, 4)
        votes, truth = drawn.votes, drawn.truth_t[drawn.votes.task]
        label = np.where(
            (votes.worker < 10) & (truth == 2) & (rng.random(votes.n_votes) < 0.9), 3, votes.label
        )
        assert find_rings(VoteTable(votes.task, votes.worker, label, 500, 30, 4)).rings == ()


def test_gold_finds_a_ring_that_hides_behind_noise() -> None:
    found = []
    for seed in range(4):
        rng = np.random.default_rng(300 + seed)
        drawn = crowd(rng, 400, 40, 5)
        votes = _joined(drawn, rng, 1.0, copies=0.85)
        members = _members(find_rings(votes, gold=_gold(rng, drawn)))
        assert all(member >= 40 for member in members)
        found.append(len(members))
    assert sum(found) >= 3 * RING


@pytest.mark.parametrize(("n_labels", "copies"), [(2, 0.8), (5, 0.9)])
def test_a_noisy_ring_is_found_beside_excellent_workers_and_they_are_spared(
    n_labels: int, copies: float
) -> None:
    for seed in range(3):
        rng = np.random.default_rng(400 + seed)
        drawn = crowd(rng, 600, 40, n_labels, answers_per_task=10, makeup=Makeup(0.97, 50.0))
        votes = _joined(drawn, rng, 0.95, copies=copies)
        assert _members(find_rings(votes)) == list(range(40, 40 + RING))


def test_two_rings_are_kept_apart() -> None:
    rng = np.random.default_rng(8)
    drawn = crowd(rng, 500, 40, 3)
    first = replace(drawn, votes=_joined(drawn, rng, 0.5))
    found = find_rings(_joined(first, rng, 0.4))
    assert {ring.workers for ring in found.rings} == {tuple(range(40, 50)), tuple(range(50, 60))}


def test_a_ring_counts_as_one_vote() -> None:
    rng = np.random.default_rng(9)
    votes = _joined(crowd(rng, 300, 30, 2), rng, 1.0)
    found = find_rings(votes)
    in_ring = votes.worker >= 30
    sum_t = np.bincount(votes.task[in_ring], weights=found.weight_v[in_ring])
    assert sum_t[sum_t > 0] == pytest.approx(1.0)
    assert (found.weight_v[~in_ring] == 1.0).all()
    one = as_one(votes, found.speaker_w)
    assert one.n_votes == int((~in_ring).sum()) + int((sum_t > 0).sum())
    assert set(one.worker.tolist()) == set(range(31))


def test_it_shows_its_evidence() -> None:
    rng = np.random.default_rng(10)
    votes = _joined(crowd(rng, 400, 40, 2), rng, 1.0)
    ring = find_rings(votes).rings[0]
    assert ring.p < 0.01
    assert ring.finding.same == pytest.approx(ring.finding.contested)
    assert ring.finding.expected_same < ring.finding.same
    assert len(ring.pairs) == RING * (RING - 1) // 2
    for pair in ring.pairs:
        assert pair.same == pair.shared > pair.expected_same
        assert pair.z > 3
        assert pair.p < 0.05


def _accuracy(votes: VoteTable, drawn: Crowd, gold: IntArray | None) -> float:
    label_t = dawid_skene.fit(votes, gold=gold).label_t
    return float((label_t == drawn.truth_t).mean())


@pytest.mark.parametrize("n_labels", [2, 5])
def test_a_ring_as_large_as_the_crowd_costs_at_most_a_point(n_labels: int) -> None:
    rng = np.random.default_rng(11)
    drawn = crowd(rng, 400, 40, n_labels, makeup=Makeup(accuracy=0.75))
    votes, gold = _joined(drawn, rng, 1.0), _gold(rng, drawn)
    found = find_rings(votes, gold=gold)
    weight_w: FloatArray = gate.gate(*gate.gold_evidence(votes, gold, found.ring_w), n_labels).weight_w
    one = as_one(votes, found.speaker_w)
    heard = weight_w[one.worker] > 0
    gated = VoteTable(
        one.task[heard], one.worker[heard], one.label[heard], one.n_tasks, one.n_workers, n_labels
    )
    without = _accuracy(drawn.votes, drawn, gold)
    assert _accuracy(votes, drawn, gold) < without - 0.2
    assert _accuracy(gated, drawn, gold) >= without - 0.01
    assert _accuracy(as_one(votes, find_rings(votes).speaker_w), drawn, None) >= without - 0.02


def _contest(votes: VoteTable, weight: list[float], truth: int = -1) -> dict[tuple[int, int], float]:
    """How contested the answers are that two workers of a single task share, by pair."""
    pairs = compare(votes, weight_v=np.array(weight), gold_t=np.array([truth]))
    assert pairs.n_pairs == 6
    keys = zip(pairs.first_p.tolist(), pairs.second_p.tolist(), strict=True)
    return dict(zip(keys, pairs.same_contest_p.tolist(), strict=True))


TWO_AGAINST_TWO = VoteTable(np.zeros(4, dtype=int), np.arange(4), np.array([1, 1, 0, 0]), 1, 4, 2)


def test_votes_that_do_not_count_contest_nothing() -> None:
    heard, silent = _contest(TWO_AGAINST_TWO, [1, 1, 1, 1]), _contest(TWO_AGAINST_TWO, [1, 1, 0, 0])
    assert heard[0, 1] == heard[2, 3] == pytest.approx(2 / 3)
    assert silent[0, 1] == 0.0
    assert silent[2, 3] == pytest.approx(2 / 3)
    assert heard[0, 2] == 0.0


def test_on_gold_only_wrong_answers_are_contested() -> None:
    found = _contest(TWO_AGAINST_TWO, [1, 1, 1, 1], truth=0)
    assert (found[0, 1], found[2, 3]) == (1.0, 0.0)


@given(st.data())
def test_the_order_of_votes_does_not_matter(data: st.DataObject) -> None:
    votes = data.draw(vote_tables())
    first = np.unique(votes.worker * votes.n_tasks + votes.task, return_index=True)[1]
    order = data.draw(st.permutations(first.tolist())) if len(first) else []
    tables = [
        VoteTable(
            votes.task[index],
            votes.worker[index],
            votes.label[index],
            votes.n_tasks,
            votes.n_workers,
            votes.n_labels,
        )
        for index in (first, np.array(order, dtype=int))
    ]
    one, other = (find_rings(table) for table in tables)
    assert one.ring_w.tolist() == other.ring_w.tolist()


def test_it_copes_with_nothing() -> None:
    empty = VoteTable([], [], [], 3, 2, 2)  # type: ignore[arg-type]
    assert find_rings(empty).rings == ()
    assert as_one(empty, find_rings(empty).speaker_w).n_votes == 0


def test_it_refuses_weights_that_do_not_fit() -> None:
    votes = VoteTable(np.array([0]), np.array([0]), np.array([0]), 1, 1, 2)
    with pytest.raises(ValueError, match="weight_v"):
        find_rings(votes, weight_v=[1.0, 1.0])
    with pytest.raises(ValueError, match="weight_v"):
        find_rings(votes, weight_v=[-1.0])
