"""The posterior of one task after one more answer: the step inside the submit transaction."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from marketplace.kinds import coin
from tasks.quality.truth.prior import design_effect
from tasks.quality.votes import FloatArray, IntArray


def of_weights(
    labels: npt.ArrayLike, log_weights_nkl: FloatArray, log_prior_k: FloatArray, correlation: float
) -> FloatArray:
    """Posterior of one task's class given its answers and what the engine knows of those who gave them.

    The very sum behind `engine.learn`'s posteriors, for one task and without an update of the workers: some
    twenty microseconds for ten answers.

    Parameters
    ----------
    labels : int array (n,)
        The answers, in any order; n may be 0.
    log_weights_nkl : float array (n, n_labels, n_labels)
        For each answer, its worker's weights [true, answered], `Learned.log_weights_wkl`; the row of a
        newcomer for whoever has none.
    log_prior_k : float array (n_labels,)
        Log weight of each class before any answer, up to a constant.
    correlation : float in 0..1
        See `prior.design_effect`.

    Returns
    -------
    float array (n_labels,), sums to 1.

    Raises
    ------
    ValueError
        When shapes do not fit or a label is out of range.
    """
    votes_k, log_prior_k = _sum_of_votes(labels, log_weights_nkl, log_prior_k)
    return _shares(log_prior_k + design_effect(len(log_weights_nkl), correlation) * votes_k)


def reachable(
    labels: npt.ArrayLike,
    log_weights_nkl: FloatArray,
    log_prior_k: FloatArray,
    correlation: float,
    more: int,
) -> float:
    """The confidence, 0..1, if the `more` answers that may still come all agree with the best class now.

    They are taken to come from workers as good as the best of those who answered, the one whose agreement
    makes surest: a hopeful, not an impossible, future. Parameters as for `of_weights`, with at least one
    answer; `more` >= 0. ValueError also without an answer.
    """
    n = len(log_weights_nkl)
    if n == 0:
        raise ValueError("without an answer nobody can say how good those to come may be")
    votes_k, log_prior_k = _sum_of_votes(labels, log_weights_nkl, log_prior_k)
    best = int((log_prior_k + design_effect(n, correlation) * votes_k).argmax())
    hopeful_nk = votes_k + more * log_weights_nkl[:, :, best]
    post_nk = log_prior_k + design_effect(n + more, correlation) * hopeful_nk
    post_nk = np.exp(post_nk - post_nk.max(axis=1, keepdims=True))
    return float((post_nk[:, best] / post_nk.sum(axis=1)).max())


def _sum_of_votes(
    labels: npt.ArrayLike, log_weights_nkl: FloatArray, log_prior_k: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """What all answers add to each class, and the class weights as an array."""
    labels_n = np.asarray(labels, dtype=np.int64)
    log_k = np.asarray(log_prior_k, dtype=np.float64)
    _check(labels_n, log_weights_nkl, len(log_k))
    return log_weights_nkl[np.arange(len(labels_n)), :, labels_n].sum(axis=0), log_k


def _check(labels_n: IntArray, per_answer_nkl: FloatArray, n_labels: int) -> None:
    shape = (len(labels_n), n_labels, n_labels)
    if per_answer_nkl.shape != shape:
        raise ValueError(f"what is known of workers must have shape {shape}, not {per_answer_nkl.shape}")
    if len(labels_n) and (labels_n.min() < 0 or labels_n.max() >= n_labels):
        raise ValueError(f"labels must lie in 0..{n_labels - 1}")


def _shares(log_k: FloatArray) -> FloatArray:
    post_k = np.exp(log_k - log_k.max())
    return np.asarray(post_k / post_k.sum())


def of_values(values: Sequence[Hashable], accuracies: Sequence[float]) -> Mapping[Hashable, float]:
    """Posterior of each distinct value among answers that are not from a closed list (text).

    One-coin: a worker is right with `accuracies[i]`, in (0, 1); what is left up to 1 is "none of these is
    right". See `marketplace.kinds.coin.among_seen`, which the kinds use too.
    """
    return coin.among_seen(values, accuracies)
