"""Pairwise votes: scores of rows, reliability of workers, and laws that must hold."""

from __future__ import annotations

from itertools import pairwise as neighbours

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import spearmanr

from tasks.quality.truth import pairwise
from tasks.quality.truth.pairwise import PairPrior, PairVotes
from tasks.quality.votes import FloatArray

#: workers who are never mixed up, and hardly any prior: the plain model of Bradley and Terry
PLAIN = PairPrior(draws=1e-6, right=1e9, wrong=1.0)


def votes_of(rows: list[tuple[int, int, int, float]], n_rows: int, n_workers: int) -> PairVotes:
    """A table from (first, second, worker, outcome)."""
    first, second, worker, outcome = zip(*rows, strict=True) if rows else ((), (), (), ())
    one, other, who = (np.array(column, dtype=np.int64) for column in (first, second, worker))
    return PairVotes(one, other, who, np.array(outcome, dtype=np.float64), n_rows, n_workers)


def contest(
    seed: int, *, n_rows: int = 40, n_votes: int = 4000, contrary: float = 0.0, random: float = 0.0
) -> tuple[PairVotes, FloatArray, FloatArray]:
    """Votes of 20 workers on random pairs, with the real scores and reliabilities."""
    rng = np.random.default_rng(seed)
    score_r = rng.normal(0, 1.5, n_rows)
    lot_w = (np.arange(20) + 0.5) / 20
    reliability_w = np.where(lot_w < contrary, 0.1, np.where(lot_w < contrary + random, 0.5, 0.95))
    first = rng.integers(n_rows, size=n_votes)
    second = (first + rng.integers(1, n_rows, size=n_votes)) % n_rows
    worker = rng.integers(20, size=n_votes)
    better = rng.random(n_votes) < expit(score_r[first] - score_r[second])
    straight = rng.random(n_votes) < reliability_w[worker]
    outcome = np.where(better == straight, 1.0, 0.0)
    return PairVotes(first, second, worker, outcome, n_rows, 20), score_r, reliability_w


def test_two_rows_by_hand() -> None:
    # 3 wins to 1: the chance to win is 3/4, the scores log 3 apart
    estimate = pairwise.fit(
        votes_of([(0, 1, 0, 1.0)] * 3 + [(0, 1, 0, 0.0)], 2, 1), prior=PLAIN, tol=0.0, max_iter=300
    )
    assert estimate.score_r[0] - estimate.score_r[1] == pytest.approx(np.log(3), abs=1e-3)
    assert estimate.chance(0, 1) == pytest.approx(0.75, abs=1e-3)


def test_it_solves_the_equations_of_bradley_and_terry() -> None:
    # At the maximum each row wins as often as the chances of its comparisons add up to.
    votes, *_ = contest(0, n_rows=8, n_votes=300)
    estimate = pairwise.fit(votes, prior=PLAIN, tol=0.0, max_iter=500)
    chance_v = expit(estimate.score_r[votes.first] - estimate.score_r[votes.second])
    won_r = np.bincount(votes.first, weights=votes.outcome) + np.bincount(
        votes.second, weights=1 - votes.outcome
    )
    due_r = np.bincount(votes.first, weights=chance_v) + np.bincount(votes.second, weights=1 - chance_v)
    assert due_r == pytest.approx(won_r, abs=1e-3)


def test_it_finds_scores_and_reliabilities() -> None:
    votes, score_r, reliability_w = contest(1, contrary=0.2, random=0.2)
    estimate = pairwise.fit(votes)
    assert estimate.converged
    assert spearmanr(estimate.score_r, score_r).statistic > 0.97
    assert np.abs(estimate.reliability_w - reliability_w).mean() < 0.06


def test_knowing_the_workers_beats_counting_wins() -> None:
    votes, score_r, _ = contest(2, n_votes=800, contrary=0.3, random=0.2)
    won_r = np.bincount(votes.first, weights=votes.outcome) + np.bincount(
        votes.second, weights=1 - votes.outcome
    )
    share_r = won_r / (np.bincount(votes.first) + np.bincount(votes.second))
    found = spearmanr(pairwise.fit(votes).score_r, score_r).statistic
    assert found > spearmanr(share_r, score_r).statistic + 0.15


def test_standard_errors_tell_how_far_scores_are_off() -> None:
    held = []
    for seed in range(5):
        votes, score_r, _ = contest(seed, random=0.2)
        estimate = pairwise.fit(votes)
        off_r = estimate.score_r - estimate.score_r.mean() - score_r + score_r.mean()
        held.append(np.abs(off_r) <= 1.96 * pairwise.standard_errors(votes, estimate))
    assert 0.9 <= np.mean(held) <= 0.99


def test_more_votes_make_scores_surer() -> None:
    few, many = (contest(3, n_votes=n)[0] for n in (400, 4000))
    wide, narrow = (pairwise.standard_errors(votes, pairwise.fit(votes)).mean() for votes in (few, many))
    assert narrow < wide / 1.7


