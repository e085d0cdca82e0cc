"""Accuracy with all recorded answers: ours with and without gold, beside crowd-kit's estimators."""

from __future__ import annotations

import multiprocessing as mp
from collections.abc import Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np
import numpy.typing as npt

from benchmarks.quality.recorded import Recorded, draw_gold
from tasks.quality.promise.engine import learn
from tasks.quality.votes import FloatArray, IntArray

PEERS = (
    "MajorityVote",
    "Wawa",
    "DawidSkene",
    "OneCoinDawidSkene",
    "GLAD",
    "MACE",
    "MMSR",
    "ZeroBasedSkill",
)
GOLD_SHARE = 0.1
#: bins of the calibration error
BINS = 10
SURE = 0.95


@dataclass(frozen=True)
class Accuracy:
    """One crowd. Accuracies in 0..1; None where a peer ran out of time or failed."""

    crowd: str
    answers: int
    ours: float
    peers: dict[str, float | None]
    #: with gold, on the tasks that are not gold, means over seeds; peers get no gold but the same tasks
    ours_gold: float
    peers_gold: dict[str, float | None]
    #: expected calibration error with gold, over all seeds' tasks together
    calibration_error: float
    #: how right labels claimed at `SURE` or more are, and which share they are; None without any
    sure_right: float | None
    sure_share: float


def measure_accuracy(crowd: Recorded, seeds: Iterable[int], peer_seconds: float) -> Accuracy:
    """Fit everything to all answers of one crowd."""
    truth_t, votes = crowd.truth_t, crowd.votes
    known = truth_t >= 0
    ours = learn(votes)
    labels = {name: run_peer(name, crowd, peer_seconds) for name in PEERS}
    golds = [draw_gold(truth_t, GOLD_SHARE, np.random.default_rng(seed)) for seed in seeds]
    right, sure = [], []
    per_peer: dict[str, list[float | None]] = {name: [] for name in PEERS}
    for seed, gold_t in enumerate(golds):
        rest = known & (gold_t < 0)
        found = learn(votes, gold_t, seed=seed, held_out_m=ours.held_out_m)
        right.append(found.label_t[rest] == truth_t[rest])
        sure.append(found.confidence_t[rest])
        for name, label_t in labels.items():
            per_peer[name].append(_share(label_t, truth_t, rest))
    right_all, sure_all = np.concatenate(right), np.concatenate(sure)
    claimed = sure_all >= SURE
    return Accuracy(
        crowd=crowd.name,
        answers=votes.n_votes,
        ours=float((ours.label_t[known] == truth_t[known]).mean()),
        peers={name: _share(label_t, truth_t, known) for name, label_t in labels.items()},
        ours_gold=float(np.mean([one.mean() for one in right])),
        peers_gold={
            name: None if None in shares else float(np.mean([share or 0.0 for share in shares]))
            for name, shares in per_peer.items()
        },
        calibration_error=calibration_error(sure_all, right_all),
        sure_right=float(right_all[claimed].mean()) if claimed.any() else None,
        sure_share=float(claimed.mean()),
    )


def calibration_error(confidence: FloatArray, right: npt.NDArray[np.bool_]) -> float:
    """Mean distance of claimed and true accuracy over equal bins of confidence, by how many fall in each."""
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = np.bincount(which, confidence, BINS) - np.bincount(which, right, BINS)
    return float(np.abs(gap).sum() / len(confidence))


def run_peer(name: str, crowd: Recorded, seconds: float) -> IntArray | None:
    """A crowd-kit estimator's label per task, -1 where it gives none; None after `seconds` or an error.

    In a process of its own, because some take hours or all memory.
    """
    ours, theirs = mp.Pipe(duplex=False)
    process = mp.get_context("spawn").Process(target=_fit_peer, args=(name, crowd, theirs), daemon=True)
    process.start()
    theirs.close()
    found: IntArray | None = None
    try:
        if ours.poll(seconds):
            found = ours.recv()
    except EOFError:
        found = None
    process.kill()
    process.join()
    return found


def _fit_peer(name: str, crowd: Recorded, out: Connection) -> None:
    # crowd-kit is only in the benchmarks' own environment
    import crowdkit.aggregation as crowdkit  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    votes = crowd.votes
    frame = pd.DataFrame({"task": votes.task, "worker": votes.worker, "label": votes.label})
    result = getattr(crowdkit, name)().fit_predict(frame)
    label_t = np.full(votes.n_tasks, -1)
    label_t[result.index.to_numpy()] = result.to_numpy()
    out.send(label_t)


def _share(label_t: IntArray | None, truth_t: IntArray, among: npt.NDArray[np.bool_]) -> float | None:
    return None if label_t is None else float((label_t[among] == truth_t[among]).mean())
