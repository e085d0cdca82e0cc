"""A refit beside a catch-up, and in one process beside two: times, and how far posteriors lie apart.

A crowd works tasks off one after the other. Everything is learnt when most of the answers are there, and
again at the end: in full (`engine.learn`, held-out scores not taken again) and by catching up
(`catchup.catch_up`, reading what was kept included). Looking for rings is left out: it is part of a full
refit alone, and the dearest. Distances are total variation over the visited tasks that are not gold, all
under the first blend, so that they show what a catch-up does not see; "left alone" are the weights of the
first fit and nothing else. Times are the shortest of all rounds: of the processor for the first, of the clock
for the second.
"""

from __future__ import annotations

import multiprocessing as mp
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from tasks.quality.promise.catchup import Footing, Visit, catch_up
from tasks.quality.promise.engine import Learned, learn
from tasks.quality.trust.hearing import Ears
from tasks.quality.truth.kernel import VoteMatrix
from tasks.quality.truth.members import blended, fit_models
from tasks.quality.truth.passes import Here, Part
from tasks.quality.truth.prior import design_effect
from tasks.quality.truth.rounds import Statistics, Truths
from tasks.quality.truth.shards import Shard, Sharded, split
from tasks.quality.votes import FloatArray, IntArray, VoteTable

#: shares of the answers that came since everything was learnt
FRESH = (0.002, 0.02, 0.2)
GOLD_SHARE = 0.02
PROCESSES = 2


@dataclass(frozen=True, eq=False)
class Stream:
    """Answers in the order they came, and what is known of the tasks."""

    votes: VoteTable
    gold_t: IntArray

    @classmethod
    def of(cls, n_answers: int, *, overlap: int, classes: int, per_worker: int) -> Stream:
        """Simulate; a task's answers come within a tenth of the whole time."""
        rng = np.random.default_rng(3)
        n_tasks, n_workers = n_answers // overlap, max(n_answers // per_worker, 20)
        truth_t, right_w = rng.integers(0, classes, n_tasks), rng.uniform(0.5, 0.95, n_workers)
        task = np.repeat(np.arange(n_tasks), overlap)
        task = task[np.argsort(task + 0.1 * n_tasks * rng.random(len(task)))]
        worker = rng.integers(0, n_workers, len(task))
        wrong = (truth_t[task] + rng.integers(1, classes, len(task))) % classes
        label = np.where(rng.random(len(task)) < right_w[worker], truth_t[task], wrong)
        gold_t = np.where(rng.random(n_tasks) < GOLD_SHARE, truth_t, -1)
        return cls(VoteTable(task, worker, label, n_tasks, n_workers, classes), gold_t)

    def visit(self, seen: int) -> tuple[Visit, IntArray]:
        """What there is to visit after the first `seen` answers, and which tasks that are."""
        votes = self.votes
        tasks = np.unique(votes.task[seen:])
        chosen_t = np.zeros(votes.n_tasks, dtype=bool)
        chosen_t[tasks] = True
        mine = np.flatnonzero(chosen_t[votes.task])
        table = VoteTable(
            np.searchsorted(tasks, votes.task[mine]),
            votes.worker[mine],
            votes.label[mine],
            len(tasks),
            votes.n_workers,
            votes.n_labels,
        )
        truths = Truths(self.gold_t[tasks])
        return Visit(table, mine >= seen, truths, truths, truths.gold_t >= 0), tasks


def compare_refits(
    n_answers: int, overlap: int, classes: int, per_worker: int, rounds: int
) -> Iterator[dict[str, Any]]:
    """Rows of figures: a catch-up per share of `FRESH`, then two processes beside one."""
    stream = Stream.of(n_answers, overlap=overlap, classes=classes, per_worker=per_worker)
    for share in FRESH:
        yield {"answers": n_answers, "fresh": share, **_catch_up(stream, share, rounds)}
    yield {"answers": n_answers, **_share_the_work(stream, rounds)}


