"""What the next answer is expected to teach, and from whom."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from tasks.quality.votes import FloatArray


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


def _entropy(share_nc: FloatArray) -> FloatArray:
    return np.asarray(-(share_nc * np.log(np.maximum(share_nc, 1e-300))).sum(axis=1))
