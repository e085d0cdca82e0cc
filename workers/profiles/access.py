"""The only door from a person to their worker or expert profile."""

from __future__ import annotations

from marketplace.accounts.callers import profile_of
from marketplace.accounts.models import User
from marketplace.core.errors import Forbidden
from workers.profiles.models import Expert, Worker


class NotAWorker(Forbidden):
    """You have not joined as a worker yet."""

    code = "not_a_worker"


class NotAnExpert(Forbidden):
    """Only experts may judge disputes; an operator appoints them."""

    code = "not_an_expert"


def worker_for_user(user: User) -> Worker:
    """The worker that `user` is. Raises NotAWorker for others and for paused workers.

    Asks nothing of the database for somebody who is calling: their profiles came along with them.
    """
    worker = profile_of(user, Worker)
    if worker is None or not worker.active:
        raise NotAWorker
    return worker


def expert_for_user(user: User) -> Expert:
    """The expert that `user` is, likewise. Raises NotAnExpert."""
    expert = profile_of(user, Expert)
    if expert is None or not expert.active:
        raise NotAnExpert
    return expert
