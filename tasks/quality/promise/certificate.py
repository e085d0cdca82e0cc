"""What may be claimed of a batch: its expected accuracy, and a bound an audit makes good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.quality.trust.reliability import clopper_pearson_low


@dataclass(frozen=True)
class Certificate:
    """Claims about the resolved tasks of a batch."""

    #: how many tasks are resolved
    tasks: int
    #: mean of their confidences, 0..1: what the model believes; None without tasks
    expected_accuracy: float | None
    #: tasks drawn at random among the resolved ones and looked at by an expert, and how many were right
    audited: int
    audited_right: int
    #: the accuracy is at least this, in `level` of all audits; None without an audit
    accuracy_at_least: float | None
    level: float


def certify(
    confidences: Sequence[float], *, audited: int = 0, audited_right: int = 0, level: float = 0.95
) -> Certificate:
    """Certify resolved tasks from their confidences and a random audit.

    The bound is Clopper and Pearson's: it holds whatever the model believes, as long as the audited tasks
    were drawn at random. It treats the batch as unlimited, which errs on the safe side for small batches.
    ValueError unless 0 <= audited_right <= audited <= tasks.
    """
    if audited > len(confidences):
        raise ValueError(f"audited {audited} of only {len(confidences)} tasks")
    expected = sum(confidences) / len(confidences) if confidences else None
    bound = clopper_pearson_low(audited_right, audited, level) if audited else None
    return Certificate(len(confidences), expected, audited, audited_right, bound, level)
