"""The only door from a person to a project or a batch of a client."""

from __future__ import annotations

from marketplace.accounts.models import User
from marketplace.clients.access import clients_of, require_writer
from marketplace.core.errors import NotFound
from marketplace.projects.models import Batch, Project


def project_for_user(user: User, public_id: str, *, write: bool = False) -> Project:
    """A project of one of the user's clients. Raises NotFound, or Forbidden to viewers who would write."""
    found = Project.objects.select_related("client").filter(public_id=public_id, client__in=clients_of(user))
    project = found.first()
    if project is None:
        raise NotFound
    if write:
        require_writer(user, project.client)
    return project


def batch_for_user(user: User, public_id: str, *, write: bool = False) -> Batch:
    """A batch of one of the user's clients. Raises NotFound, or Forbidden to viewers who would write."""
    found = Batch.objects.select_related("project__client", "dataset").filter(
        public_id=public_id, project__client__in=clients_of(user)
    )
    batch = found.first()
    if batch is None:
        raise NotFound
    if write:
        require_writer(user, batch.project.client)
    return batch
