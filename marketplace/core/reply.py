"""A reply on its way from the thread that makes it to the event loop that sends it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

AHEAD = 4 * 1024 * 1024  # bytes a thread may be ahead of its client
STALLED = 60.0  # seconds for which a client may take nothing of a stream

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class ClientGone(Exception):
    """Nobody reads this reply any more."""


class Reply:
    """The reply to one request.

    A whole reply is sent when its thread is done. A stream is sent as it comes and at the client's pace: its
    thread waits where it is too far ahead, and learns when the client has gone.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Receive, send: Send) -> None:
        self._loop = loop
        self._receive = receive
        self._send = send
        self._head: dict[str, Any] = {}
        self._chunks: list[bytes] = []
        self._held = 0  # bytes in chunks
        self._ended = False
        self._gone = False
        self._room = threading.Condition()
        self._news = asyncio.Event()
        self._sender: asyncio.Task[None] | None = None

    # --- in the thread -----------------------------------------------------------------------

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """WSGI's start_response."""
        wire = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._head = {"type": "http.response.start", "status": int(status[:3]), "headers": wire}
        return self._put

    def fill(self, chunks: Iterable[bytes], *, streaming: bool) -> None:
        """Take the body. Raises ClientGone where it would stream to nobody."""
        if not streaming:
            self._chunks = [b"".join(chunks)]
            return
        for chunk in chunks:
            self._put(chunk)
        with self._room:
            self._ended = True
        self._loop.call_soon_threadsafe(self._wake)

    def _put(self, chunk: bytes) -> None:
        with self._room:
            self._room.wait_for(lambda: self._gone or self._held < AHEAD)
            if self._gone:
                raise ClientGone
            self._chunks.append(chunk)
            self._held += len(chunk)
            is_first = len(self._chunks) == 1  # the loop, once told, takes all there is
        if is_first:
            self._loop.call_soon_threadsafe(self._wake)

    # --- on the loop -------------------------------------------------------------------------

    async def complete(self) -> None:
        """Send what is left; the thread is done. TimeoutError where the client has stalled."""
        if self._sender is not None:
            await self._sender
            return
        await self._send(self._head)
        await self._send({"type": "http.response.body", "body": self._chunks[0]})

    def abandon(self) -> None:
        """Nothing more will be sent; does nothing where all has been."""
        if self._sender is not None:
            self._sender.cancel()
        self._stop()

    def _stop(self) -> None:
        """Let the thread know that nobody reads on."""
        with self._room:
            self._gone = True
            self._room.notify_all()

    def _wake(self) -> None:
        if self._sender is None:
            self._sender = self._loop.create_task(self._send_on())
        self._news.set()

    async def _send_on(self) -> None:
        """Send a stream to its end, or until the client leaves or stalls."""
        leaving = self._loop.create_task(self._wait_for_leaving())
        try:
            await self._send(self._head)
            ended = False
            while not (ended or leaving.done()):
                await self._news.wait()
                self._news.clear()
                part, ended = self._take()
                async with asyncio.timeout(STALLED):
                    await self._send({"type": "http.response.body", "body": part, "more_body": not ended})
        finally:
            leaving.cancel()
            self._stop()

    async def _wait_for_leaving(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._news.set()

    def _take(self) -> tuple[bytes, bool]:
        with self._room:
            part, self._chunks, self._held = b"".join(self._chunks), [], 0
            self._room.notify_all()
            return part, self._ended
