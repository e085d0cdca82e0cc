"""Requests over the bridge: from the event loop to a thread and back."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from marketplace.core import reply
from marketplace.core.bridge import Bridge, Limits
from marketplace.core.problems import PROBLEM

Environ = dict[str, Any]
ROOMY = Limits(threads=2, waiting=8)
PLAIN = [("Content-Type", "text/plain")]


@dataclass
class Caller:
    """One client of a bridge: what it sends, and all it has been sent."""

    bridge: Bridge
    path: str = "/"
    method: str = "GET"
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    pieces: tuple[bytes, ...] = (b"",)
    got: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.left, self.reads, self.heard = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.reads.set()
        more = [True] * (len(self.pieces) - 1) + [False]
        self._sends: Iterator[tuple[bytes, bool]] = iter(zip(self.pieces, more, strict=True))

    async def call(self) -> Caller:
        """Send the request and take the reply."""
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "query_string": b"a=1",
            "headers": self.headers,
            "server": ("assay.test", 80),
            "client": ("192.0.2.1", 4711),
        }
        await self.bridge(scope, self._receive, self._send)
        return self

    @property
    def status(self) -> int:
        return int(self.got[0]["status"])

    @property
    def said(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.got[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(each["body"] for each in self.got[1:])

    async def _receive(self) -> dict[str, Any]:
        for piece, more in self._sends:
            return {"type": "http.request", "body": piece, "more_body": more}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        self.got.append(message)
        self.heard.set()


class Whole(list[bytes]):
    """A reply that says it is all there, as Django's do."""

    streaming = False


class Stream:
    """A reply that comes piece by piece, and knows when it was closed."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces

    def close(self) -> None:
        self.closed.set()


class Turnstile:
    """An application whose requests stay inside until they are let out."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = 0

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Whole:
        self.entered += 1
        if environ["PATH_INFO"] != "/healthz":
            assert self.open.wait(60)
        start("200 OK", PLAIN)
        return Whole([b"done"])


def echo(environ: Environ, start: Callable[..., Any]) -> Whole:
    """Tells what it was asked."""
    start("201 Created", [("Content-Type", "application/json"), ("X-Note", "kept")])
    told = {name: value for name, value in environ.items() if isinstance(value, str)}
    told["body"] = environ["wsgi.input"].read().decode()
    return Whole([json.dumps(told).encode()])


async def told(**asked: Any) -> dict[str, str]:
    """What an application saw of a request."""
    caller = await Caller(Bridge(echo, ROOMY), **asked).call()
    assert (caller.status, caller.said["x-note"]) == (201, "kept")
    found: dict[str, str] = json.loads(caller.body)
    return found


