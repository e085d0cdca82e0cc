"""The door from an expert to a dispute."""

from __future__ import annotations

from marketplace.core.errors import NotFound
from tasks.disputes.models import Dispute
from workers.profiles.models import Expert


def dispute_for_expert(expert: Expert, public_id: str, *, lock: bool = False) -> Dispute:
    """A dispute this expert may judge. With `lock` its row is held until the transaction ends.

    Raises NotFound. (Languages and kinds an expert may judge come with the expert's desk issue:
    today every active expert may judge everything but rows they answered as a worker.)
    """
    rows = Dispute.objects.select_related("task__row", "batch__project")
    if lock:
        rows = rows.select_for_update(of=("self",))
    dispute = rows.filter(public_id=public_id).exclude(task__answers__worker__user_id=expert.user_id).first()
    if dispute is None:
        raise NotFound
    return dispute
