"""How often a certificate's bound holds, and how few audits it takes: python -m benchmarks.quality.coverage

Simulated batches with known accuracy, audited and certified as in the product, beside the bound of Clopper
and Pearson on a plain random audit of the same size.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from scipy.stats import beta, binom

from tasks.quality.promise.audit import Audit, draw_audit
from tasks.quality.promise.certificate import certify
from tasks.quality.promise.stratified import Sample, most_marked
from tasks.quality.simulate import Makeup, crowd
from tasks.quality.trust.reliability import wilson
from tasks.quality.truth import dawid_skene
from tasks.quality.votes import FloatArray, IntArray

LEVEL = 0.95


@dataclass(frozen=True)
class Setting:
    """Batches of one kind. Shares and probabilities lie in 0..1."""

    name: str
    #: mean probability that a label is right, and how much alike the tasks are (high: all equally sure)
    accuracy: float
    likeness: float
    audits: int
    tasks: int = 2000
    #: the share of the doubt the confidences admit: 1 calibrated, below 1 overconfident, above 1 too modest
    admitted: float = 1.0
    #: up to this share of a batch's tasks, drawn anew for each batch, is right no more often than a coin, and
    #: no confidence shows it: all workers err on them together
    hard: float = 0.0


KINDS = (
    Setting("alike", 0.95, 200.0, 0),
    Setting("calibrated", 0.80, 1.5, 0),
    Setting("calibrated", 0.90, 1.5, 0),
    Setting("calibrated", 0.95, 1.5, 0),
    Setting("calibrated", 0.99, 1.5, 0),
    Setting("overconfident", 0.80, 1.5, 0, admitted=0.3),
    Setting("overconfident", 0.95, 1.5, 0, admitted=0.3),
    Setting("modest", 0.95, 1.5, 0, admitted=1.5),
    Setting("hard tasks", 0.95, 1.5, 0, hard=0.2),
    Setting("both", 0.97, 1.5, 0, admitted=0.3, hard=0.2),
    Setting("small batch", 0.90, 1.5, 0, tasks=250),
)
AUDITS = (30, 60, 100, 200)


@dataclass(frozen=True)
class Row:
    """One line of the table; bounds hold when they are not above the batch's real accuracy."""

    name: str
    accuracy: float
    tasks: int
    audits: int
    batches: int
    holds: float
    #: 95 % interval of `holds`
    holds_low: float
    holds_high: float
    bound: float
    #: mean distance from the bound to the real accuracy
    width: float
    peer_holds: float
    peer_width: float
    #: a plain audit with a Clopper-Pearson bound as near to the real accuracy takes so many audits
    peer_audits: int
    saved: float


@dataclass(frozen=True, eq=False)
class Trials:
    """Audited batches: how many labels are right, and the two bounds of that share, shape (batch,)."""

    accuracy: FloatArray
    bound: FloatArray
    peer: FloatArray


def simulated(setting: Setting, batches: int, rng: np.random.Generator) -> Trials:
    """Batches that share their confidences and differ in what is right."""
    level = 1.0 - 2.0 * (1.0 - setting.accuracy)
    right_t = 0.5 + 0.5 * rng.beta(level * setting.likeness, (1 - level) * setting.likeness, setting.tasks)
    confidence_t = 1.0 - np.minimum(setting.admitted * (1.0 - right_t), 0.5)
    plan = draw_audit(rng, confidence_t, setting.audits)
    threshold = plan.strata[0].confidence_low
    sure_t = confidence_t >= threshold
    hard_bt = rng.random((batches, setting.tasks)) < setting.hard * rng.random((batches, 1))
    wrong_bt = rng.random((batches, setting.tasks)) >= np.where(hard_bt, 0.5, right_t)
    wrong_bs = np.stack([wrong_bt[:, sure_t].sum(axis=1), wrong_bt[:, ~sure_t].sum(axis=1)], axis=1)
    accuracy = 1.0 - wrong_bt.mean(axis=1)
    # Tasks drawn at random within a stratum: so many of them are wrong, without drawing each.
    drawn_s = np.bincount(plan.stratum_i, minlength=len(plan.strata))
    found_bs = [
        rng.hypergeometric(wrong_bs[:, number], stratum.tasks - wrong_bs[:, number], drawn)
        for number, (stratum, drawn) in enumerate(zip(plan.strata, drawn_s, strict=True))
    ]
    found = zip(*(each.tolist() for each in found_bs), strict=True)
    bound_of = _bounds(plan, setting.tasks)
    bound = np.array([bound_of(each) for each in found])
    wrong = wrong_bs.sum(axis=1)
    plain = setting.audits - rng.hypergeometric(wrong, setting.tasks - wrong, setting.audits)
    return Trials(accuracy, bound, _clopper_pearson(plain, setting.audits))


