"""The only door from a person to a dataset."""

from __future__ import annotations

from marketplace.accounts.models import User
from marketplace.clients.access import clients_of
from marketplace.core.errors import NotFound
from marketplace.datasets.models import Dataset


def dataset_for_user(user: User, public_id: str) -> Dataset:
    """A dataset of one of the user's clients. Raises NotFound."""
    found = Dataset.objects.select_related("client").filter(public_id=public_id, client__in=clients_of(user))
    dataset = found.first()
    if dataset is None:
        raise NotFound
    return dataset
