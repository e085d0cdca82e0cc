"""An estimate that follows the answers one by one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tasks.quality.truth import posterior
from tasks.quality.truth.dawid_skene import Estimate, lay_out
from tasks.quality.truth.prior import DEFAULT_PRIOR, Prior, frequencies
from tasks.quality.votes import FloatArray, VoteTable, known_labels


class IncrementalFit:
    """Workers' counts and tasks' posteriors, kept up to date with each answer.

    An answer changes the posterior of its own task only; what that task told of those who answered it is
    taken out of their counts and put back as it is now. Each such step raises the objective of
    `dawid_skene.fit`, and where no step changes anything any more, nor does an update of that fit. Other
    tasks of the same workers wait for their own next answer, or for `sweep`.

    Parameters
    ----------
    n_tasks, n_workers, n_labels : as in `VoteTable`
    gold : int array (n_tasks,), optional
        Known truth, -1 where unknown.
    prior : Prior

    References
    ----------
    R. M. Neal, G. E. Hinton, "A view of the EM algorithm that justifies incremental, sparse, and other
    variants", 1998, doi:10.1007/978-94-011-5014-9_12.
    """

    def __init__(
        self,
        n_tasks: int,
        n_workers: int,
        n_labels: int,
        *,
        gold: npt.ArrayLike | None = None,
        prior: Prior = DEFAULT_PRIOR,
    ) -> None:
        self.prior = prior
        self._gold_t = known_labels(gold, n_tasks, n_labels)
        self._is_gold = (self._gold_t >= 0).tolist()
        self._answers: list[list[tuple[int, int]]] = [[] for _ in range(n_tasks)]
        # Answered before true, so that what an answer adds to stands side by side.
        self._counts_wlk = np.zeros((n_workers, n_labels, n_labels))
        self._post_tk = np.full((n_tasks, n_labels), 1.0 / n_labels)
        known = self._gold_t >= 0
        self._post_tk[known] = np.eye(n_labels)[self._gold_t[known]]
        self._weight_t = np.zeros(n_tasks)
        self._class_k = np.zeros(n_labels)
        self._n_free = 0

    @classmethod
    def after(
        cls,
        votes: VoteTable,
        estimate: Estimate,
        *,
        gold: npt.ArrayLike | None = None,
        prior: Prior = DEFAULT_PRIOR,
    ) -> IncrementalFit:
        """Go on from where a fit of `votes` ended; `gold` and `prior` as they were given to it."""
        self = cls(votes.n_tasks, votes.n_workers, votes.n_labels, gold=gold, prior=prior)
        for task, worker, label in zip(
            votes.task.tolist(), votes.worker.tolist(), votes.label.tolist(), strict=True
        ):
            self._answers[task].append((worker, label))
        self._take(votes, estimate.post_tk, estimate.counts_wkl)
        return self

    @property
    def post_tk(self) -> FloatArray:
        """Posterior of each class, shape (task, true), as of each task's last answer; a copy."""
        return self._post_tk.copy()

    @property
    def counts_wkl(self) -> FloatArray:
        """Expected answers, shape (worker, true, answered); a copy."""
        return np.ascontiguousarray(self._counts_wlk.transpose(0, 2, 1))

    @property
    def prior_k(self) -> FloatArray:
        """Class frequencies, shape (true,), > 0, sum to 1."""
        return frequencies(self._class_k, self._n_free, self.prior.balance)

    def add(self, task: int, worker: int, label: int) -> FloatArray:
        """Take one more answer in; the task's posterior after it, shape (true,).

        ValueError when a code is out of range; then nothing changes. Tens of microseconds at ten answers.
        """
        n_workers, n_labels, _ = self._counts_wlk.shape
        in_range = 0 <= task < len(self._answers) and 0 <= worker < n_workers and 0 <= label < n_labels
        if not in_range:
            raise ValueError(f"no such task, worker or label: {task}, {worker}, {label}")
        answers = self._answers[task]
        told_k = self._weight_t[task] * self._post_tk[task]
        # The new answer has told nothing yet: it joins those whose contribution changes from told to tells.
        self._counts_wlk[worker, label] += told_k
        answers.append((worker, label))
        weight, post_k = (1.0, self._post_tk[task]) if self._is_gold[task] else self._posterior(answers)
        change_k = weight * post_k - told_k
        for who, said in answers:
            self._counts_wlk[who, said] += change_k
        if not self._is_gold[task]:
            first = len(answers) == 1
            self._n_free += first
            self._class_k += post_k if first else post_k - self._post_tk[task]
        self._post_tk[task] = post_k
        self._weight_t[task] = weight
        return post_k.copy()

    def _posterior(self, answers: list[tuple[int, int]]) -> tuple[float, FloatArray]:
        """What each of the answers counts, and the posterior of their task."""
        worker_n, label_n = zip(*answers, strict=True)
        log_nkl = self.prior.log_weights(self._counts_wlk[list(worker_n)].transpose(0, 2, 1))
        post_k = posterior.of_weights(label_n, log_nkl, np.log(self.prior_k), self.prior.correlation)
        return float(self.prior.evidence(len(answers))), post_k

    def sweep(self, times: int = 1) -> None:
        """Update all tasks and all workers together, as `dawid_skene.fit` does, `times` times."""
        votes = self._votes()
        part = lay_out(votes, self._gold_t, self.prior)
        for _ in range(times):
            log_weights_wkl, prior_k = self.prior.log_weights(self.counts_wkl), self.prior_k
            counts_wkl = part.step(log_weights_wkl, prior_k).counts_wkl
            self._take(votes, np.exp(part.log_posterior(log_weights_wkl, np.log(prior_k))), counts_wkl)

    def _votes(self) -> VoteTable:
        rows = [(task, *answer) for task, answers in enumerate(self._answers) for answer in answers]
        task, worker, label = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        n_workers, n_labels, _ = self._counts_wlk.shape
        return VoteTable(task, worker, label, len(self._answers), n_workers, n_labels)

    def _take(self, votes: VoteTable, post_tk: FloatArray, counts_wkl: FloatArray) -> None:
        """Believe these posteriors and counts."""
        self._post_tk = np.array(post_tk, dtype=np.float64)
        self._counts_wlk = np.array(counts_wkl.transpose(0, 2, 1), order="C")
        n_t = votes.per_task()
        self._weight_t = np.where(self._gold_t >= 0, 1.0, self.prior.evidence(n_t)) * (n_t > 0)
        free_t = (self._gold_t < 0) & (n_t > 0)
        self._class_k, self._n_free = self._post_tk[free_t].sum(axis=0), int(free_t.sum())
