"""What a ring of workers who copy each other costs: with and without hearing rings as one voice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.quality.recorded import Recorded, draw_gold
from tasks.quality.promise.engine import learn
from tasks.quality.trust.hearing import hear
from tasks.quality.votes import IntArray, VoteTable

GOLD_SHARE = 0.05
#: accounts of a ring, and its answers per honest answer
ACCOUNTS = 10
VOLUMES = (0.3, 0.6, 1.0)


@dataclass(frozen=True)
class Beset:
    """One crowd beset by a ring of one volume: accuracies in 0..1, means over seeds."""

    crowd: str
    volume: float
    without_ring: float
    heard: float
    unheard: float


def measure_ring(crowd: Recorded, volume: float, seeds: Iterable[int]) -> Beset:
    """Add a ring that copies one random answer per task, gold included, and learn from all."""
    rows = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        truth_t = crowd.truth_t
        gold_t = draw_gold(truth_t, GOLD_SHARE, rng)
        votes = with_ring(crowd.votes, volume, rng)
        tables = (hear(crowd.votes, gold_t).votes, hear(votes, gold_t).votes, votes)
        scored = (truth_t >= 0) & (gold_t < 0)
        labels = [learn(table, gold_t, seed=seed).label_t for table in tables]
        rows.append([float((label_t == truth_t)[scored].mean()) for label_t in labels])
    return Beset(crowd.name, volume, *(float(share) for share in np.mean(rows, axis=0)))


def with_ring(votes: VoteTable, volume: float, rng: np.random.Generator) -> VoteTable:
    """The votes and those of a ring; as many accounts as the volume needs when ten are too few."""
    n_ring = round(volume * votes.n_votes)
    accounts = max(ACCOUNTS, -(-n_ring // votes.n_tasks))
    copied_t = rng.integers(0, votes.n_labels, votes.n_tasks)
    each = n_ring // accounts
    task: IntArray = np.concatenate([rng.choice(votes.n_tasks, each, replace=False) for _ in range(accounts)])
    worker = np.repeat(votes.n_workers + np.arange(accounts), each)
    return VoteTable(
        np.concatenate([votes.task, task]),
        np.concatenate([votes.worker, worker]),
        np.concatenate([votes.label, copied_t[task]]),
        votes.n_tasks,
        votes.n_workers + accounts,
        votes.n_labels,
    )
