"""How many answers it takes to be as good as a fixed overlap: fixed, Toloka's rule, ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.quality.market import Market, buy
from benchmarks.quality.peers import Queues, toloka_curve, vote_accuracy
from benchmarks.quality.recorded import Recorded
from tasks.quality.promise.engine import Learned

GOLD_SHARE = 0.05
THRESHOLDS = (0.5, 0.6, 0.7, 0.78, 0.84, 0.89, 0.93, 0.96, 0.98)
#: as answers come, and asking those first who tell enough
WAYS = {"ours": False, "choosing": True}

Curve = list[tuple[float, float]]


@dataclass(frozen=True)
class Saving:
    """One stream: a fixed overlap and how many answers per task reach its accuracy; None: never reached."""

    crowd: str
    overlap: int
    vote_accuracy: float
    toloka: float | None
    #: as answers come, and choosing whom to ask first
    ours: float | None
    choosing: float | None
    curves: dict[str, Curve]

    def ratio(self, answers: float | None) -> float | None:
        """How many times fewer answers."""
        return self.overlap / answers if answers else None


def measure_saving(crowd: Recorded, overlap: int, seeds: Iterable[int]) -> Saving:
    """Replay one stream; the gold and the order are the same for all three rules."""
    markets = [Market.open(crowd, gold_share=GOLD_SHARE, seed=seed) for seed in seeds]
    queues = [Queues.of(market, market.scored, overlap) for market in markets]
    n_labels = crowd.votes.n_labels
    vote = float(np.mean([vote_accuracy(queue, overlap, n_labels) for queue in queues]))
    pairs = zip(queues, markets, strict=True)
    curves = {"toloka": _mean_curve([toloka_curve(queue, market, overlap) for queue, market in pairs])}
    for name, chooses in WAYS.items():
        runs = [[_run(market, at, overlap, chooses) for at in THRESHOLDS] for market in markets]
        curves[name] = _mean_curve(runs)
    votes = range(1, overlap + 1)
    curves["vote"] = [(k, float(np.mean([vote_accuracy(q, k, n_labels) for q in queues]))) for k in votes]
    toloka, ours, choosing = (answers_for(curves[name], vote) for name in ("toloka", "ours", "choosing"))
    return Saving(crowd.name, overlap, vote, toloka, ours, choosing, curves)


def answers_for(curve: Curve, accuracy: float) -> float | None:
    """Answers per task at which a curve first reaches an accuracy, between its points in a straight line."""
    before = None
    for answers, reached in sorted(curve):
        if reached >= accuracy - 1e-9:
            if before is None or reached == before[1]:
                return answers
            share = (accuracy - before[1]) / (reached - before[1])
            return before[0] + share * (answers - before[0])
        before = (answers, reached)
    return None


def _run(market: Market, threshold: float, overlap: int, choosing: bool) -> tuple[float, float]:
    def rule(_: Learned) -> tuple[float, int]:
        return threshold, overlap

    bought = buy(market, rule, choosing=choosing)
    scored = market.scored
    right = bought.learned.label_t[scored] == market.crowd.truth_t[scored]
    return float(bought.count_t[scored].mean()), float(right.mean())


def _mean_curve(curves: list[Curve]) -> Curve:
    return [(float(x), float(y)) for x, y in np.mean(np.array(curves), axis=0)]