async def test_it_hands_over_all_that_was_asked() -> None:
    seen = await told(
        path="/caf\u00e9",
        method="POST",
        headers=[(b"content-type", b"text/plain"), (b"x-two", b"a"), (b"x-two", b"b")],
        pieces=(b"hel", b"lo"),
    )
    assert seen["REQUEST_METHOD"] == "POST"
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/caf\u00e9"
    assert (seen["QUERY_STRING"], seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == (
        "a=1",
        "192.0.2.1",
        "http",
    )
    assert (seen["CONTENT_TYPE"], seen["HTTP_X_TWO"]) == ("text/plain", "a,b")
    assert seen["body"] == "hello"


async def test_a_body_sent_in_pieces_has_a_length() -> None:
    assert (await told(method="POST", pieces=(b"hel", b"", b"lo")))["CONTENT_LENGTH"] == "5"


async def test_it_takes_no_header_that_passes_for_another() -> None:
    seen = await told(headers=[(b"x_forwarded_proto", b"https"), (b"cookie", b"a=1"), (b"cookie", b"b=2")])
    assert "HTTP_X_FORWARDED_PROTO" not in seen
    assert seen["HTTP_COOKIE"] == "a=1; b=2"


async def test_a_large_upload_arrives_whole() -> None:
    piece = b"x" * 700_000
    assert len((await told(method="POST", pieces=(piece, piece, piece)))["body"]) == 2_100_000


async def test_a_view_can_call_what_lives_on_the_loop() -> None:
    here = asyncio.get_running_loop()
    loops = []

    async def where() -> None:
        loops.append(asyncio.get_running_loop())

    def application(environ: Environ, start: Callable[..., Any]) -> Whole:
        async_to_sync(where)()
        return echo(environ, start)

    await Caller(Bridge(application, ROOMY)).call()
    assert loops == [here]


async def test_an_accident_is_the_servers_to_report() -> None:
    def application(environ: Environ, start: Callable[..., Any]) -> Whole:
        raise ValueError("an accident")

    bridge = Bridge(application, Limits(threads=1, waiting=0))
    for _ in range(3):  # and it leaves no place taken
        with pytest.raises(ValueError, match="an accident"):
            await Caller(bridge).call()


async def test_what_is_beyond_its_limits_is_refused_at_once() -> None:
    turnstile = Turnstile()
    bridge = Bridge(turnstile, Limits(threads=2, waiting=3), busy_page="<p>Not just now</p>")
    callers = [Caller(bridge, path="/api/v1/work") for _ in range(5)]
    inside = asyncio.gather(*[caller.call() for caller in callers])
    await asyncio.sleep(0)  # all five are in, two at work

    program = await Caller(bridge, path="/api/v1/work").call()
    assert (program.status, program.said["content-type"]) == (503, PROBLEM)
    assert int(program.said["retry-after"]) > 0
    assert json.loads(program.body)["code"] == "unavailable"
    person = await Caller(bridge, path="/work").call()
    assert (person.status, person.body) == (503, b"<p>Not just now</p>")
    assert int(person.said["retry-after"]) > 0

    turnstile.open.set()
    await inside
    assert [caller.status for caller in callers] == [200] * 5
    assert (await Caller(bridge).call()).status == 200
    assert turnstile.entered == 6


async def test_it_takes_no_more_to_work_than_it_has_threads() -> None:
    most, now, lock = 0, 0, threading.Lock()

    def application(environ: Environ, start: Callable[..., Any]) -> Whole:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.005)
        with lock:
            now -= 1
        return echo(environ, start)

    bridge = Bridge(application, Limits(threads=3, waiting=100))
    callers = await asyncio.gather(*[Caller(bridge).call() for _ in range(60)])
    assert {caller.status for caller in callers} == {201}
    assert most == 3


async def test_a_sign_of_life_does_not_stand_in_line() -> None:
    turnstile = Turnstile()
    bridge = Bridge(turnstile, Limits(threads=2, waiting=0, aside=frozenset({"/healthz"})))
    inside = asyncio.gather(*[Caller(bridge).call() for _ in range(2)])
    await asyncio.sleep(0)
    assert (await Caller(bridge, path="/healthz").call()).status == 200  # the others are still at work
    turnstile.open.set()
    assert [caller.status for caller in await inside] == [200, 200]


async def test_who_stood_in_line_too_long_is_refused() -> None:
    turnstile = Turnstile()
    bridge = Bridge(turnstile, Limits(threads=1, waiting=5, seconds=0.0))
    turnstile.open.set()
    assert (await Caller(bridge).call()).status == 503
    assert turnstile.entered == 0


async def test_a_stream_is_sent_while_it_is_made() -> None:
    heard = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"first"
        assert heard.wait(60)  # the client has it before the second is made
        yield b"second"

    stream = Stream(pieces())

    def application(environ: Environ, start: Callable[..., Any]) -> Stream:
        start("200 OK", PLAIN)
        return stream

    caller = Caller(Bridge(application, ROOMY))
    calling = asyncio.ensure_future(caller.call())
    while b"first" not in caller.body:
        await caller.heard.wait()
        caller.heard.clear()
    heard.set()
    await calling
    assert caller.body == b"firstsecond"
    assert [each.get("more_body", False) for each in caller.got[1:]][-1] is False
    assert stream.closed.is_set()