def _catch_up(stream: Stream, share: float, rounds: int) -> dict[str, Any]:
    votes = stream.votes
    seen = round(votes.n_votes * (1 - share))
    first = learn(votes.only(np.arange(votes.n_votes) < seen), stream.gold_t)
    alike = Ears(np.ones(votes.n_workers), np.arange(votes.n_workers))
    kept = Footing.of(first, alike).to_bytes()
    visit, tasks = stream.visit(seen)
    full_s, whole = timed(
        partial(learn, votes, stream.gold_t, held_out_m=first.held_out_m), rounds, time.process_time
    )
    quick_s, found = timed(lambda: catch_up(Footing.from_bytes(kept), visit), rounds, time.process_time)
    exact_tk, stale_tk = (_under(first, each, visit, tasks) for each in (whole, first))
    found_tk = np.exp(found.log_post_tk)
    return {
        "visited": len(tasks),
        "full_s": round(full_s, 4),
        "catch_up_s": round(quick_s, 4),
        "times_faster": round(full_s / quick_s, 1),
        **_apart("off", found_tk, exact_tk, visit),
        **_apart("left_alone_off", stale_tk, exact_tk, visit),
        "kept_bytes": len(kept),
    }


def _under(blend: Learned, fits: Learned, visit: Visit, tasks: IntArray) -> FloatArray:
    """Posteriors of the visited tasks by some fits under a blend, shape (task, true)."""
    log_wkl, _ = blended(fits.members, blend.blend.weight_m)
    known = visit.now.known(visit.votes.n_labels)
    evidence = partial(design_effect, correlation=blend.correlation)
    part = Part.of(VoteMatrix.of(visit.votes), known, evidence)
    return np.asarray(np.exp(part.log_posterior(log_wkl, blend.log_prior_k)))


def _apart(name: str, one_tk: FloatArray, other_tk: FloatArray, visit: Visit) -> dict[str, float]:
    free = visit.now.gold_t < 0
    off_t = np.abs(one_tk - other_tk)[free].sum(axis=1) / 2
    flips = (one_tk.argmax(axis=1) != other_tk.argmax(axis=1))[free]
    return {
        name: round(float(off_t.mean()), 5),
        f"{name}_p99": round(float(np.quantile(off_t, 0.99)), 4),
        f"{name}_flips": round(float(flips.mean()), 5),
    }


def _share_the_work(stream: Stream, rounds: int) -> dict[str, Any]:
    votes, gold_t = stream.votes, stream.gold_t
    here = Here(VoteMatrix.of(votes), Truths(gold_t).known(votes.n_labels))
    single_s, single = timed(lambda: fit_models(here, {}), rounds, time.perf_counter)
    with processes(split(votes, PROCESSES, gold=gold_t)) as passes:
        sharded_s, shared = timed(lambda: fit_models(passes, {}), rounds, time.perf_counter)
    off = max(
        float(np.abs(one.counts_wkl - other.counts_wkl).max())
        for one, other in zip(single, shared, strict=True)
    )
    return {
        "processes": PROCESSES,
        "single_s": round(single_s, 4),
        "sharded_s": round(sharded_s, 4),
        "times_faster": round(single_s / sharded_s, 2),
        "counts_off_at_most": off,
    }


@contextmanager
def processes(shards: Sequence[Shard]) -> Iterator[Sharded]:
    """Passes in a process per shard. They are forked with their votes, so that none travel."""
    context = mp.get_context("fork")
    lines, children = [], []
    for shard in shards:
        ours, theirs = context.Pipe()
        child = context.Process(target=_serve, args=(shard, theirs), daemon=True)
        child.start()
        lines.append(ours)
        children.append(child)

    def each(count: Callable[[Shard], Statistics], _: Sequence[Shard]) -> list[Statistics]:
        for line in lines:
            line.send(count)
        return [line.recv() for line in lines]

    try:
        yield Sharded(shards, each)
    finally:
        for child in children:
            child.terminate()
            child.join()


def _serve(shard: Shard, line: Connection) -> None:
    while True:
        line.send(line.recv()(shard))


def timed(call: Callable[[], Any], rounds: int, clock: Callable[[], float]) -> tuple[float, Any]:
    """The shortest of several times of a call, in seconds, and what it returned."""
    shortest, result = float("inf"), None
    for _ in range(rounds):
        started = clock()
        result = call()
        shortest = min(shortest, clock() - started)
    return shortest, result
