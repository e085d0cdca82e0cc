"""What other people's answers say of a worker, without asking the worker's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.trust.reliability import Counts
from tasks.quality.votes import FloatArray, VoteTable

#: an update of a worker's accuracy that moves less than this ends the search
STILL = 1e-6
MOST_UPDATES = 100

#: what an answer judged by the consensus of others is worth beside one judged by gold or an expert: workers
#: err together, and the log odds of raw posteriors are about twice what they should be
CONSENSUS_WORTH = 0.5


@dataclass(frozen=True, eq=False)
class Agreement:
    """Evidence per worker from the consensus of others; arrays have shape (worker,)."""

    #: answers expected to be right, and how many answers to known questions the evidence is as good as
    right_w: FloatArray
    total_w: FloatArray

    def of(self, worker: int) -> Counts:
        """The counts of one worker."""
        total = float(self.total_w[worker])
        return Counts(min(float(self.right_w[worker]), total), total)


def vote_log_weights(votes: VoteTable, log_weights_wkl: FloatArray, evidence_t: FloatArray) -> FloatArray:
    """What each vote added to its task's log posterior, shape (vote, true).

    `log_weights_wkl` is `Prior.log_weights` of the fitted counts and `evidence_t` what a vote of each task
    counts, in (0, 1] (`Prior.evidence`; 1 for gold).
    """
    return np.asarray(log_weights_wkl[votes.worker, :, votes.label] * evidence_t[votes.task][:, None])


def without_own_vote(task: npt.ArrayLike, log_weight_vk: FloatArray, log_post_tk: FloatArray) -> FloatArray:
    """The posterior of each vote's task had this vote not been given, shape (vote, true), rows sum to 1.

    A worker compared with a posterior their own vote helped to make looks better the more they count, which
    makes them count more. The votes left are taken to count what they counted with it, a little less than
    they would by themselves. Gold keeps its class for certain.

    Parameters
    ----------
    task : int array (n_votes,)
    log_weight_vk : float array (n_votes, n_labels), finite; see `vote_log_weights`
    log_post_tk : float array (n_tasks, n_labels), log posteriors, -inf allowed

    Raises
    ------
    ValueError
        When shapes do not fit.
    """
    task_v = np.asarray(task, dtype=np.int64)
    if log_weight_vk.shape != (len(task_v), log_post_tk.shape[1]):
        raise ValueError(
            f"log_weight_vk must have shape {(len(task_v), log_post_tk.shape[1])}, not {log_weight_vk.shape}"
        )
    log_vk = log_post_tk[task_v] - log_weight_vk
    log_vk -= log_vk.max(axis=1, keepdims=True, initial=-np.inf)
    rest_vk = np.exp(log_vk)
    return np.asarray(rest_vk / rest_vk.sum(axis=1, keepdims=True))


def agreement(votes: VoteTable, rest_vk: FloatArray, *, prior: tuple[float, float] = (2.0, 1.0)) -> Agreement:
    """How often each worker is right, judged by what the others make of the same tasks.

    Where the others are not sure, disagreeing with them says little and agreeing as little: each worker's
    accuracy is the most probable one given all their votes, errors spread evenly over the other classes
    (one-coin model), found by expectation-maximisation with the others' posteriors held fixed. `total_w`
    counts each vote by the share of the information it carries about the accuracy: 1 where the others are
    certain, 0 where they know nothing.

    Parameters
    ----------
    votes : VoteTable
    rest_vk : float array (n_votes, n_labels), see `without_own_vote`; leave out gold that counts elsewhere
    prior : (right, wrong) pseudo-answers, > 0, that steady the search; not part of the counts

    Raises
    ------
    ValueError
        When `rest_vk` does not fit the votes.
    """
    if rest_vk.shape != (votes.n_votes, votes.n_labels):
        raise ValueError(f"rest_vk must have shape {(votes.n_votes, votes.n_labels)}, not {rest_vk.shape}")
    if votes.n_labels < 2:
        nothing_w = np.zeros(votes.n_workers)
        return Agreement(nothing_w, nothing_w)
    right_v = rest_vk[np.arange(votes.n_votes), votes.label]
    wrong_v = (1.0 - right_v) / (votes.n_labels - 1)
    answers_w = np.bincount(votes.worker, minlength=votes.n_workers)
    accuracy_w = np.full(votes.n_workers, prior[0] / sum(prior))
    for _ in range(MOST_UPDATES):
        hit_v = accuracy_w[votes.worker] * right_v
        chance_v = hit_v / (hit_v + (1.0 - accuracy_w[votes.worker]) * wrong_v)
        sum_w = np.bincount(votes.worker, weights=chance_v, minlength=votes.n_workers)
        before_w, accuracy_w = accuracy_w, (sum_w + prior[0]) / (answers_w + sum(prior))
        if np.abs(accuracy_w - before_w).max(initial=0.0) < STILL:
            break
    share_v = information(rest_vk, accuracy_w[votes.worker])
    total_w = np.bincount(votes.worker, weights=share_v, minlength=votes.n_workers).astype(np.float64)
    return Agreement(accuracy_w * total_w, total_w)


def information(rest_vk: FloatArray, accuracy_v: FloatArray) -> FloatArray:
    """What a vote tells about its worker's accuracy, per vote, in 0..1, as a share of what gold would tell.

    The expected Fisher information about the accuracy over the labels the worker may give, divided by that of
    an answer to a known question.
    """
    n_labels = rest_vk.shape[1]
    accuracy_n = accuracy_v[:, None]
    slope_vl = rest_vk - (1.0 - rest_vk) / (n_labels - 1)
    chance_vl = accuracy_n * rest_vk + (1.0 - accuracy_n) * (1.0 - rest_vk) / (n_labels - 1)
    fisher_v = (slope_vl**2 / np.maximum(chance_vl, 1e-12)).sum(axis=1)
    return np.asarray(np.clip(fisher_v * accuracy_v * (1.0 - accuracy_v), 0.0, 1.0))