def fitted(setting: Setting, batches: int, rng: np.random.Generator) -> Trials:
    """Batches whose confidences come from a fit to simulated answers; on hard tasks all err together."""
    makeup = Makeup(accuracy=setting.accuracy, biased=0.1, spammers=0.1, hard=setting.hard, lure=0.8)
    audits_each = 20
    accuracy, bound, plain = [], [], []
    for _ in range(max(1, batches // audits_each)):
        drawn = crowd(rng, setting.tasks, setting.tasks // 20, 3, answers_per_task=4, makeup=makeup)
        estimate = dawid_skene.fit(drawn.votes, tol=1e-4)
        is_right_t = estimate.label_t == drawn.truth_t
        for _ in range(audits_each):
            audit = draw_audit(rng, estimate.confidence_t, setting.audits)
            right = is_right_t[audit.task_i].tolist()
            accuracy.append(float(is_right_t.mean()))
            bound.append(certify(estimate.confidence_t, audit=audit, right=right).accuracy_at_least)
            plain.append(is_right_t[rng.choice(setting.tasks, setting.audits, replace=False)].sum())
    peer = _clopper_pearson(np.array(plain), setting.audits)
    return Trials(np.array(accuracy), np.array(bound, dtype=np.float64), peer)


def row(setting: Setting, trials: Trials) -> Row:
    """Count how often the bounds held, and how near they were."""
    accuracy, bound, peer = trials.accuracy, trials.bound, trials.peer
    batches = len(accuracy)
    holds = int((bound <= accuracy + 1e-12).sum())
    low, high = wilson(holds, batches)
    width = float((accuracy - bound).mean())
    peer_audits = _peer_audits(accuracy, width)
    return Row(
        setting.name,
        float(accuracy.mean()),
        setting.tasks,
        setting.audits,
        batches,
        holds / batches,
        low,
        high,
        float(bound.mean()),
        width,
        float((peer <= accuracy + 1e-12).mean()),
        float((accuracy - peer).mean()),
        peer_audits,
        1.0 - setting.audits / peer_audits,
    )


def _bounds(plan: Audit, tasks: int) -> Callable[[tuple[int, ...]], float]:
    """The certificate's lower bound by wrong labels found in each stratum, computed once for each outcome."""
    drawn_s = np.bincount(plan.stratum_i, minlength=len(plan.strata)).tolist()

    @cache
    def bound(wrong_s: tuple[int, ...]) -> float:
        samples = [
            Sample(stratum.tasks, drawn, wrong, 1.0 - stratum.mean_confidence)
            for stratum, drawn, wrong in zip(plan.strata, drawn_s, wrong_s, strict=True)
        ]
        return 1.0 - most_marked(samples, LEVEL) / tasks

    return bound


def _clopper_pearson(right: IntArray, total: int) -> FloatArray:
    """Clopper and Pearson's lower bounds, as `trust.reliability.clopper_pearson_low`, for many counts."""
    return np.where(right > 0, beta.ppf(1.0 - LEVEL, np.maximum(right, 1), total - right + 1), 0.0)


def _peer_audits(accuracy: FloatArray, width: float) -> int:
    """The fewest plain audits whose Clopper-Pearson bound is on average as near to the accuracy."""
    typical = np.quantile(accuracy, [0.1, 0.3, 0.5, 0.7, 0.9])[:, None]
    low, high = 1, 4000
    while low < high:
        n = (low + high) // 2
        right = np.arange(n + 1)
        mean = (typical[:, 0] - binom.pmf(right, n, typical) @ _clopper_pearson(right, n)).mean()
        low, high = (low, n) if mean <= width else (n + 1, high)
    return low


HEADER = (
    f"{'kind':14}{'accuracy':>9}{'tasks':>7}{'audits':>7}{'batches':>8}{'holds':>7}{'bound':>7}{'width':>7}"
    f"{'peer holds':>11}{'width':>7}{'audits':>7}{'saved':>7}"
)


def line(one: Row) -> str:
    """The row as a line under HEADER."""
    return (
        f"{one.name:14}{one.accuracy:9.3f}{one.tasks:7}{one.audits:7}{one.batches:8}{one.holds:7.3f}"
        f"{one.bound:7.3f}{one.width:7.3f}{one.peer_holds:11.3f}{one.peer_width:7.3f}{one.peer_audits:7}"
        f"{one.saved:7.0%}"
    )


def main() -> int:
    """Run every kind with every number of audits; fail when a bound held too seldom to be chance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=2000, help="of each kind and number of audits")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    args = parser.parse_args()
    started = time.perf_counter()
    settings = [(simulated, replace(kind, audits=n)) for kind in KINDS for n in AUDITS]
    settings += [(fitted, Setting("fitted", 0.75, 0.0, n, tasks=600, hard=0.3)) for n in (60, 150)]
    rows = []
    print(HEADER)
    for number, (trials, setting) in enumerate(settings):
        rng = np.random.default_rng([args.seed, number])
        rows.append(row(setting, trials(setting, args.batches, rng)))
        print(line(rows[-1]), flush=True)
    print(
        f"{sum(one.batches for one in rows):,} batches in {time.perf_counter() - started:.0f} s; "
        f"the bound held in {min(one.holds for one in rows):.3f} or more of each kind; audits saved: "
        f"{np.median([one.saved for one in rows]):.0%} in the median"
    )
    if args.json:
        args.json.write_text(json.dumps([asdict(one) for one in rows], indent=2) + "\n", encoding="utf-8")
    # With this many kinds at once, three and a half deviations are no chance any more.
    return int(any(wilson(round(one.holds * one.batches), one.batches, 3.5)[1] < LEVEL for one in rows))


if __name__ == "__main__":
    sys.exit(main())
