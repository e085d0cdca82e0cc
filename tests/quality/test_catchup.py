"""catchup: what was learnt follows the answers that come in, at the cost of the tasks they are on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.quality.collusion import with_ring
from tasks.quality import simulate
from tasks.quality.promise.catchup import CaughtUp, Footing, Visit, catch_up
from tasks.quality.promise.engine import Learned, learn
from tasks.quality.simulate import Crowd, Makeup
from tasks.quality.trust.hearing import Hearing, hear
from tasks.quality.truth.rounds import Truths
from tasks.quality.votes import IntArray, VoteTable
from tests.quality.crowds import votes_of

MAKEUP = Makeup(accuracy=0.75, sameness=6.0, hard=0.2, spammers=0.1)


@dataclass(frozen=True, eq=False)
class Stream:
    """Answers in the order they came, task after task as a batch works them off, and the first fit."""

    votes: VoteTable
    gold_t: IntArray
    truth_t: IntArray
    #: answers there were when all was learnt
    seen: int
    heard: Hearing
    learned: Learned

    @property
    def footing(self) -> Footing:
        """What was kept of the first fit."""
        return Footing.from_bytes(Footing.of(self.learned, self.heard.ears).to_bytes())

    def visit(self, until: int | None = None) -> tuple[Visit, IntArray]:
        """What to visit once `until` answers are there, all by default, and the tasks it is about."""
        votes, until = self.votes, self.votes.n_votes if until is None else until
        number = np.arange(votes.n_votes)
        tasks = np.unique(votes.task[self.seen : until])
        mine = np.isin(votes.task, tasks) & (number < until)
        sub = votes.only(mine)
        task = np.searchsorted(tasks, sub.task)
        table = VoteTable(task, sub.worker, sub.label, len(tasks), sub.n_workers, sub.n_labels)
        truths = Truths(self.gold_t[tasks])
        return Visit(table, number[mine] >= self.seen, truths, truths, truths.gold_t >= 0), tasks


def stream(crowd: Crowd, share: float = 0.9, *, votes: VoteTable | None = None) -> Stream:
    """A crowd of which a share of the answers has been learnt from; a task in twenty is gold."""
    rng = np.random.default_rng(5)
    votes = crowd.votes if votes is None else votes
    order = np.argsort(votes.task + 0.2 * votes.n_tasks * rng.random(votes.n_votes))
    votes = replace(votes, task=votes.task[order], worker=votes.worker[order], label=votes.label[order])
    gold = np.where(np.arange(votes.n_tasks) % 20 == 0, crowd.truth_t, -1)
    seen = int(share * votes.n_votes)
    heard = hear(votes.only(np.arange(votes.n_votes) < seen), gold)
    return Stream(votes, gold, crowd.truth_t, seen, heard, learn(heard.votes, gold))


def simulated(seed: int = 0, n_tasks: int = 3000, n_labels: int = 3) -> Crowd:
    rng = np.random.default_rng(seed)
    return simulate.crowd(rng, n_tasks, 100, n_labels, answers_per_task=4, makeup=MAKEUP)


def caught_up(line: Stream, until: int | None = None) -> tuple[CaughtUp, IntArray]:
    visit, tasks = line.visit(until)
    return catch_up(line.footing, visit), tasks


@pytest.mark.parametrize("share", [0.8, 0.95])
def test_it_lies_near_what_all_answers_together_say(share: float) -> None:
    line = stream(simulated(), share)
    found, tasks = caught_up(line)
    whole = learn(line.votes, line.gold_t, held_out_m=line.learned.held_out_m)
    off = np.abs(np.exp(found.log_post_tk) - np.exp(whole.log_post_tk[tasks])).sum(axis=1) / 2
    assert off.mean() < 0.02
    for name, counts_akl in found.counts.items():
        if name in whole.counts:
            expected_akl = whole.counts[name][found.worker_a]
            stale_akl = line.learned.counts[name][found.worker_a]
            away, was_away = (np.abs(each - expected_akl).sum() for each in (counts_akl, stale_akl))
            assert away < 0.5 * was_away


def test_it_is_nearly_as_right_as_a_refit_of_everything() -> None:
    right = []
    for seed in range(3):
        line = stream(simulated(seed), 0.8)
        found, tasks = caught_up(line)
        whole = learn(line.votes, line.gold_t, held_out_m=line.learned.held_out_m)
        free = line.gold_t[tasks] < 0
        labels = (found.label_t, whole.label_t[tasks])
        right.append([(label_t == line.truth_t[tasks])[free].mean() for label_t in labels])
    assert np.mean(right, axis=0)[0] > np.mean(right, axis=0)[1] - 0.01


@settings(max_examples=10)
@given(seed=st.integers(0, 1000), n_labels=st.integers(2, 4))
def test_the_counts_stay_those_of_all_tasks(seed: int, n_labels: int) -> None:
    crowd = simulate.crowd(np.random.default_rng(seed), 200, 20, n_labels, answers_per_task=4, makeup=MAKEUP)
    line = stream(crowd, 0.7)
    found, _ = caught_up(line)
    whole = learn(line.votes, line.gold_t, held_out_m=line.learned.held_out_m)
    assert np.array_equal(found.worker_a, np.arange(20))
    for name in whole.counts:
        assert found.counts[name].sum() == pytest.approx(whole.counts[name].sum(), rel=1e-3)


def test_gold_is_counted_exactly() -> None:
    line = stream(simulated(), 0.8)
    found, _ = caught_up(line)
    exact = learn(line.votes, line.gold_t, held_out_m=line.learned.held_out_m).members[-1]
    assert found.counts[exact.name] == pytest.approx(exact.counts_wkl[found.worker_a], abs=1e-4)


def test_without_anything_new_it_says_the_same() -> None:
    line = stream(simulated(), 0.9)
    visit, tasks = line.visit()
    old = replace(
        visit, votes=visit.votes.only(~visit.new_v), new_v=np.zeros(int((~visit.new_v).sum()), bool)
    )
    found = catch_up(line.footing, old)
    expected = np.exp(line.learned.log_post_tk[tasks])
    assert np.exp(found.log_post_tk) == pytest.approx(expected, abs=0.01)
    for name in line.learned.counts:
        assert found.counts[name] == pytest.approx(line.learned.counts[name][found.worker_a], abs=0.05)


def test_twice_is_once_whatever_came_between() -> None:
    line = stream(simulated(), 0.8)
    footing = line.footing
    visit, _ = line.visit()
    first = catch_up(footing, visit)
    catch_up(footing, line.visit(line.seen + 100)[0])
    again = catch_up(footing, visit)
    assert np.array_equal(again.log_post_tk, first.log_post_tk)
    assert np.array_equal(again.log_weights_akl, first.log_weights_akl)


def test_it_hands_back_weights_from_which_the_posteriors_follow() -> None:
    line = stream(simulated(), 0.9)
    visit, _ = line.visit()
    found = catch_up(line.footing, visit)
    task = int(np.flatnonzero(visit.now.gold_t < 0)[0])
    mine = visit.votes.task == task
    rows = np.searchsorted(found.worker_a, visit.votes.worker[mine])
    log_k = found.log_weights_akl[rows, :, visit.votes.label[mine]].sum(axis=0)
    log_k = line.learned.log_prior_k + log_k / (1 + (mine.sum() - 1) * line.learned.correlation)
    post_k = np.exp(log_k - log_k.max())
    assert np.exp(found.log_post_tk[task]) == pytest.approx(post_k / post_k.sum())


def test_it_learns_of_whoever_joined_since() -> None:
    line = stream(simulated(), 0.8)
    visit, tasks = line.visit()
    votes = visit.votes
    rest = np.flatnonzero(visit.now.gold_t < 0)
    # somebody new is always right, somebody else always wrong
    truth = line.truth_t[tasks][rest]
    more = VoteTable(
        np.concatenate([votes.task, rest, rest]),
        np.concatenate([votes.worker, np.full(len(rest), 100), np.full(len(rest), 101)]),
        np.concatenate([votes.label, truth, (truth + 1) % 3]),
        votes.n_tasks,
        102,
        3,
    )
    new = np.concatenate([visit.new_v, np.ones(2 * len(rest), bool)])
    found = catch_up(line.footing, replace(visit, votes=more, new_v=new))
    right, wrong = found.log_weights_akl[found.worker_a.tolist().index(100) :][:2]
    newcomer = np.diag(found.newcomer_kl)
    assert (np.diag(right) > newcomer).all()
    assert (np.diag(wrong) < newcomer).all()


def test_it_believes_a_verdict_that_was_given_since() -> None:
    line = stream(simulated(), 0.9)
    visit, _ = line.visit()
    task = int(np.flatnonzero(visit.now.gold_t < 0)[0])
    label_t = visit.now.gold_t.copy()
    label_t[task] = (catch_up(line.footing, visit).label_t[task] + 1) % 3
    error_t = np.where(visit.gold_t, 0.0, 0.02)
    decided = replace(visit, now=Truths(label_t, error_t))
    assert catch_up(line.footing, decided).label_t[task] == label_t[task]


def test_it_hears_a_ring_as_it_was_heard() -> None:
    crowd = simulated(n_tasks=600)
    line = stream(crowd, 0.8, votes=with_ring(crowd.votes, 1.0, np.random.default_rng(1)))
    ears = line.heard.ears
    ring = np.flatnonzero(ears.weight_w < 1.0)
    assert len(ring) >= 10
    found, tasks = caught_up(line)
    for worker, log_kl in zip(found.worker_a, found.log_weights_akl, strict=True):
        if worker in ring:
            speaker = found.worker_a.tolist().index(ears.speaker_w[worker]) if ears.weight_w[worker] else 0
            expected = found.log_weights_akl[speaker] if ears.weight_w[worker] else np.zeros((3, 3))
            assert log_kl == pytest.approx(expected)
    free = line.gold_t[tasks] < 0
    unbeset, tasks_alone = caught_up(stream(crowd, 0.8))
    alone = (unbeset.label_t == crowd.truth_t[tasks_alone])[line.gold_t[tasks_alone] < 0].mean()
    assert (found.label_t == crowd.truth_t[tasks])[free].mean() > alone - 0.05


def test_it_takes_hostile_input_without_a_word() -> None:
    empty = votes_of([], [], [], 0, 0, 2)
    nobody = learn(empty)
    footing = Footing.of(nobody, hear(empty, np.zeros(0, dtype=np.int64)).ears)
    none = Truths(np.zeros(0, dtype=np.int64))
    nothing = Visit(empty, np.zeros(0, bool), none, none, np.zeros(0, bool))
    assert catch_up(footing, nothing).log_post_tk.shape == (0, 2)
    unknown = Truths(np.array([-1]))
    first = votes_of([0, 0], [0, 1], [1, 1], 1, 2, 2)
    found = catch_up(footing, Visit(first, np.ones(2, bool), unknown, unknown, np.zeros(1, bool)))
    assert found.label_t.tolist() == [1]
    assert found.worker_a.tolist() == [0, 1]


def test_it_refuses_bytes_that_are_no_footing() -> None:
    with pytest.raises(ValueError, match="pickle"):
        Footing.from_bytes(b"nothing of the kind")
