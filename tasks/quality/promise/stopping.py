"""After an answer: is it enough, is one more needed, or must an expert look?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from math import ceil

#: What a batch gets unless its client says otherwise.
MIN_OVERLAP = 2
MAX_OVERLAP = 5
TARGET = 0.9

#: A single task may be this many times as doubtful as the batch is allowed to be on average.
DOUBT = 2.0


class Decision(Enum):
    """What happens to a task next."""

    #: confident enough: the consensus stands
    RESOLVE = "resolve"
    #: ask one more worker
    EXTEND = "extend"
    #: no more answers may be bought and they do not convince: an expert decides
    DISPUTE = "dispute"


def threshold(target: float) -> float:
    """The confidence, 0..1, at which one task is settled so that settled tasks are right at `target` on
    average. The rule while there is too little gold for a plan (`spending.plan`).

    `1 - 2 * (1 - target)`: 0.8 for 0.9. A client's target is about the whole batch. Most tasks settle far
    above the threshold, so asking `target` of each of them would buy answers and experts beyond what was
    ordered: on ten recorded crowds a threshold of 0.8 settled tasks that were right 0.9 of the time
    (benchmarks/quality). ValueError unless 0 < target <= 1.
    """
    if not 0 < target <= 1:
        raise ValueError(f"target must lie in (0, 1], not {target}")
    return max(0.0, 1.0 - DOUBT * (1.0 - target))


@dataclass(frozen=True)
class Rule:
    """When a task is settled, asked once more, or sent to an expert.

    ValueError unless 1 <= min_overlap <= max_overlap.
    """

    #: confidence at which it is settled; nothing is settled above 1
    threshold: float
    #: never settled on fewer answers
    min_overlap: int
    #: an expert is asked after this many
    max_overlap: int

    def __post_init__(self) -> None:
        if not 1 <= self.min_overlap <= self.max_overlap:
            raise ValueError(f"1 <= min_overlap <= max_overlap, not {self.min_overlap}, {self.max_overlap}")

    def decide(self, confidence: float, n_answers: int, *, reachable: float = 1.0) -> Decision:
        """Decide on a task with `n_answers` answers whose best class has posterior `confidence`, 0..1.

        `reachable`, 0..1, is the confidence if all answers that may still come agree with the best class
        (`posterior.reachable`). Where even that would not settle the task, the answers would be
        bought for nothing: the expert is asked at once. On the recorded crowd `relevance` this saved a
        quarter of the answers for 4 % more disputes (benchmarks/quality).
        """
        enough = n_answers >= self.min_overlap
        if enough and confidence >= self.threshold:
            return Decision.RESOLVE
        hopeless = enough and reachable < self.threshold
        return Decision.DISPUTE if hopeless or n_answers >= self.max_overlap else Decision.EXTEND


def of_all(decisions: Iterable[Decision]) -> Decision:
    """What happens to a task with several questions: it is settled when each of them is.

    Where one needs an expert, the expert looks at all. ValueError without any question.
    """
    found = set(decisions)
    if not found:
        raise ValueError("a task has at least one question")
    if Decision.DISPUTE in found:
        return Decision.DISPUTE
    return Decision.EXTEND if Decision.EXTEND in found else Decision.RESOLVE


def max_overlap_instead_of(fixed: float) -> int:
    """The max overlap for a client who used to buy `fixed` answers of every task: half of it, from 3 to 7.

    With experts at hand, answers beyond the seventh cost more than the expert they might save; below three
    there is no majority. ValueError unless fixed > 0.
    """
    if fixed <= 0:
        raise ValueError(f"fixed must be > 0, not {fixed}")
    return min(7, max(3, ceil(fixed / 2)))
