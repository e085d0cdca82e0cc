"""Time and memory of a fit beside crowd-kit's: python -m benchmarks.quality.speed [--json F].

Both run in one process on one core, in turn, so that whatever else the machine does meets both. Times are
processor time, medians over rounds. Per iteration is (a fit of 1 + m passes - a fit of 1 pass) / m. The whole
fit goes from ids to posteriors and stops by the same rule: 1e-5 gained per answer. Memory is the peak of what
was allocated during the whole fit, ids not counted, as `tracemalloc` sees it (NumPy reports to it, Arrow does
not, so crowd-kit's peak is read from integer ids), in a run of its own because tracing takes time.

Then refits: in full and by catching up, in one process and in two; see `refits`.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import time
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.quality.refits import compare_refits
from tasks.quality.encoding import Ids, encode
from tasks.quality.truth import dawid_skene
from tasks.quality.truth.dawid_skene import Estimate
from tasks.quality.truth.prior import DEFAULT_PRIOR, Prior
from tasks.quality.votes import VoteTable

#: next to no prior: the model crowd-kit fits
LIKELIHOOD = Prior(diag=1e-9, off=1e-9, balance=0.0, coin=0.0, correlation=0.0)
PEER = "crowd-kit"


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers under the ids a client has: two numbers and a word, or three words."""

    kind: str
    task: Ids
    worker: Ids
    label: Ids


@dataclass
class Measured:
    """One contestant on one input; seconds and bytes."""

    name: str
    ids: str
    answers: int
    iteration: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    iterations: int = 0
    peak: int = 0

    def row(self) -> dict[str, Any]:
        """The numbers a reader wants."""
        return {
            "name": self.name,
            "ids": self.ids,
            "answers": self.answers,
            "ms_per_iteration": round(1e3 * statistics.median(self.iteration), 3),
            "whole_fit_s": round(statistics.median(self.whole), 4),
            "iterations": self.iterations,
            "bytes_per_answer": round(self.peak / self.answers, 1) if self.peak else None,
        }


Fit = Callable[[int, float], int]


