"""What the next answer is expected to teach, and from whom."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from tasks.quality.votes import FloatArray, IntArray

#: whoever tells less than this, in mean answers of the crowd, is asked only where nobody else is there; on
#: recorded crowds 0.5 saves half of what 1.0 does, where half of the crowd would wait, and 0.8 three quarters
ASKED_FIRST = 0.75


def expected_information(post_nk: FloatArray, log_weights_nkl: FloatArray) -> FloatArray:
    """Nats that one answer is expected to take off a task's uncertainty, shape (n,), >= 0.

    The mutual information of truth and answer: ``H(truth) - E H(truth | answer)``.

    Parameters
    ----------
    post_nk : float array (n, n_labels), rows sum to 1
        Of each task considered.
    log_weights_nkl : float array (n, n_labels, n_labels)
        Of the worker considered for it, [true, answered]; rows need not be normalised.

    Source: D. V. Lindley, "On a measure of the information provided by an experiment", 1956,
    doi:10.1214/aoms/1177728069.
    """
    joint_nkl = post_nk[:, :, None] * softmax(log_weights_nkl, axis=-1)
    before_n = _entropy(post_nk)
    after_n = _entropy(joint_nkl.reshape(len(joint_nkl), -1)) - _entropy(joint_nkl.sum(axis=1))
    return np.maximum(before_n - after_n, 0.0)


def informativeness(log_weights_wkl: FloatArray) -> FloatArray:
    """Nats one answer of each worker teaches about a task of which nothing is known, shape (worker,)."""
    n_workers, n_labels = log_weights_wkl.shape[:2]
    return expected_information(np.full((n_workers, n_labels), 1.0 / n_labels), log_weights_wkl)


def tells(teaches_w: FloatArray, n_votes_w: IntArray) -> FloatArray:
    """What an answer of each worker teaches, >= 0 and 1 for the crowd's mean answer, shape (worker,).

    `teaches_w` in nats, see `informativeness`; `n_votes_w` is how often each answered. Where no answer
    teaches anything all are alike.
    """
    mean = float(np.average(teaches_w, weights=n_votes_w)) if n_votes_w.any() else 0.0
    return np.ones(len(teaches_w)) if mean <= 0.0 else np.asarray(teaches_w / mean)


def _entropy(share_nc: FloatArray) -> FloatArray:
    return np.asarray(-(share_nc * np.log(np.maximum(share_nc, 1e-300))).sum(axis=1))
