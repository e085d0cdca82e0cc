"""The HTTP client that outlives a server's restart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from marketplace.local.ports import free_port
from tasks.replays.http import Api, Reply, ServerAway, ServerRefused, accepted

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", handler)
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


async def test_it_sends_the_key_and_reads_the_body() -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer secret"
        return web.json_response({"path": request.path, "sent": await request.json()}, status=201)

    async with served(handler) as address, Api(address) as api:
        reply = await api.send("secret", "POST", "/work/claims", {"task": "T"})
    assert reply == Reply(201, {"path": "/api/v1/work/claims", "sent": {"task": "T"}}, 1)


async def test_it_tries_again_while_the_server_is_away_and_says_so() -> None:
    left, told = [503, 502, 500], list[bool]()

    async def handler(request: web.Request) -> web.Response:
        return web.json_response({}, status=left.pop() if left else 200)

    async with served(handler) as address, Api(address, on_away=told.append) as api:
        reply = await api.send("k", "GET", "/me")
        assert (reply.status, reply.tries, api.faults) == (200, 4, 1)
    assert told == [True, False]


async def test_it_repeats_a_post_under_one_idempotency_key() -> None:
    keys = list[str]()

    async def handler(request: web.Request) -> web.Response:
        keys.append(request.headers["Idempotency-Key"])
        return web.json_response({"id": "X"}, status=503 if len(keys) == 1 else 201)

    async with served(handler) as address, Api(address) as api:
        assert await api.post("k", "/clients", {"name": "N"}) == {"id": "X"}
    assert len(keys) == 2
    assert len(set(keys)) == 1


async def test_it_gives_up_on_a_server_that_is_not_there() -> None:
    async with Api(f"http://127.0.0.1:{free_port()}", patience=0.2) as api:
        with pytest.raises(ServerAway, match="does not answer"):
            await api.send("k", "GET", "/me")


async def test_it_gives_up_on_a_request_that_fails_in_the_server() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=500)

    async with served(handler) as address, Api(address) as api:
        with pytest.raises(ServerRefused, match=r"GET /me fails in the server \(status 500"):
            await api.send("k", "GET", "/me")


def test_it_passes_a_refusal_on_in_the_servers_words() -> None:
    body = {"code": "invalid", "detail": "No.", "errors": [{"where": "name", "detail": "Too long."}]}
    reply = Reply(422, body, 1)
    assert reply.code == "invalid"
    with pytest.raises(ServerRefused, match=r"No\. name: Too long\."):
        accepted(reply)
