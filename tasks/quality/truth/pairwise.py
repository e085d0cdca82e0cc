"""Which of two rows is better: scores of rows and reliability of workers, estimated together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from tasks.quality.votes import FloatArray, IntArray, codes

METHOD = "crowd-bradley-terry"
VERSION = "1"

#: updates of the scores between two of the workers' reliabilities
INNER = 5


@dataclass(frozen=True, eq=False)
class PairVotes:
    """A list of votes: `worker[i]` compared rows `first[i]` and `second[i]`.

    Parameters
    ----------
    first, second, worker : int arrays of equal length, codes in 0..n_rows-1 and 0..n_workers-1
    outcome : float array, 1 where the first row was found better, 0 the second, 0.5 neither
    n_rows, n_workers : >= 0

    Raises
    ------
    ValueError
        When lengths differ, a code or an outcome is out of range, or a row is compared with itself.
    """

    first: IntArray
    second: IntArray
    worker: IntArray
    outcome: FloatArray
    n_rows: int
    n_workers: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", codes("first", self.first, self.n_rows))
        object.__setattr__(self, "second", codes("second", self.second, self.n_rows))
        object.__setattr__(self, "worker", codes("worker", self.worker, self.n_workers))
        outcome = np.array(self.outcome, dtype=np.float64)
        outcome.flags.writeable = False
        object.__setattr__(self, "outcome", outcome)
        if not len(self.first) == len(self.second) == len(self.worker) == len(outcome):
            raise ValueError("first, second, worker and outcome differ in length")
        if not np.isin(outcome, (0.0, 0.5, 1.0)).all():
            raise ValueError("an outcome is 1 (first), 0 (second) or 0.5 (neither)")
        if np.any(self.first == self.second):
            raise ValueError("a row cannot be compared with itself")


@dataclass(frozen=True)
class PairPrior:
    """What is believed before the votes, as pseudo-votes; all > 0."""

    #: each row won and lost so often against a typical row: keeps scores finite, and joins what was never
    #: compared
    draws: float = 0.5
    #: a worker judged as the scores say, and against them, so often; more of the first
    right: float = 4.0
    wrong: float = 1.0

    def __post_init__(self) -> None:
        if min(self.draws, self.wrong) <= 0 or self.right <= self.wrong:
            raise ValueError(f"the numbers of a prior must be > 0, and right above wrong: {self}")


#: what fit uses unless told otherwise
DEFAULT_PAIR_PRIOR = PairPrior()


@dataclass(frozen=True, eq=False)
class PairEstimate:
    """What a fit found. Arrays are read-only."""

    #: log strength per row: better rows have more, a typical row 0; `expit` of a difference is the chance to
    #: be found better by a worker who is never mixed up
    score_r: FloatArray
    #: share of votes in which each worker judges as the scores say, in (0, 1); below 0.5: against them
    reliability_w: FloatArray
    n_iter: int
    #: False when max_iter came first; the estimate is usable, its scores may still move
    converged: bool
    #: the log objective before each update; never falls
    bound_history: tuple[float, ...]
    method: str
    version: str

    def chance(self, first: int, second: int) -> float:
        """The probability, 0..1, that a comparison without mix-ups finds `first` better than `second`."""
        return float(expit(self.score_r[first] - self.score_r[second]))


def fit(
    votes: PairVotes, *, prior: PairPrior = DEFAULT_PAIR_PRIOR, tol: float = 1e-7, max_iter: int = 500
) -> PairEstimate:
    """Estimate all rows' scores and all workers' reliability from pairwise votes at once.

    Bradley and Terry's model with strengths e^score, in which a worker turns a judgement round with the
    probability 1 - reliability [1]_. Expectation-maximisation over what was turned round; the scores by
    minorisation-maximisation [2]_, so the objective never falls. "Neither better" counts as half a vote each
    way. Each row also met a typical row of score 0 in `prior.draws` wins and losses, hence rows that were
    never compared, not even through others, have comparable, cautious scores.

    Parameters
    ----------
    votes : PairVotes
    prior : PairPrior
    tol : float
        Stop when the objective gains less than this per vote.
    max_iter : int, >= 1

    Raises
    ------
    ValueError
        When max_iter < 1.

    References
    ----------
    .. [1] X. Chen, P. N. Bennett, K. Collins-Thompson, E. Horvitz, "Pairwise ranking aggregation in a
    crowdsourced setting", WSDM 2013, doi:10.1145/2433396.2433420.
    .. [2] D. R. Hunter, "MM algorithms for generalized Bradley-Terry models", Annals of Statistics 32, 2004,
    doi:10.1214/aos/1079120141.
    """
    if max_iter < 1:
        raise ValueError(f"max_iter must be >= 1, not {max_iter}")
    table = _wins(votes)
    strength_r = np.ones(votes.n_rows)
    reliability_w = np.full(votes.n_workers, prior.right / (prior.right + prior.wrong))
    history: list[float] = []
    converged = False
    while True:
        likelihood, straight_v = _straight(table, strength_r, reliability_w)
        history.append(likelihood + _log_prior(strength_r, reliability_w, prior))
        converged = len(history) > 1 and history[-1] - history[-2] <= tol * max(len(votes.outcome), 1)
        if converged or len(history) >= max_iter:
            break
        right_w = np.bincount(table.worker, weights=table.weight * straight_v, minlength=votes.n_workers)
        all_w = np.bincount(table.worker, weights=table.weight, minlength=votes.n_workers)
        reliability_w = (right_w + prior.right) / (all_w + prior.right + prior.wrong)
        strength_r = _strengths(table, straight_v, strength_r, prior)
    score_r = np.log(strength_r)
    for array in (score_r, reliability_w):
        array.flags.writeable = False
    return PairEstimate(score_r, reliability_w, len(history), converged, tuple(history), METHOD, VERSION)


def standard_errors(
    votes: PairVotes, estimate: PairEstimate, prior: PairPrior = DEFAULT_PAIR_PRIOR
) -> FloatArray:
    """The standard error of each score against the mean of all, shape (row,), at the reliabilities found.

    Against the mean, because only differences of scores say anything of the rows. From the inverse of the
    expected information, a dense matrix of rows by rows: memory grows with the square and time with the cube
    of the rows; 2,000 take a second or two.
    """
    if not votes.n_rows:
        return np.zeros(0)
    information = np.zeros((votes.n_rows, votes.n_rows))
    chance_v = expit(estimate.score_r[votes.first] - estimate.score_r[votes.second])
    reliability_v = estimate.reliability_w[votes.worker]
    said_v = reliability_v * chance_v + (1.0 - reliability_v) * (1.0 - chance_v)
    slope_v = (2.0 * reliability_v - 1.0) * chance_v * (1.0 - chance_v)
    told_v = slope_v**2 / (said_v * (1.0 - said_v))
    for one, other, sign in (
        (votes.first, votes.first, 1.0),
        (votes.second, votes.second, 1.0),
        (votes.first, votes.second, -1.0),
        (votes.second, votes.first, -1.0),
    ):
        np.add.at(information, (one, other), sign * told_v)
    chance_r = expit(estimate.score_r)
    information[np.diag_indices(votes.n_rows)] += 2.0 * prior.draws * chance_r * (1.0 - chance_r)
    covariance = np.linalg.inv(information)
    spread_r = np.diag(covariance) - 2.0 * covariance.mean(axis=1) + covariance.mean()
    return np.asarray(np.sqrt(np.maximum(spread_r, 0.0)))


@dataclass(frozen=True, eq=False)
class _Wins:
    """Votes as wins, a tie as half a win each way."""

    winner: IntArray
    loser: IntArray
    worker: IntArray
    weight: FloatArray


def _wins(votes: PairVotes) -> _Wins:
    weight = np.concatenate([votes.outcome, 1.0 - votes.outcome])
    some = weight > 0
    return _Wins(
        np.concatenate([votes.first, votes.second])[some],
        np.concatenate([votes.second, votes.first])[some],
        np.tile(votes.worker, 2)[some],
        weight[some],
    )


def _straight(table: _Wins, strength_r: FloatArray, reliability_w: FloatArray) -> tuple[float, FloatArray]:
    """The log-likelihood, and how likely each win was not turned round."""
    winner_v, loser_v = strength_r[table.winner], strength_r[table.loser]
    meant_v = reliability_w[table.worker] * winner_v / (winner_v + loser_v)
    turned_v = (1.0 - reliability_w[table.worker]) * loser_v / (winner_v + loser_v)
    return float(table.weight @ np.log(meant_v + turned_v)), meant_v / (meant_v + turned_v)


def _strengths(table: _Wins, straight_v: FloatArray, strength_r: FloatArray, prior: PairPrior) -> FloatArray:
    """Strengths from wins that count as far as they were not turned round."""
    n_rows = len(strength_r)
    won_r = prior.draws + np.bincount(table.winner, weights=table.weight * straight_v, minlength=n_rows)
    won_r += np.bincount(table.loser, weights=table.weight * (1.0 - straight_v), minlength=n_rows)
    for _ in range(INNER):
        met_v = table.weight / (strength_r[table.winner] + strength_r[table.loser])
        met_r = 2.0 * prior.draws / (strength_r + 1.0)
        for row in (table.winner, table.loser):
            met_r = met_r + np.bincount(row, weights=met_v, minlength=n_rows)
        strength_r = won_r / met_r
    return np.asarray(strength_r)


def _log_prior(strength_r: FloatArray, reliability_w: FloatArray, prior: PairPrior) -> float:
    """The log density of scores and reliabilities before the votes, up to a constant."""
    draws = prior.draws * (np.log(strength_r) - 2.0 * np.log1p(strength_r)).sum()
    workers = prior.right * np.log(reliability_w) + prior.wrong * np.log1p(-reliability_w)
    return float(draws + workers.sum())
