"""A face: lets Django find the slices' models under the one label `marketplace`."""

from marketplace.accounts.models import ApiKey, User
from marketplace.clients.models import Client, Membership
from marketplace.core.models import Event, Heartbeat, StoredReply, Stream, SweepClock
from marketplace.datasets.models import Dataset, Row, RowError, RowGold
from marketplace.ledger.models import Account, JournalEntry, Posting
from marketplace.projects.models import Batch, Guideline, Project

__all__ = [
    "Account",
    "ApiKey",
    "Batch",
    "Client",
    "Dataset",
    "Event",
    "Guideline",
    "Heartbeat",
    "JournalEntry",
    "Membership",
    "Posting",
    "Project",
    "Row",
    "RowError",
    "RowGold",
    "StoredReply",
    "Stream",
    "SweepClock",
    "User",
]
