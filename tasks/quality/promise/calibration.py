"""Blend estimators into one whose "95 %" means 95 %, by what each would have said of gold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

from tasks.quality.promise.prefixes import Prefixes
from tasks.quality.truth.kernel import normalise_columns
from tasks.quality.truth.prior import design_effect
from tasks.quality.votes import FloatArray, IntArray

#: sum of the members' weights before any gold: what independent log odds are worth when errors are not
#: independent (0.45 to 0.6 on nine recorded crowds)
TRUST = 0.5
#: how firmly the members' weights and the class weights are held, as precisions; gold tasks are the unit
FIRM_WEIGHTS, FIRM_CLASSES = 10.0, 3.0
#: correlations of errors that are tried, and the one taken before any gold
CORRELATIONS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
CORRELATION = 0.05
#: gold whose classes are this far from what the answers say of the rest (total variation) was picked, not
#: drawn, and says nothing of how common a class is
PICKED = 0.45
#: with fewer gold tasks nothing is learnt from them
LEAST_GOLD = 5


@dataclass(frozen=True, eq=False)
class Blend:
    """A logarithmic pool: log posterior = sum of weight times log evidence, plus the class weights."""

    #: weight of each member, shape (member,), >= 0
    weight_m: FloatArray
    #: how much people err on the same tasks, see `prior.design_effect`
    correlation: float
    #: what each class weighs before any answer, shape (true,)
    class_k: FloatArray
    #: gold tasks it was learnt from; 0 when it is the guess before gold
    gold_tasks: int


def guess(score_weight_m: FloatArray, log_prior_mk: FloatArray, n_members: int) -> Blend:
    """The blend before any gold: models by their weights, members beyond those models none."""
    weight_m = np.zeros(n_members)
    weight_m[: len(score_weight_m)] = TRUST * score_weight_m
    return Blend(weight_m, CORRELATION, TRUST * (score_weight_m @ log_prior_mk), 0)


def learn_blend(
    before: Blend,
    evidence_mrnk: Sequence[FloatArray],
    prefixes: Prefixes,
    share_rn: FloatArray,
    correlations: Sequence[float] = CORRELATIONS,
) -> Blend:
    """Learn weights from gold: the maximum of the posterior around `before`, under the best correlation.

    The likelihood is that of the known classes under the blend, over the states of all replays, each as often
    as `share_rn` says (`prefixes.state_shares`). `evidence_mrnk` has for each member an array (row, answer,
    true), see `prefixes.log_evidence`. With fewer than `LEAST_GOLD` tasks `before` is handed back.

    Sources: C. Genest, J. V. Zidek, "Combining probability distributions", 1986, doi:10.1214/ss/1177013825
    (the pool); J. Platt, "Probabilistic outputs", 1999, and C. Guo and others, "On calibration of modern
    neural networks", 2017 (a learnt scale).
    """
    if prefixes.n_tasks < LEAST_GOLD:
        return before
    # held a thousand times as firmly, class weights stay what the answers say
    firm_classes = FIRM_CLASSES * (1000.0 if _picked(prefixes, before) else 1.0)
    row, nth = np.nonzero(prefixes.valid_rn)
    states = _States(
        np.stack([evidence_rnk[row, nth] for evidence_rnk in evidence_mrnk]),
        nth + 1,
        prefixes.truth_r[row],
        share_rn[row, nth],
    )
    _, blend = min(
        (states.fit(before, correlation, prefixes.n_tasks, firm_classes) for correlation in correlations),
        key=lambda found: found[0],
    )
    return blend


def _picked(prefixes: Prefixes, before: Blend) -> bool:
    """Whether the gold tasks' classes cannot be a fair draw of the batch's."""
    expected_k = softmax(before.class_k / TRUST)
    found_k = np.bincount(prefixes.truth_r, minlength=len(expected_k)) / len(prefixes.truth_r)
    return bool(np.abs(found_k - expected_k).sum() / 2 > PICKED)


@dataclass(frozen=True, eq=False)
class _States:
    """States of gold tasks: each member's evidence, how many answers, the truth, how much it counts."""

    log_msk: FloatArray
    n_s: IntArray
    truth_s: IntArray
    share_s: FloatArray

    def fit(
        self, before: Blend, correlation: float, n_tasks: int, firm_classes: float
    ) -> tuple[float, Blend]:
        """The blend of least loss under one correlation, and that loss."""
        effect_s = design_effect(self.n_s, correlation)
        n_members, n_states, n_labels = self.log_msk.shape
        # Class by class, because a pass along many states is what processors are fast at.
        log_mx = np.ascontiguousarray(self.log_msk.transpose(0, 2, 1) * effect_s).reshape(n_members, -1)
        true_x = self.truth_s * n_states + np.arange(n_states)
        centre = np.concatenate([before.weight_m, before.class_k])
        firm = np.repeat([FIRM_WEIGHTS, firm_classes], [n_members, n_labels])

        def loss(found: FloatArray) -> tuple[float, FloatArray]:
            # einsum, because a matrix product starts threads that wait for each other on a busy machine
            log_ks = np.einsum("m,mx->x", found[:n_members], log_mx).reshape(n_labels, n_states)
            log_ks += found[n_members:, None]
            log_true_s = log_ks.ravel()[true_x]
            missed_s = normalise_columns(log_ks) - log_true_s
            log_ks *= self.share_s
            slope_x = log_ks.reshape(-1)
            slope_x[true_x] -= self.share_s
            off = found - centre
            slope = np.concatenate([np.einsum("mx,x->m", log_mx, slope_x), log_ks.sum(axis=1)]) + firm * off
            return float((self.share_s * missed_s).sum() + 0.5 * (firm * off**2).sum()), slope

        bounds = [(0.0, None)] * n_members + [(None, None)] * n_labels
        best = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=bounds)
        found = best.x
        return float(best.fun), Blend(found[:n_members], correlation, found[n_members:], n_tasks)
