"""The experts' websocket: it says only "there is something new up to number n"."""

from __future__ import annotations

from typing import Any, cast

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from marketplace.accounts.models import User
from marketplace.core.errors import DomainError
from marketplace.core.events import group_of, last_seq
from tasks.disputes.services import STREAM
from workers.profiles.access import expert_for_user

FORBIDDEN = 4403


class DisputeStream(AsyncJsonWebsocketConsumer):
    """Wakes an expert's desk. What happened is read over HTTP after the desk's own cursor, so a lost
    message costs a poll, never a dispute.
    """

    joined = False

    async def connect(self) -> None:
        """Let experts in, and tell them at once how far the stream is."""
        try:
            await database_sync_to_async(expert_for_user)(cast(User, self.scope["user"]))
        except (DomainError, TypeError):  # TypeError: nobody is signed in
            await self.close(code=FORBIDDEN)
            return
        await self.channel_layer.group_add(group_of(STREAM), self.channel_name)
        self.joined = True
        await self.accept()
        await self.send_json({"stream": STREAM, "seq": await database_sync_to_async(last_seq)(STREAM)})

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        if self.joined:
            await self.channel_layer.group_discard(group_of(STREAM), self.channel_name)

    async def wake_up(self, event: dict[str, Any]) -> None:
        """Pass a wake-up on."""
        await self.send_json({"stream": event["stream"], "seq": event["seq"]})

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Experts act over HTTP; what they send here is ignored."""
