"""The main loop in memory: buy recorded answers one by one until each task is settled."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.quality.recorded import Recorded
from tasks.quality.promise import stopping
from tasks.quality.promise.stopping import Decision
from tasks.quality.truth import dawid_skene, posterior
from tasks.quality.truth.dawid_skene import Estimate
from tasks.quality.truth.prior import DEFAULT_PRIOR, Prior
from tasks.quality.votes import FloatArray, IntArray, VoteTable


@dataclass(frozen=True)
class Rules:
    """How a batch is run."""

    min_overlap: int = stopping.MIN_OVERLAP
    #: None: half of the recorded answers per task, see `stopping.max_overlap_instead_of`
    max_overlap: int | None = None
    target: float = stopping.TARGET
    #: share of the tasks, among those with a truth, whose truth is given beforehand
    gold_share: float = 0.05
    #: answers bought of a gold task; None: as many as the max overlap
    gold_max_overlap: int | None = None
    #: how often the expert's verdict is wrong
    expert_error: float = 0.02
    #: answers between two refits: this share of the recorded ones, at least 200
    refit_share: float = 0.02
    seed: int = 0
    prior: Prior = field(default=DEFAULT_PRIOR)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came out. Arrays have one entry per task."""

    max_overlap: int
    answers_bought: int
    n_answers_t: IntArray
    is_gold_t: IntArray
    disputed_t: IntArray
    #: the expert's class, -1 without a verdict
    verdict_t: IntArray
    #: what the crowd's answers alone say, and how sure they are
    crowd_label_t: IntArray
    crowd_confidence_t: FloatArray


class Rehearsal:
    """One batch over one recorded crowd. Open, resolved and disputed are as in the product."""

    def __init__(self, crowd: Recorded, rules: Rules) -> None:
        votes = crowd.votes
        self.crowd, self.rules = crowd, rules
        self.rng = np.random.default_rng(rules.seed)
        self.max_overlap = rules.max_overlap or stopping.max_overlap_instead_of(votes.n_votes / votes.n_tasks)
        self.gold_t = self._draw_gold()
        self.verdict_t = np.full(votes.n_tasks, -1)
        self.decision = [Decision.EXTEND] * votes.n_tasks
        self.answers: list[list[tuple[int, int]]] = [[] for _ in range(votes.n_tasks)]
        self.bought: list[tuple[int, int, int]] = []
        self.counts_wkl = np.zeros((votes.n_workers, votes.n_labels, votes.n_labels))
        self.prior_k = np.full(votes.n_labels, 1.0 / votes.n_labels)

    def run(self) -> Outcome:
        """Offer every recorded answer in the order of the file; then estimate once more."""
        votes = self.crowd.votes
        every = max(200, int(self.rules.refit_share * votes.n_votes))
        offers = zip(votes.task.tolist(), votes.worker.tolist(), votes.label.tolist(), strict=True)
        for task, worker, label in offers:
            if not self._wanted(task):
                continue
            self.bought.append((task, worker, label))
            self.answers[task].append((worker, label))
            if self.gold_t[task] < 0:
                self._decide(task, float(self._weigh(task).max()))
            if len(self.bought) % every == 0:
                self._refit()
        estimate = self._refit()
        disputed = np.array([decision is Decision.DISPUTE for decision in self.decision], dtype=np.int64)
        crowd_only = self._fit(self.gold_t)
        return Outcome(
            max_overlap=self.max_overlap,
            answers_bought=len(self.bought),
            n_answers_t=np.array([len(given) for given in self.answers]),
            is_gold_t=(self.gold_t >= 0).astype(np.int64),
            disputed_t=disputed,
            verdict_t=self.verdict_t,
            crowd_label_t=np.where(self.verdict_t >= 0, crowd_only.label_t, estimate.label_t),
            crowd_confidence_t=estimate.confidence_t,
        )

    def _draw_gold(self) -> IntArray:
        truth_t = self.crowd.truth_t
        known = np.flatnonzero(truth_t >= 0)
        # Never more than half of the known tasks: the rest must tell how good the result is.
        n_gold = min(round(self.rules.gold_share * len(truth_t)), len(known) // 2)
        chosen = self.rng.choice(known, n_gold, replace=False)
        gold_t = np.full(len(truth_t), -1)
        gold_t[chosen] = truth_t[chosen]
        return gold_t

    def _wanted(self, task: int) -> bool:
        if self.gold_t[task] >= 0:
            return len(self.answers[task]) < (self.rules.gold_max_overlap or self.max_overlap)
        return self.decision[task] is Decision.EXTEND

    def _weigh(self, task: int) -> FloatArray:
        given = self.answers[task]
        counts_nkl = self.counts_wkl[[worker for worker, _ in given]]
        return posterior.of_task([label for _, label in given], counts_nkl, self.prior_k, self.rules.prior)

    def _decide(self, task: int, confidence: float) -> None:
        given = self.answers[task]
        self.decision[task] = stopping.decide(
            confidence,
            len(given),
            min_overlap=self.rules.min_overlap,
            max_overlap=self.max_overlap,
            target=self.rules.target,
            reachable=self._reachable(given),
        )
        if self.decision[task] is Decision.DISPUTE:
            self.verdict_t[task] = self._ask_expert(int(self.crowd.truth_t[task]))

    def _reachable(self, given: list[tuple[int, int]]) -> float:
        if not self.counts_wkl.any():
            return 1.0  # as in the product: before the first refit nothing is given up for hopeless
        return posterior.reachable(
            [label for _, label in given],
            self.counts_wkl[[worker for worker, _ in given]],
            self.prior_k,
            max(0, self.max_overlap - len(given)),
            self.rules.prior,
        )

    def _ask_expert(self, truth: int) -> int:
        n_labels = self.crowd.votes.n_labels
        if truth < 0 or self.rng.random() >= self.rules.expert_error:
            return truth
        return int((truth + self.rng.integers(1, n_labels)) % n_labels)

    def _refit(self) -> Estimate:
        estimate = self._fit(np.where(self.verdict_t >= 0, self.verdict_t, self.gold_t))
        self.counts_wkl, self.prior_k = estimate.counts_wkl, estimate.prior_k
        confidence_t = estimate.confidence_t
        for task, given in enumerate(self.answers):
            if given and self.gold_t[task] < 0 and self.decision[task] is Decision.EXTEND:
                self._decide(task, float(confidence_t[task]))
        return estimate

    def _fit(self, known_t: IntArray) -> Estimate:
        votes = self.crowd.votes
        task, worker, label = np.array(self.bought, dtype=np.int64).reshape(-1, 3).T
        table = VoteTable(task, worker, label, votes.n_tasks, votes.n_workers, votes.n_labels)
        return dawid_skene.fit(table, gold=known_t, prior=self.rules.prior)
