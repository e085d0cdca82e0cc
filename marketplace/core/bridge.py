"""HTTP from an event loop to threads: any number of open connections, a bounded number of requests at work.

Our views are synchronous, and Django's WSGI handler runs them for a fraction of what its ASGI handler takes
(docs/decisions/0012). Websockets need an event loop. So one server speaks both: websockets stay on its loop,
and each HTTP request, once it has been read to its end, is handed to one of a few threads.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async

from marketplace.core.errors import Unavailable
from marketplace.core.reply import ClientGone, Receive, Reply, Send
from marketplace.core.wire import Environ, Scope, environ_of, read_body, refusal

WsgiApplication = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class Limits:
    """How much one process takes on: `threads` requests at work, and `waiting` more in line.

    Who has stood in line for `seconds` is refused too: nobody waits for that reply any more. Requests for the
    paths in `aside` have a thread and a line of their own.
    """

    threads: int
    waiting: int
    seconds: float = 5.0
    aside: frozenset[str] = frozenset()


class Bridge:
    """An ASGI application for HTTP that runs a WSGI application in threads.

    What is beyond its limits is refused at once, with 503 and Retry-After: a line that only grows ends with
    everybody waiting for replies that come too late.
    """

    def __init__(self, application: WsgiApplication, limits: Limits, *, busy_page: str = "") -> None:
        self._application = application
        self._limits = limits
        self._busy_page = busy_page.encode()
        self._inside = 0
        self._main = self._threads(limits.threads, "http")
        self._aside = self._threads(1, "aside")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = await read_body(receive)
        if body is None:
            return  # the client has gone
        with body:
            if scope["path"] in self._limits.aside:
                await self._serve(self._aside, environ_of(scope, body), receive, send)
                return
            if self._inside >= self._limits.threads + self._limits.waiting:
                await self._refuse(scope["path"], send)
                return
            self._inside += 1
            try:
                await self._serve(self._main, environ_of(scope, body), receive, send)
            finally:
                self._inside -= 1

    def _threads(self, number: int, name: str) -> Callable[..., Awaitable[bool]]:
        """`_answer`, run in threads.

        Unlike the loop's run_in_executor this lets a view call async_to_sync, which then runs on the loop.
        """
        pool = ThreadPoolExecutor(number, thread_name_prefix=name)
        return sync_to_async(self._answer, thread_sensitive=False, executor=pool)

    async def _serve(
        self, answer: Callable[..., Awaitable[bool]], asked: Environ, receive: Receive, send: Send
    ) -> None:
        reply = Reply(asyncio.get_running_loop(), receive, send)
        try:
            if await answer(asked, reply, time.monotonic() + self._limits.seconds):
                await reply.complete()
            else:
                await self._refuse(asked["PATH_INFO"], send)
        finally:
            reply.abandon()

    def _answer(self, asked: Environ, reply: Reply, latest: float) -> bool:
        """In a thread: make the reply; False where its turn came too late."""
        if time.monotonic() > latest:
            return False
        result = self._application(asked, reply.start)
        try:
            # Django says whether a reply is whole; of others we do not know
            with suppress(ClientGone):
                reply.fill(result, streaming=getattr(result, "streaming", True))
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()
        return True

    async def _refuse(self, path: str, send: Send) -> None:
        for message in refusal(path, Unavailable(), self._busy_page):
            await send(message)
