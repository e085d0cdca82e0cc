"""prefixes: gold seen again answer by answer, as if it were not gold."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.quality import simulate
from tasks.quality.promise.prefixes import ORDERS, draw_prefixes, log_evidence, state_shares
from tasks.quality.truth.information import ASKED_FIRST, informativeness, tells
from tasks.quality.truth.kernel import VoteMatrix
from tasks.quality.truth.members import Member, fit_gold_only, fit_models
from tasks.quality.truth.passes import Here
from tasks.quality.truth.rounds import Known
from tasks.quality.votes import VoteTable
from tests.quality.crowds import votes_of


def _judged() -> tuple[VoteTable, np.ndarray, Member]:
    makeup = simulate.Makeup(accuracy=0.75, sameness=3.0, spammers=0.2)
    crowd = simulate.crowd(np.random.default_rng(0), 200, 30, 2, answers_per_task=8, makeup=makeup)
    gold = np.where(np.arange(200) < 40, crowd.truth_t, -1)
    return (
        crowd.votes,
        gold,
        fit_models(Here(VoteMatrix.of(crowd.votes), Known.of(gold, 0.0, 2)), {})[-1],
    )


def test_it_replays_every_answer_of_every_gold_task_once_an_order() -> None:
    votes, gold, _ = _judged()
    prefixes = draw_prefixes(votes, gold, np.random.default_rng(0))
    assert prefixes.n_tasks == 40
    assert len(prefixes.task_r) == 40 * ORDERS
    for row in range(len(prefixes.task_r)):
        mine = np.sort(prefixes.vote_rn[row])
        assert mine.tolist() == np.flatnonzero(votes.task == prefixes.task_r[row]).tolist()


def test_it_takes_an_answers_own_task_away_before_weighing_it() -> None:
    # one worker, one gold task: without the task nothing is known of the worker
    votes = votes_of([0], [0], [1], 1, 1, 2)
    gold = np.array([1])
    prefixes = draw_prefixes(votes, gold, np.random.default_rng(0))
    member = fit_gold_only(votes, gold)
    evidence = log_evidence(prefixes, votes, member)[0, 0]
    assert evidence == pytest.approx(member.log_weights(np.zeros((1, 2, 2)))[0, :, 1])


def test_it_puts_answers_that_tell_little_last_where_the_batch_does() -> None:
    votes, gold, judge = _judged()
    tells_w = tells(informativeness(judge.log_weights(judge.counts_wkl)), votes.per_worker())
    as_they_come, chosen = (
        draw_prefixes(votes, gold, np.random.default_rng(0), judge=given) for given in (None, judge)
    )
    enough_rn = [tells_w[votes.worker[each.vote_rn]] >= ASKED_FIRST for each in (as_they_come, chosen)]
    assert 0.2 < enough_rn[0].mean() < 0.9
    # who tells just enough may tell less without the task itself
    assert enough_rn[0][:, 0].mean() + 0.1 < enough_rn[1][:, 0].mean() > 0.9
    for come_n, chosen_n in zip(as_they_come.vote_rn, chosen.vote_rn, strict=True):
        assert sorted(come_n) == sorted(chosen_n)


def test_it_counts_states_as_often_as_tasks_are_in_them() -> None:
    votes, gold, _ = _judged()
    prefixes = draw_prefixes(votes, gold, np.random.default_rng(0))
    share = state_shares(prefixes, np.full(160, 3))
    assert share.sum() == pytest.approx(prefixes.n_tasks)
    assert share[:, 2].sum() == pytest.approx((0.75 + 0.25 / 8) * prefixes.n_tasks)
    assert share[:, 5].sum() == pytest.approx(0.25 / 8 * prefixes.n_tasks)


def test_it_has_nothing_to_replay_without_gold() -> None:
    votes, _, _ = _judged()
    assert draw_prefixes(votes, np.full(200, -1), np.random.default_rng(0)).n_tasks == 0
