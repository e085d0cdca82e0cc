"""The experts' websocket: it lets experts in, says how far things are, and wakes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser

from marketplace.accounts.models import User
from marketplace.core.events import publish_waiting
from tasks.disputes.consumers import FORBIDDEN, DisputeStream
from tests.factories import make_expert, make_worker
from tests.tasks.acts import dispute_of, pair_batch, task_of

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20


class Line:
    """A websocket as its two ends see it."""

    def __init__(self, user: User | AnonymousUser) -> None:
        scope: dict[str, Any] = {"type": "websocket", "path": "/ws/disputes", "headers": [], "user": user}
        self.ends: Any = ApplicationCommunicator(DisputeStream.as_asgi(), scope)  # type: ignore[no-untyped-call]

    async def ring(self) -> dict[str, Any]:
        """Ask to come in; what is answered."""
        await self.ends.send_input({"type": "websocket.connect"})
        return dict(await self.ends.receive_output(PATIENCE))

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        return dict(json.loads((await self.ends.receive_output(PATIENCE))["text"]))

    async def say(self, **words: str) -> None:
        """Send a message."""
        await self.ends.send_input({"type": "websocket.receive", "text": json.dumps(words)})

    async def leave(self) -> None:
        """Close the line."""
        await self.ends.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.ends.wait(PATIENCE)


def expert_user() -> User:
    return make_expert().user


def worker_user() -> User:
    return make_worker().user


def new_dispute() -> None:
    dispute_of(task_of(pair_batch()))
    publish_waiting()


async def test_it_says_how_far_things_are_and_wakes_when_they_go_on() -> None:
    line = Line(await database_sync_to_async(expert_user)())
    assert (await line.ring())["type"] == "websocket.accept"
    assert await line.hear() == {"stream": "disputes", "seq": 0}
    await database_sync_to_async(new_dispute)()
    assert await line.hear() == {"stream": "disputes", "seq": 1}
    await line.say(kind="decided", dispute="A" * 16)
    assert await line.ends.receive_nothing(0.2)
    await line.leave()


async def test_it_keeps_out_who_is_no_expert() -> None:
    for user in (await database_sync_to_async(worker_user)(), AnonymousUser()):
        answered = await Line(user).ring()
        assert (answered["type"], answered["code"]) == ("websocket.close", FORBIDDEN)
