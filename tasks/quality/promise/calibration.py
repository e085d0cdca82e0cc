"""Blend estimators into one whose "95 %" means 95 %, by what each would have said of gold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from tasks.quality.promise.prefixes import Prefixes
from tasks.quality.votes import FloatArray

#: sum of the members' weights before any gold: what independent log odds are worth when errors are not
#: independent (0.45 to 0.8 on recorded crowds)
TRUST = 0.6
#: how firmly the members' weights and the class weights are held, as precisions; gold tasks are the unit
FIRM_WEIGHTS, FIRM_CLASSES = 10.0, 3.0
#: with fewer gold tasks nothing is learnt from them
LEAST_GOLD = 5


@dataclass(frozen=True, eq=False)
class Blend:
    """A logarithmic pool: log posterior = sum of weight times log evidence, plus the class weights."""

    #: weight of each member, shape (member,), >= 0
    weight_m: FloatArray
    #: what each class weighs before any answer, shape (true,)
    class_k: FloatArray
    #: gold tasks it was learnt from; 0 when it is the guess before gold
    gold_tasks: int


def guess(score_weight_m: FloatArray, log_prior_mk: FloatArray, n_members: int) -> Blend:
    """The blend before any gold: models by their weights, members beyond those models none."""
    weight_m = np.zeros(n_members)
    weight_m[: len(score_weight_m)] = TRUST * score_weight_m
    return Blend(weight_m, TRUST * (score_weight_m @ log_prior_mk), 0)


def learn_blend(
    before: Blend, evidence_mrnk: Sequence[FloatArray], prefixes: Prefixes, share_rn: FloatArray
) -> Blend:
    """Learn weights from gold: the maximum of the posterior around `before`.

    The likelihood is that of the known classes under the blend, over the states of all replays, each as often
    as `share_rn` says (`prefixes.state_shares`). `evidence_mrnk` has for each member an array (row, answer,
    true), see `prefixes.log_evidence`. With fewer than `LEAST_GOLD` tasks `before` is handed back.

    Sources: C. Genest, J. V. Zidek, "Combining probability distributions", 1986, doi:10.1214/ss/1177013825
    (the pool); J. Platt, "Probabilistic outputs", 1999, and C. Guo and others, "On calibration of modern
    neural networks", 2017 (a learnt scale).
    """
    if prefixes.n_tasks < LEAST_GOLD:
        return before
    row, nth = np.nonzero(prefixes.valid_rn)
    log_msk = np.stack([evidence_rnk[row, nth] for evidence_rnk in evidence_mrnk])
    truth_s = prefixes.truth_r[row]
    share_s = share_rn[row, nth]
    n_members, n_states, n_labels = log_msk.shape
    each = np.arange(n_states)
    centre = np.concatenate([before.weight_m, before.class_k])
    firm = np.repeat([FIRM_WEIGHTS, FIRM_CLASSES], [n_members, n_labels])

    def loss(found: FloatArray) -> tuple[float, FloatArray]:
        log_sk = np.tensordot(found[:n_members], log_msk, 1) + found[n_members:]
        top_s = log_sk.max(axis=1)
        post_sk = np.exp(log_sk - top_s[:, None])
        norm_s = post_sk.sum(axis=1)
        off = found - centre
        value = share_s @ (top_s + np.log(norm_s) - log_sk[each, truth_s]) + 0.5 * firm @ off**2
        slope_sk = post_sk * (share_s / norm_s)[:, None]
        slope_sk[each, truth_s] -= share_s
        slope_m = np.tensordot(log_msk, slope_sk, ([1, 2], [0, 1]))
        return float(value), np.concatenate([slope_m, slope_sk.sum(axis=0)]) + firm * off

    bounds = [(0.0, None)] * n_members + [(None, None)] * n_labels
    found = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Blend(found[:n_members], found[n_members:], prefixes.n_tasks)
