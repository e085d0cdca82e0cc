"""What a replay showed: the numbers, against the truth and against a plain vote, and the table. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from typing import Any

import numpy as np

from marketplace.ledger.money import as_text
from tasks.quality.trust.reliability import wilson
from tasks.quality.truth import majority
from tasks.quality.votes import VoteTable
from tasks.replays.recorded import Recording


@dataclass(frozen=True)
class Report:
    """Every number of a replay, flat. Shares and accuracies lie in 0..1, None where nothing can be scored.

    `tasks` and `recorded_answers` are what was replayed; `answers_bought` counts gold too. Accuracy,
    claimed confidence and the majority's accuracy are over the same `scored_tasks`: those with a known truth
    that were not gold. `majority_accuracy` is the plain vote over all recorded answers, ties split.
    """

    tasks: int
    recorded_answers: int
    answers_bought: int
    answers_per_task: float
    accuracy: float | None
    accuracy_low: float
    accuracy_high: float
    mean_confidence: float | None
    disputes: int
    paid_micros: int
    fee_micros: int
    refunded_micros: int
    ledger_sum_micros: int
    wall_seconds: float
    answers_per_second: float
    majority_accuracy: float | None
    saved_share: float
    scored_tasks: int
    gold_tasks: int
    gold_answers: int
    crowd_accuracy: float | None
    mean_confidence_all: float | None
    expert_error: float
    dispute_undecidable: int
    paid_experts_micros: int
    open_tasks: int
    repeated_answers: int
    acknowledged_answers: int
    recovered_claims: int
    server_faults: int


@dataclass(frozen=True)
class Facts:
    """What is counted elsewhere and only passed through: see Report."""

    ledger_sum_micros: int
    wall_seconds: float
    expert_error: float
    dispute_undecidable: int
    acknowledged_answers: int
    repeated_answers: int
    recovered_claims: int
    server_faults: int


def make_report(
    recording: Recording,
    *,
    gold: frozenset[str],
    results: Mapping[str, Mapping[str, Any]],
    progress: Mapping[str, Any],
    question: str,
    facts: Facts,
) -> Report:
    """Score the results (row -> result as the API gives it) of a closed batch."""
    answered = [task for task in recording.tasks if task not in gold and results[task]["value"]]
    scored = [task for task in answered if task in recording.truth]
    right = {task: results[task]["value"][question] == recording.truth[task] for task in scored}
    crowd = [task for task in scored if not results[task]["verdict"]]
    low, high = wilson(sum(right.values()), len(scored))
    recorded, bought = len(recording.answers), progress["answers"] + progress["gold_answers"]
    return Report(
        tasks=len(recording.tasks),
        recorded_answers=recorded,
        answers_bought=bought,
        answers_per_task=bought / len(recording.tasks),
        accuracy=_mean([right[task] for task in scored]),
        accuracy_low=low,
        accuracy_high=high,
        mean_confidence=_mean([results[task]["confidence"] for task in scored]),
        disputes=progress["disputes"],
        paid_micros=progress["paid_micros"],
        fee_micros=progress["fee_micros"],
        refunded_micros=progress["refunded_micros"],
        ledger_sum_micros=facts.ledger_sum_micros,
        wall_seconds=round(facts.wall_seconds, 2),
        answers_per_second=round(recorded / facts.wall_seconds, 1),
        majority_accuracy=majority_accuracy(recording, scored),
        saved_share=1 - bought / recorded,
        scored_tasks=len(scored),
        gold_tasks=len(gold),
        gold_answers=progress["gold_answers"],
        crowd_accuracy=_mean([right[task] for task in crowd]),
        mean_confidence_all=_mean([results[task]["confidence"] for task in answered]),
        expert_error=facts.expert_error,
        dispute_undecidable=facts.dispute_undecidable,
        paid_experts_micros=progress["expert_micros"],
        open_tasks=sum(result["state"] not in ("resolved",) for result in results.values()),
        repeated_answers=facts.repeated_answers,
        acknowledged_answers=facts.acknowledged_answers,
        recovered_claims=facts.recovered_claims,
        server_faults=facts.server_faults,
    )


def majority_accuracy(recording: Recording, scored: Sequence[str]) -> float | None:
    """Accuracy on the `scored` tasks of the plain vote over every recorded answer, ties split evenly."""
    task_code = {task: code for code, task in enumerate(recording.tasks)}
    worker_code = {worker: code for code, worker in enumerate(recording.workers)}
    class_code = {label: code for code, label in enumerate(recording.classes)}
    codes = np.array(
        [(task_code[a.task], worker_code[a.worker], class_code[a.label]) for a in recording.answers],
        dtype=np.int64,
    )
    votes = VoteTable(
        codes[:, 0], codes[:, 1], codes[:, 2], len(task_code), len(worker_code), len(class_code)
    )
    truth_t = np.full(len(task_code), -1, dtype=np.int64)
    for task in scored:
        truth_t[task_code[task]] = class_code[recording.truth[task]]
    found = majority.expected_accuracy(votes, truth_t)
    return None if isnan(found) else found


def flat(report: Report) -> dict[str, Any]:
    """The report for a JSON file, in the order of its fields."""
    return asdict(report)


def table(report: Report, *, name: str, currency: str) -> str:
    """The report for a person: one table, plain vote for comparison at its end."""
    r = report
    lines = [
        ("tasks", f"{r.tasks:,}  ({r.gold_tasks:,} of them gold)"),
        ("recorded answers", _recorded(r)),
        ("answers bought", f"{r.answers_bought:,}  ({r.gold_answers:,} of them to gold)"),
        ("answers per task", f"{r.answers_per_task:.2f}"),
        ("accuracy", _with_interval(r)),
        ("  settled by the crowd alone", _percent(r.crowd_accuracy)),
        ("mean claimed confidence", _percent(r.mean_confidence)),
        ("disputes", _disputes(r)),
        ("paid to workers", as_text(r.paid_micros, currency)),
        ("paid to the expert", as_text(r.paid_experts_micros, currency)),
        ("fee", as_text(r.fee_micros, currency)),
        ("refunded", as_text(r.refunded_micros, currency)),
        ("ledger sum", f"{as_text(r.ledger_sum_micros, currency)}  (must be 0)"),
        ("wall time", f"{r.wall_seconds:,.1f} s"),
        ("answers per second", f"{r.answers_per_second:,.1f}  (recorded answers offered)"),
        ("", ""),
        ("plain majority, all answers", _percent(r.majority_accuracy)),
        ("answers saved", _percent(r.saved_share)),
    ]
    wide = max(len(label) for label, _ in lines)
    body = [f"{label:{wide}}  {value}".rstrip() for label, value in lines]
    rule = "-" * max(len(line) for line in body)
    return "\n".join([name, rule, *body, rule])


def _recorded(r: Report) -> str:
    twice = f"  ({r.repeated_answers:,} refused as a worker's second to a task)"
    return f"{r.recorded_answers:,}{twice if r.repeated_answers else ''}"


def _with_interval(r: Report) -> str:
    if r.accuracy is None:
        return "not known: no truth outside gold"
    span = f"95 %: {100 * r.accuracy_low:.1f} to {100 * r.accuracy_high:.1f}"
    return f"{_percent(r.accuracy)}  ({span}; on {r.scored_tasks:,} tasks with a truth, gold left out)"


def _disputes(r: Report) -> str:
    told = f"{r.disputes:,}  (expert wrong in {100 * r.expert_error:g} %"
    return f"{told}; {r.dispute_undecidable:,} without a truth)" if r.dispute_undecidable else f"{told})"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
