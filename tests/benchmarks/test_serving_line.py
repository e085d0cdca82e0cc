"""The driver's HTTP connection, against a server that says exactly what each test gives it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from benchmarks.serving.line import Line, Refused, Reply

Answer = Callable[[int, bytes], bytes]


@asynccontextmanager
async def server(answer: Answer, *, close: bool = False) -> AsyncIterator[Line]:
    """A line to a server that answers the n-th request of a connection with `answer(n, request)`."""

    serving = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        number = 0
        while head := await reader.read(65536):
            writer.write(answer(number, head))
            number += 1
            await writer.drain()
            if close:
                break
        writer.close()
        await writer.wait_closed()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    line = Line("127.0.0.1", listening.sockets[0].getsockname()[1], {"Authorization": "Bearer key"})
    try:
        yield line
    finally:
        line.close()
        listening.close()
        await asyncio.gather(*(task for task in serving if task))


async def test_it_sends_its_headers_and_body_and_reads_a_reply_of_known_length() -> None:
    heard = []

    def answer(number: int, request: bytes) -> bytes:
        heard.append(request)
        return b'HTTP/1.1 201 Created\r\nContent-Length: 7\r\n\r\n{"a":1}'

    async with server(answer) as line:
        reply = await line.post("/claims", {"size": 1})
        assert reply.status == 201
        assert reply.json() == {"a": 1}
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /claims HTTP/1.1\r\n")
    assert b"Authorization: Bearer key" in head
    assert body == b'{"size": 1}'


async def test_it_keeps_the_connection() -> None:
    def answer(number: int, request: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n%d" % number

    async with server(answer) as line:
        assert [(await line.get("/")).body for _ in range(3)] == [b"0", b"1", b"2"]


async def test_it_connects_again_where_the_server_closed_an_idle_connection() -> None:
    def answer(number: int, request: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % number

    async with server(answer, close=True) as line:
        assert [(await line.get("/")).body for _ in range(3)] == [b"0", b"0", b"0"]


async def test_it_reads_chunks_and_their_trailers() -> None:
    chunks = b"4\r\nhalf\r\n6;x=y\r\n a row\r\n0\r\nSum: 10\r\n\r\n"

    def answer(number: int, request: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks

    async with server(answer) as line:
        assert (await line.get("/")).body == b"half a row"
        assert (await line.get("/")).body == b"half a row"


async def test_it_waits_for_no_body_where_there_is_none() -> None:
    async with server(lambda number, request: b"HTTP/1.1 204 No Content\r\n\r\n") as line:
        assert (await line.get("/")).body == b""


def test_it_names_the_code_of_a_refusal() -> None:
    with pytest.raises(Refused) as refused:
        Reply(409, b'{"code": "nothing_to_do"}').expect(201)
    assert (refused.value.status, refused.value.code) == (409, "nothing_to_do")


def test_it_takes_a_refusal_that_is_not_json() -> None:
    with pytest.raises(Refused, match="502 Bad gateway"):
        Reply(502, b"Bad gateway").expect(200)