def test_rows_never_compared_are_typical_and_unsure() -> None:
    votes = votes_of([(0, 1, 0, 1.0)] * 9 + [(0, 1, 0, 0.0)] * 3 + [(2, 3, 1, 1.0)], 5, 2)
    estimate = pairwise.fit(votes)
    error_r = pairwise.standard_errors(votes, estimate)
    assert estimate.score_r[4] == pytest.approx(0.0, abs=1e-9)
    assert error_r[4] > 1.1 * max(error_r[0], error_r[1])
    assert estimate.score_r[0] > estimate.score_r[2] > 0 > estimate.score_r[3] > estimate.score_r[1]


def test_nobody_better_makes_rows_alike() -> None:
    estimate = pairwise.fit(votes_of([(0, 1, 0, 0.5)] * 6, 2, 1))
    assert estimate.score_r == pytest.approx([0.0, 0.0], abs=1e-9)


def test_nothing_is_known_without_votes() -> None:
    estimate = pairwise.fit(votes_of([], 3, 2))
    assert estimate.score_r == pytest.approx(np.zeros(3))
    assert estimate.reliability_w == pytest.approx(0.8)
    assert pairwise.fit(votes_of([], 0, 0)).converged


def test_it_says_when_it_has_not_converged() -> None:
    votes, *_ = contest(4, n_votes=300)
    early = pairwise.fit(votes, max_iter=2)
    assert (early.n_iter, early.converged) == (2, False)


@st.composite
def tables(draw: st.DrawFn) -> PairVotes:
    n_rows, n_workers = draw(st.integers(2, 6)), draw(st.integers(1, 4))
    row = st.tuples(
        st.integers(0, n_rows - 1),
        st.integers(1, n_rows - 1),
        st.integers(0, n_workers - 1),
        st.sampled_from([0.0, 0.5, 1.0]),
    )
    rows = draw(st.lists(row, max_size=30))
    turned = [(first, (first + step) % n_rows, worker, said) for first, step, worker, said in rows]
    return votes_of(turned, n_rows, n_workers)


def fitted(votes: PairVotes) -> pairwise.PairEstimate:
    return pairwise.fit(votes, tol=0.0, max_iter=30)


@settings(deadline=None)
@given(tables())
def test_the_bound_never_falls(votes: PairVotes) -> None:
    history = fitted(votes).bound_history
    assert all(after >= before - 1e-9 * (1 + abs(before)) for before, after in neighbours(history))


@settings(deadline=None)
@given(tables())
def test_it_does_not_matter_which_row_was_shown_first(votes: PairVotes) -> None:
    mirrored = PairVotes(
        votes.second, votes.first, votes.worker, 1.0 - votes.outcome, votes.n_rows, votes.n_workers
    )
    assert fitted(mirrored).score_r == pytest.approx(fitted(votes).score_r, abs=1e-7)


@settings(deadline=None)
@given(tables())
def test_turning_all_votes_round_turns_the_scores_round(votes: PairVotes) -> None:
    turned = PairVotes(
        votes.first, votes.second, votes.worker, 1.0 - votes.outcome, votes.n_rows, votes.n_workers
    )
    before, after = fitted(votes), pairwise.fit(turned, tol=1e-12, max_iter=3000)
    before = pairwise.fit(votes, tol=1e-12, max_iter=3000)
    assert after.score_r == pytest.approx(-before.score_r, abs=0.02)
    assert after.reliability_w == pytest.approx(before.reliability_w, abs=0.02)


@settings(deadline=None)
@given(tables(), st.data())
def test_the_order_of_votes_and_names_change_nothing(votes: PairVotes, data: st.DataObject) -> None:
    order = np.array(data.draw(st.permutations(range(len(votes.outcome)))), dtype=np.int64)
    row_names = np.array(data.draw(st.permutations(range(votes.n_rows))), dtype=np.int64)
    worker_names = np.array(data.draw(st.permutations(range(votes.n_workers))), dtype=np.int64)
    renamed = PairVotes(
        row_names[votes.first[order]],
        row_names[votes.second[order]],
        worker_names[votes.worker[order]],
        votes.outcome[order],
        votes.n_rows,
        votes.n_workers,
    )
    before, after = fitted(votes), fitted(renamed)
    assert after.score_r[row_names] == pytest.approx(before.score_r, abs=1e-7)
    assert after.reliability_w[worker_names] == pytest.approx(before.reliability_w, abs=1e-7)


@pytest.mark.parametrize(
    ("rows", "match"),
    [([(0, 0, 0, 1.0)], "itself"), ([(0, 1, 0, 0.3)], "outcome"), ([(0, 2, 0, 1.0)], "second")],
)
def test_it_refuses_votes_that_make_no_sense(rows: list[tuple[int, int, int, float]], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        votes_of(rows, 2, 1)


def test_it_refuses_a_prior_that_trusts_nobody() -> None:
    with pytest.raises(ValueError, match="above wrong"):
        PairPrior(right=1.0, wrong=2.0)
