"""The posterior of one task after one more answer: the step inside the submit transaction."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from marketplace.kinds import coin
from tasks.quality.truth.prior import DEFAULT_PRIOR, Prior
from tasks.quality.votes import FloatArray


def of_task(
    labels: npt.ArrayLike,
    counts_nkl: FloatArray,
    prior_k: npt.ArrayLike,
    prior: Prior = DEFAULT_PRIOR,
) -> FloatArray:
    """Posterior of one task's class given its answers and what is known of those who gave them.

    The same weights as `dawid_skene.fit`, without an update of the workers: tens of microseconds for ten
    answers.

    Parameters
    ----------
    labels : int array (n,)
        The answers, in any order; n may be 0.
    counts_nkl : float array (n, n_labels, n_labels)
        For each answer, its worker's stored counts [true, answered] without the prior; zeros for a new
        worker.
    prior_k : float array (n_labels,)
        Class frequencies, > 0; equal shares before the first fit.
    prior : Prior

    Returns
    -------
    float array (n_labels,), sums to 1.

    Raises
    ------
    ValueError
        When shapes do not fit or a label is out of range.
    """
    labels_n = np.asarray(labels, dtype=np.int64)
    log_k = np.log(np.asarray(prior_k, dtype=np.float64))
    n_labels = len(log_k)
    if counts_nkl.shape != (len(labels_n), n_labels, n_labels):
        raise ValueError(
            f"counts_nkl must have shape {(len(labels_n), n_labels, n_labels)}, not {counts_nkl.shape}"
        )
    if len(labels_n):
        if labels_n.min() < 0 or labels_n.max() >= n_labels:
            raise ValueError(f"labels must lie in 0..{n_labels - 1}")
        log_nkl = prior.log_weights(counts_nkl)
        votes_k = log_nkl[np.arange(len(labels_n)), :, labels_n].sum(axis=0)
        log_k = log_k + prior.evidence(len(labels_n)) * votes_k
    post_k = np.exp(log_k - log_k.max())
    return np.asarray(post_k / post_k.sum())


def reachable(
    labels: npt.ArrayLike,
    counts_nkl: FloatArray,
    prior_k: npt.ArrayLike,
    more: int,
    prior: Prior = DEFAULT_PRIOR,
) -> float:
    """The confidence, 0..1, if the `more` answers that may still come all agree with the best class now.

    They are taken to come from workers as good as the best of those who answered: a hopeful, not an
    impossible, future. Parameters as for `of_task`, with at least one answer; `more` >= 0.
    """
    labels_n = np.asarray(labels, dtype=np.int64)
    best = int(of_task(labels_n, counts_nkl, prior_k, prior).argmax())
    hopeful_kl = counts_nkl[int(prior.accuracy(counts_nkl).argmax())]
    return float(
        of_task(
            np.append(labels_n, [best] * more),
            np.concatenate([counts_nkl, np.broadcast_to(hopeful_kl, (more, *hopeful_kl.shape))]),
            prior_k,
            prior,
        ).max()
    )


def of_values(values: Sequence[Hashable], accuracies: Sequence[float]) -> Mapping[Hashable, float]:
    """Posterior of each distinct value among answers that are not from a closed list (text).

    One-coin: a worker is right with `accuracies[i]`, in (0, 1); what is left up to 1 is "none of these is
    right". See `marketplace.kinds.coin.among_seen`, which the kinds use too.
    """
    return coin.among_seen(values, accuracies)
