"""A face: lets Django find the slices' models under the one label `tasks`."""

from tasks.answers.models import Answer, Grade
from tasks.assignment.models import Assignment
from tasks.consensus.models import Consensus, Fit
from tasks.disputes.models import Dispute, Verdict
from tasks.pool.models import GoldAnswer, Task

__all__ = ["Answer", "Assignment", "Consensus", "Dispute", "Fit", "GoldAnswer", "Grade", "Task", "Verdict"]