async def test_an_empty_stream_is_a_reply_too() -> None:
    def application(environ: Environ, start: Callable[..., Any]) -> Stream:
        start("204 No Content", [])
        return Stream([])

    caller = await Caller(Bridge(application, ROOMY)).call()
    assert (caller.status, caller.body) == (204, b"")


async def test_a_file_is_sent_to_its_end() -> None:
    content = bytes(range(256)) * 8192  # two megabytes
    source = io.BytesIO(content)

    def application(environ: Environ, start: Callable[..., Any]) -> Any:
        start("200 OK", PLAIN)
        return environ["wsgi.file_wrapper"](source, 4096)

    caller = await Caller(Bridge(application, ROOMY)).call()
    assert caller.body == content
    assert source.closed


async def test_a_stream_does_not_run_ahead_of_a_slow_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply, "AHEAD", 1000)
    made = []

    def pieces() -> Iterator[bytes]:
        for number in range(100):
            made.append(number)
            yield b"x" * 100

    def application(environ: Environ, start: Callable[..., Any]) -> Stream:
        start("200 OK", PLAIN)
        return Stream(pieces())

    caller = Caller(Bridge(application, ROOMY))
    caller.reads.clear()
    calling = asyncio.ensure_future(caller.call())
    for _ in range(50):
        await asyncio.sleep(0.005)
    assert len(made) <= 12
    caller.reads.set()
    await calling
    assert len(caller.body) == 10_000


async def test_a_stream_ends_when_its_client_leaves() -> None:
    def forever() -> Iterator[bytes]:
        while True:
            yield b"x" * 1000

    stream = Stream(forever())

    def application(environ: Environ, start: Callable[..., Any]) -> Stream:
        start("200 OK", PLAIN)
        return stream

    caller = Caller(Bridge(application, ROOMY))
    calling = asyncio.ensure_future(caller.call())
    await caller.heard.wait()
    caller.left.set()
    await calling
    assert stream.closed.is_set()


async def test_a_stream_to_a_client_that_stalls_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply, "STALLED", 0.05)
    stream = Stream(b"x" * 1000 for _ in iter(int, 1))

    def application(environ: Environ, start: Callable[..., Any]) -> Stream:
        start("200 OK", PLAIN)
        return stream

    caller = Caller(Bridge(application, ROOMY))
    calling = asyncio.ensure_future(caller.call())
    await caller.heard.wait()
    caller.reads.clear()
    with pytest.raises(TimeoutError):
        await calling
    assert stream.closed.is_set()


async def test_a_stream_that_breaks_is_not_passed_off_as_whole() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise ValueError("an accident")

    def application(environ: Environ, start: Callable[..., Any]) -> Stream:
        start("200 OK", PLAIN)
        return Stream(pieces())

    caller = Caller(Bridge(application, ROOMY))
    with pytest.raises(ValueError, match="an accident"):
        await caller.call()
    assert all(each.get("more_body") for each in caller.got[1:])


async def test_a_client_that_leaves_while_it_sends_is_no_request() -> None:
    turnstile = Turnstile()
    caller = Caller(Bridge(turnstile, ROOMY), method="POST", pieces=(b"half", b"never"))
    caller._sends = iter([(b"half", True)])
    caller.left.set()
    await caller.call()
    assert (turnstile.entered, caller.got) == (0, [])


async def test_a_request_that_is_called_off_leaves_no_place_taken() -> None:
    turnstile = Turnstile()
    bridge = Bridge(turnstile, Limits(threads=1, waiting=0))
    calling = asyncio.ensure_future(Caller(bridge).call())
    while not turnstile.entered:
        await asyncio.sleep(0)
    calling.cancel()
    turnstile.open.set()
    with suppress(asyncio.CancelledError):
        await calling
    assert (await Caller(bridge).call()).status == 200
