"""A small client of the HTTP API that outlives a server's restart."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple, Self

import aiohttp

from marketplace.core.ids import public_id

AWAY = (502, 503, 504)
MOST_FAULTS = 5
LONGEST_PAUSE = 2.0


class ServerAway(Exception):
    """No answer from the server, for longer than we are patient; the text says which and why."""


class ServerRefused(Exception):
    """The server refused what it should not; the text is one line with its reason."""


class Reply(NamedTuple):
    """What came back; `tries` is more than 1 when an earlier try may have got through unseen."""

    status: int
    body: Any
    tries: int

    @property
    def code(self) -> str:
        """The stable code of a refusal; empty for a success."""
        return str(self.body.get("code", "")) if self.status >= 400 and isinstance(self.body, dict) else ""


class Api:
    """The public HTTP API of a running server, as many callers with their own keys use it.

    A request that got no answer, or 502 to 504, is sent again with growing pauses until `patience` seconds
    are over; `on_away(True)` is told when that begins and `on_away(False)` when the server is back. `faults`
    counts answers of status 500.
    """

    def __init__(
        self,
        server: str,
        *,
        connections: int = 16,
        patience: float = 180.0,
        on_away: Callable[[bool], None] = lambda away: None,
    ) -> None:
        self.server, self.faults, self.requests = server.rstrip("/"), 0, 0
        self._connections, self._patience, self._on_away = connections, patience, on_away
        self._failing = 0

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=10)
        timeout = aiohttp.ClientTimeout(total=300, sock_connect=10)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, key: str, path: str) -> Any:
        """The body of a GET; ServerRefused unless it succeeds."""
        return accepted(await self.send(key, "GET", path)).body

    async def post(self, key: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The body of a POST that happens once however often it is sent; ServerRefused unless it succeeds."""
        headers = {"Idempotency-Key": public_id()}
        return accepted(await self.send(key, "POST", path, body, headers=headers)).body

    async def upload(self, key: str, path: str, *, name: str, file_name: str, content: bytes) -> Any:
        """Upload a file with a name, once however often it is sent; ServerRefused unless it is taken."""

        def form() -> aiohttp.FormData:
            data = aiohttp.FormData()
            data.add_field("name", name)
            data.add_field("file", content, filename=file_name)
            return data

        headers = {"Idempotency-Key": public_id()}
        return accepted(await self.send(key, "POST", path, form=form, headers=headers)).body

    async def send(
        self,
        key: str,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        form: Callable[[], aiohttp.FormData] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Send a request until it is answered. Raises ServerAway, or ServerRefused after repeated 500s."""
        tries, faults, since = 0, 0, time.monotonic()
        sent = {"Authorization": f"Bearer {key}"} | (headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        while True:
            tries += 1
            data = form() if form else json.dumps(body).encode() if body is not None else None
            try:
                status, answer = await self._once(method, path, data, sent)
                trouble = f"status {status}"
            except (aiohttp.ClientError, TimeoutError) as error:
                status, answer, trouble = 0, None, str(error) or error.__class__.__name__
            if status and status != 500 and status not in AWAY:
                self._note(failing=False, again=tries > 1)
                return Reply(status, answer, tries)
            faults += status == 500
            if faults >= MOST_FAULTS:
                raise ServerRefused(f"{method} {path} fails in the server (status 500, {faults} times)")
            if time.monotonic() - since > self._patience:
                raise ServerAway(f"{self.server} does not answer ({trouble})")
            self._note(failing=True, again=tries > 1)
            await asyncio.sleep(random.uniform(0.5, 1.0) * min(0.1 * 2**tries, LONGEST_PAUSE))  # noqa: S311

    async def _once(
        self, method: str, path: str, data: bytes | aiohttp.FormData | None, headers: dict[str, str]
    ) -> tuple[int, Any]:
        self.requests += 1
        address = f"{self.server}{path}" if path.startswith("/healthz") else f"{self.server}/api/v1{path}"
        async with self._session.request(method, address, data=data, headers=headers) as response:
            raw = await response.read()
            self.faults += response.status == 500
            is_json = "json" in response.content_type
            return response.status, json.loads(raw) if raw and is_json else raw.decode(errors="replace")

    def _note(self, *, failing: bool, again: bool) -> None:
        """Count the requests that wait for the server; tell when the first begins and the last ends."""
        if failing == again:
            return
        self._failing += 1 if failing else -1
        if self._failing == int(failing):
            self._on_away(failing)


def accepted(reply: Reply) -> Reply:
    """The reply itself when it is a success; ServerRefused with the server's own words otherwise."""
    if reply.status < 400:
        return reply
    said = reply.body if isinstance(reply.body, dict) else {}
    faults = "; ".join(f"{fault['where']}: {fault['detail']}" for fault in said.get("errors", []))
    raise ServerRefused(f"{said.get('detail', f'status {reply.status}')} {faults}".strip())