def simulate(rng: np.random.Generator, n_answers: int, args: argparse.Namespace) -> tuple[Any, Any, Any]:
    """Codes of tasks, workers and labels, in no order; workers are right in 50 to 95 % of their answers."""
    n_tasks = max(n_answers // args.overlap, 1)
    n_workers = max(n_answers // args.per_worker, 20)
    truth_t = rng.integers(0, args.classes, n_tasks)
    right_w = rng.uniform(0.5, 0.95, n_workers)
    task = rng.permutation(np.arange(n_answers) % n_tasks)
    worker = rng.integers(0, n_workers, n_answers)
    wrong = rng.integers(1, args.classes, n_answers)
    is_right = rng.random(n_answers) < right_w[worker]
    return task, worker, np.where(is_right, truth_t[task], (truth_t[task] + wrong) % args.classes)


def name_them(kind: str, codes: tuple[Any, Any, Any]) -> Answers:
    """The same answers under numbers or under words; each id is an object of its own, as read from a file."""
    if kind == "integers":
        return Answers(kind, *codes)
    task, worker, label = (
        [f"{what}-{code}" for code in column.tolist()] for what, column in zip("twl", codes, strict=True)
    )
    return Answers(kind, task, worker, label)


def table(ids: Answers) -> VoteTable:
    """From ids to codes."""
    task, tasks = encode(ids.task)
    worker, workers = encode(ids.worker)
    label, labels = encode(ids.label)
    return VoteTable(task, worker, label, len(tasks), len(workers), len(labels))


def fit_ours(ids: Answers, prior: Prior, dtype: npt.DTypeLike, max_iter: int, tol: float) -> Estimate:
    """The whole way from ids to posteriors."""
    return dawid_skene.fit(table(ids), prior=prior, dtype=dtype, max_iter=max_iter, tol=tol)


def ours(ids: Answers, prior: Prior, dtype: npt.DTypeLike) -> Fit:
    """Our side of the match; a fit tells how many iterations it took."""
    return lambda max_iter, tol: fit_ours(ids, prior, dtype, max_iter, tol).n_iter


def crowd_kit(ids: Answers) -> Fit | None:
    """Their side, None when it is not installed. The DataFrame is the input and not part of the time."""
    try:
        pandas, peer = import_module("pandas"), import_module("crowdkit.aggregation")
    except ImportError:
        return None
    frame = pandas.DataFrame({"task": ids.task, "worker": ids.worker, "label": ids.label})

    def fit(max_iter: int, tol: float) -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = peer.DawidSkene(n_iter=max_iter, tol=tol).fit(frame)
        return len(model.loss_history_)

    return fit


def seconds(call: Callable[[], int]) -> tuple[float, int]:
    """Processor time of a call, and what it returned."""
    gc.collect()
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def traced(fit: Fit) -> int:
    """The peak of memory allocated during one whole fit, in bytes."""
    gc.collect()
    tracemalloc.start()
    fit(100, 1e-5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def measure(ids: Answers, contestants: dict[str, Fit], args: argparse.Namespace) -> list[Measured]:
    """Every contestant in turn, `args.rounds` times."""
    found = [Measured(name, ids.kind, len(ids.task)) for name in contestants]
    never = float("-inf")
    for _ in range(args.rounds):
        for one, fit in zip(found, contestants.values(), strict=True):
            first, _ = seconds(partial(fit, 1, never))
            passes = args.passes if one.name == PEER else 5 * args.passes
            more, _ = seconds(partial(fit, 1 + passes, never))
            one.iteration.append((more - first) / passes)
            whole, one.iterations = seconds(partial(fit, 100, 1e-5))
            one.whole.append(whole)
    if ids.kind == "integers":
        for one, fit in zip(found, contestants.values(), strict=True):
            one.peak = traced(fit)
    return found


def main() -> None:
    """Measure and print; see the module's docstring."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--answers", default="10000,100000,1000000,10000000")
    parser.add_argument("--ids", default="integers,strings")
    parser.add_argument("--classes", type=int, default=4)
    parser.add_argument("--overlap", type=int, default=5, help="answers per task")
    parser.add_argument("--per-worker", type=int, default=500, help="answers per worker")
    parser.add_argument(
        "--passes", type=int, default=4, help="iterations timed beyond the first; ours five times as many"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer-limit", type=int, default=1_000_000, help="crowd-kit gets no more answers")
    parser.add_argument("--refits", default="100000,1000000", help="answers of the refits; '' for none")
    parser.add_argument("--string-limit", type=int, default=1_000_000, help="no string ids beyond")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for n_answers in map(int, args.answers.split(",")):
        codes = simulate(np.random.default_rng(1), n_answers, args)
        for kind in args.ids.split(","):
            if kind == "integers" or n_answers <= args.string_limit:
                rows += compare(name_them(kind, codes), n_answers <= args.peer_limit, args)
    refits: list[dict[str, Any]] = []
    for n_answers in map(int, filter(None, args.refits.split(","))):
        for row in compare_refits(n_answers, args.overlap, args.classes, args.per_worker, args.rounds):
            print("refit | " + " | ".join(f"{key} {value}" for key, value in row.items()), flush=True)
            refits.append(row)
    if args.json:
        found = {"arguments": vars(args) | {"json": str(args.json)}, "rows": rows, "refits": refits}
        args.json.write_text(json.dumps(found, indent=1))


def compare(ids: Answers, with_peer: bool, args: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure all contestants on one input, print the ratios, give the rows."""
    contestants: dict[str, Fit] = {}
    peer = crowd_kit(ids) if with_peer else None
    if peer is not None:
        contestants[PEER] = peer
    elif with_peer:
        print("crowd-kit is not installed here: no ratios. pip install crowd-kit==1.4.2 'scikit-learn<1.7'")
    contestants |= {
        "ours float64": ours(ids, LIKELIHOOD, np.float64),
        "ours float32": ours(ids, LIKELIHOOD, np.float32),
        "ours float64, default prior": ours(ids, DEFAULT_PRIOR, np.float64),
        "ours float32, default prior": ours(ids, DEFAULT_PRIOR, np.float32),
    }
    found = measure(ids, contestants, args)
    rows = [one.row() for one in found]
    for row, one in zip(rows, found, strict=True):
        if peer is not None and one.name != PEER:
            for key, theirs, mine in (
                ("iteration", found[0].iteration, one.iteration),
                ("whole", found[0].whole, one.whole),
            ):
                row[f"{key}_times_faster"] = round(statistics.median(theirs) / statistics.median(mine), 1)
        print(" | ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    return rows


if __name__ == "__main__":
    main()
