"""A face: lets Django find the slices' models under the one label `tasks`."""

from tasks.answers.models import Answer, Grade
from tasks.assignment.models import Assignment, Bookmark, Ration
from tasks.consensus.models import Consensus, Fit, Footing
from tasks.disputes.models import Dispute, Verdict
from tasks.offers.models import Offer
from tasks.pool.models import GoldAnswer, Task

__all__ = [
    "Answer",
    "Assignment",
    "Bookmark",
    "Consensus",
    "Dispute",
    "Fit",
    "Footing",
    "GoldAnswer",
    "Grade",
    "Offer",
    "Ration",
    "Task",
    "Verdict",
]
