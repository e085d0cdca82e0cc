"""One kept HTTP/1.1 connection, as lean as can be: what the driver uses, the servers do not get."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

LONGEST = 64 * 1024 * 1024  # bytes of a line or chunk we take


class Refused(Exception):
    """The server said no, or nothing it should; `status` is its HTTP status and `code` its own word."""

    def __init__(self, status: int, body: bytes) -> None:
        said = _code(body)
        super().__init__(f"{status} {said or body[:200].decode(errors='replace')}")
        self.status, self.code = status, said


class Reply(NamedTuple):
    """Status and body."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)

    def expect(self, *statuses: int) -> Reply:
        """Itself; Refused unless the status is one of these."""
        if self.status not in statuses:
            raise Refused(self.status, self.body)
        return self


class Line:
    """One worker's connection, opened at the first request and again whenever the server closed it.

    Requests on it follow one another. A request that finds a kept connection closed is sent once more.
    """

    def __init__(self, host: str, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._address = host, port
        fixed = {"Host": f"{host}:{port}", "Accept": "application/json"} | dict(headers or {})
        self._head = "".join(f"{name}: {value}\r\n" for name, value in fixed.items())
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, path: str) -> Reply:
        """The reply to a GET."""
        return await self.send("GET", path)

    async def post(self, path: str, body: Any = None) -> Reply:
        """The reply to a POST of `body` as JSON."""
        return await self.send("POST", path, json.dumps({} if body is None else body).encode())

    async def send(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """The reply to a request. Raises OSError or asyncio.IncompleteReadError when there is none."""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        data = f"{head}\r\n".encode() + (body or b"")
        if self._writer is not None:
            try:
                return await self._exchange(data)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()  # an idle connection was closed from the other side
        host, port = self._address
        self._reader, self._writer = await asyncio.open_connection(host, port, limit=LONGEST)
        try:
            return await self._exchange(data)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection; the next request opens another."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _exchange(self, data: bytes) -> Reply:
        reader, writer = self._reader, self._writer
        if reader is None or writer is None:
            raise ConnectionError("not connected")
        writer.write(data)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head[:-4].split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ", 2)[1])
        body = await _body(reader, status, fields)
        if fields.get("connection", "").lower() == "close" or first.startswith("HTTP/1.0"):
            self.close()
        return Reply(status, body)


async def _body(reader: asyncio.StreamReader, status: int, fields: Mapping[str, str]) -> bytes:
    if status in (204, 304):
        return b""
    if "chunked" in fields.get("transfer-encoding", "").lower():
        return await _chunks(reader)
    if "content-length" in fields:
        return await reader.readexactly(int(fields["content-length"]))
    return await reader.read(-1)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers
    return b"".join(parts)


def _code(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    return str(said.get("code", "")) if isinstance(said, dict) else ""
