"""The only door from a person to their worker or expert profile."""

from __future__ import annotations

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
    """The worker that `user` is. Raises NotAWorker for others and for paused workers."""
    worker = Worker.objects.filter(user=user, active=True).first()
    if worker is None:
        raise NotAWorker
    return worker


def expert_for_user(user: User) -> Expert:
    """The expert that `user` is. Raises NotAnExpert."""
    expert = Expert.objects.filter(user=user, active=True).first()
    if expert is None:
        raise NotAnExpert
    return expert
