"""Between ASGI, which the server speaks, and WSGI, which Django's synchronous handler speaks."""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from typing import IO, Any, Protocol
from urllib.parse import unquote_to_bytes

from marketplace.core.errors import DomainError
from marketplace.core.problems import PROBLEM, body_of, headers_of, status_of

Scope = dict[str, Any]
Message = dict[str, Any]
Environ = dict[str, Any]

IN_MEMORY = 1024 * 1024  # bytes of a request kept in memory, the rest goes to a file
BLOCK = 256 * 1024  # bytes of a file sent at a time
UNPREFIXED = {"CONTENT_TYPE", "CONTENT_LENGTH"}


class Readable(Protocol):
    """What a reply from a file reads from."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes."""

    def close(self) -> None:
        """Let go of it."""


class FileBlocks:
    """WSGI's file wrapper: a file in blocks that are worth the way from a thread to the loop."""

    def __init__(self, source: Readable, block_size: int = BLOCK) -> None:
        self._source = source
        self.close = source.close

    def __iter__(self) -> Iterator[bytes]:
        """The file from where it stands to its end."""
        while block := self._source.read(BLOCK):
            yield block


async def read_body(receive: Callable[[], Awaitable[Message]]) -> IO[bytes] | None:
    """The whole body of a request, so that no thread waits for a slow sender; None if the client has gone."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return io.BytesIO(message.get("body", b""))
    body = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (closed by whoever asked)
    while message["type"] == "http.request":
        body.write(message.get("body", b""))
        if not message.get("more_body"):
            return body
        message = await receive()
    body.close()
    return None


def environ_of(scope: Scope, body: IO[bytes]) -> Environ:
    """The WSGI environment of a request whose body has been read (PEP 3333)."""
    length = body.seek(0, io.SEEK_END)
    body.seek(0)
    root: str = scope.get("root_path", "")
    path = unquote_to_bytes(scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    host, port = scope.get("server") or ("localhost", 80)
    return {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root.encode().decode("latin-1"),
        "PATH_INFO": path.removeprefix(root),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileBlocks,
        **_headers(scope["headers"]),
        # also of a request sent in chunks, which tells no length
        "CONTENT_LENGTH": str(length),
    }


def refusal(path: str, error: DomainError, page: bytes) -> tuple[Message, Message]:
    """What to send without asking Django: problem details to programs, `page` to people."""
    is_api = path.startswith("/api/")
    body = json.dumps(body_of(error)).encode() if is_api else page
    headers = {
        "Content-Type": PROBLEM if is_api else "text/html; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        **headers_of(error),
    }
    wire = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return (
        {"type": "http.response.start", "status": status_of(error), "headers": wire},
        {"type": "http.response.body", "body": body},
    )


def _headers(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Request headers under their WSGI names; a repeated one is joined as its kind allows."""
    found: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        if b"_" in raw_name:
            continue  # it would pass for the header with a hyphen, which a proxy may have checked
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        key = name if name in UNPREFIXED else f"HTTP_{name}"
        value = raw_value.decode("latin-1")
        if key in found:
            value = found[key] + ("; " if key == "HTTP_COOKIE" else ",") + value
        found[key] = value
    return found
