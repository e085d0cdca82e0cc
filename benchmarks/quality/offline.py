"""Rehearse the main loop on recorded crowds: python -m benchmarks.quality.offline --data FOLDER..."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.quality.recorded import Recorded, read_crowd
from benchmarks.quality.rehearsal import Outcome, Rehearsal, Rules
from tasks.quality.promise import stopping
from tasks.quality.trust.reliability import wilson
from tasks.quality.truth import majority
from tasks.quality.votes import FloatArray


@dataclass(frozen=True)
class Report:
    """One line of the table; shares and accuracies in 0..1. Gold is bought but has no part in accuracies."""

    crowd: str
    classes: int
    tasks: int
    recorded: int
    bought: int
    bought_share: float
    per_task: float
    max_overlap: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    #: of the plain vote over all recorded answers, ties by a fair coin
    majority: float
    claimed: float
    disputes: int
    disputes_share: float
    #: tasks the crowd settled without an expert: how often right, how sure
    settled_accuracy: float
    settled_claimed: float
    #: all tasks as if no expert had been asked (workers estimated from gold alone and each other)
    without_experts: float
    seconds: float


def report(crowd: Recorded, outcome: Outcome, rules: Rules, seconds: float) -> Report:
    """Score an outcome against the truth."""
    votes, truth_t = crowd.votes, crowd.truth_t
    gold = outcome.is_gold_t == 1
    scored = (truth_t >= 0) & ~gold & (outcome.n_answers_t > 0)
    decided = outcome.verdict_t >= 0
    right_t = np.where(decided, outcome.verdict_t, outcome.crowd_label_t) == truth_t
    claimed_t = np.where(decided, 1.0 - rules.expert_error, outcome.crowd_confidence_t)
    settled = scored & ~decided
    low, high = wilson(int(right_t[scored].sum()), int(scored.sum()))
    disputes = int(outcome.disputed_t.sum())
    return Report(
        crowd=crowd.name,
        classes=votes.n_labels,
        tasks=votes.n_tasks,
        recorded=votes.n_votes,
        bought=outcome.answers_bought,
        bought_share=outcome.answers_bought / votes.n_votes,
        per_task=outcome.answers_bought / votes.n_tasks,
        max_overlap=outcome.max_overlap,
        accuracy=_mean(right_t[scored]),
        accuracy_low=low,
        accuracy_high=high,
        majority=majority.expected_accuracy(votes, np.where(gold, -1, truth_t)),
        claimed=_mean(claimed_t[scored]),
        disputes=disputes,
        disputes_share=disputes / max(int((~gold).sum()), 1),
        settled_accuracy=_mean(right_t[settled]),
        settled_claimed=_mean(claimed_t[settled]),
        without_experts=_mean((outcome.crowd_label_t == truth_t)[scored]),
        seconds=seconds,
    )


#: field of the report -> heading, width, decimals
COLUMNS: dict[str, tuple[str, int, int]] = {
    "classes": ("K", 3, 0),
    "tasks": ("tasks", 7, 0),
    "recorded": ("recorded", 9, 0),
    "bought": ("bought", 8, 0),
    "bought_share": ("share", 6, 3),
    "per_task": ("each", 6, 2),
    "max_overlap": ("max", 4, 0),
    "accuracy": ("accuracy", 9, 3),
    "accuracy_low": ("low", 6, 3),
    "accuracy_high": ("high", 6, 3),
    "majority": ("majority", 9, 3),
    "claimed": ("claimed", 8, 3),
    "disputes": ("disputes", 9, 0),
    "disputes_share": ("share", 6, 3),
    "settled_accuracy": ("settled", 8, 3),
    "settled_claimed": ("claimed", 8, 3),
    "without_experts": ("no expert", 10, 3),
    "seconds": ("s", 6, 1),
}
HEADER = f"{'crowd':14}" + "".join(f"{heading:>{width}}" for heading, width, _ in COLUMNS.values())


def line(row: Report) -> str:
    """The report as a line under HEADER."""
    cells = [f"{getattr(row, name):{width}.{digits}f}" for name, (_, width, digits) in COLUMNS.items()]
    return f"{row.crowd:14}" + "".join(cells)


def main() -> None:
    """Read the command line, rehearse each crowd, print the table."""
    args = _arguments()
    rules = Rules(
        min_overlap=args.min_overlap,
        max_overlap=args.max_overlap,
        target=args.target,
        gold_share=args.gold_share,
        gold_max_overlap=args.gold_max_overlap,
        expert_error=args.expert_error,
        seed=args.seed,
    )
    rows = []
    print(HEADER)
    for folder in args.data:
        crowd = read_crowd(folder)
        started = time.perf_counter()
        outcome = Rehearsal(crowd, rules).run()
        rows.append(report(crowd, outcome, rules, time.perf_counter() - started))
        print(line(rows[-1]), flush=True)
    if args.json:
        args.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, help="folders with labels.csv, gold.csv"
    )
    parser.add_argument("--min-overlap", type=int, default=stopping.MIN_OVERLAP)
    parser.add_argument("--max-overlap", type=int, help="default: half the recorded answers per task, 3 to 7")
    parser.add_argument(
        "--target", type=float, default=stopping.TARGET, help="accuracy asked for, over the batch"
    )
    parser.add_argument("--gold-share", type=float, default=Rules.gold_share)
    parser.add_argument("--gold-max-overlap", type=int, help="default: the max overlap")
    parser.add_argument("--expert-error", type=float, default=Rules.expert_error)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    return parser.parse_args()


def _mean(values: npt.NDArray[np.bool_] | FloatArray) -> float:
    return float(np.mean(values)) if values.size else float("nan")


if __name__ == "__main__":
    main()
