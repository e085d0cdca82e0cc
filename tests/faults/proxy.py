"""A way to a TCP server that a test makes slow, cut, silent or closed; before several, a balancer."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

BLOCK = 65_536
AT_ONCE = struct.pack("ii", 1, 0)  # closes by a reset, not by a goodbye


class Line:
    """One connection and the one it is passed on to."""

    def __init__(self, writers: list[asyncio.StreamWriter]) -> None:
        self.writers = writers
        self.lost = False  # whatever comes is swallowed, and neither side hears of it

    def reset(self) -> None:
        """End both ways at once."""
        for writer in self.writers:
            with suppress(OSError):
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            writer.transport.abort()


class Proxy:
    """Listens on `host`:`port` and passes on to its targets in turns, in a thread of its own."""

    def __init__(self, *targets: tuple[str, int], host: str = "127.0.0.1", port: int = 0) -> None:
        self.delay = 0.0  # seconds each way
        self._targets = list(targets)
        self._door = socket.create_server((host, port))
        self.host, self.port = self._door.getsockname()[:2]
        self._swallows = self._shut = False
        self._lines: set[Line] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._door.close()

    def cut(self) -> None:
        """Reset every connection there is; new ones are passed on."""
        self._do(self._reset_all)

    def swallow(self) -> None:
        """From now on nothing gets through in either way, and nobody is told: half-open connections.

        New connections are accepted, and as silent.
        """
        self._swallows = True
        self._do(self._lose_all)

    def shut(self) -> None:
        """Nobody is there any more: every connection is reset, and so is every new one."""
        self._shut = True
        self.cut()

    def heal(self) -> None:
        """New connections are passed on at once; what was lost stays lost."""
        self.delay, self._swallows, self._shut = 0.0, False, False

    def _do(self, act: Callable[[], object]) -> None:
        done = threading.Event()

        def run() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(10)

    def _reset_all(self) -> None:
        for line in set(self._lines):
            line.reset()

    def _lose_all(self) -> None:
        for line in self._lines:
            line.lost = True

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._pass_on, sock=self._door))
        self._loop.run_forever()
        server.close()
        self._reset_all()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line([writer])
        if self._shut:
            line.reset()
            return
        self._lines.add(line)
        line.lost = self._swallows
        try:
            there = None if line.lost else await self._connect()
            if there is None:
                await self._pump(reader, None, line)
                return
            line.writers.append(there[1])
            await asyncio.gather(self._pump(reader, there[1], line), self._pump(there[0], writer, line))
        except OSError:
            pass  # one side is gone, so is the other
        finally:
            line.reset()
            self._lines.discard(line)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To the next target that answers."""
        for _ in self._targets:
            self._targets.append(self._targets.pop(0))
            with suppress(OSError, TimeoutError):
                return await asyncio.wait_for(asyncio.open_connection(*self._targets[-1]), 1.0)
        raise ConnectionError("nobody is there")

    async def _pump(self, source: asyncio.StreamReader, to: asyncio.StreamWriter | None, line: Line) -> None:
        while data := await source.read(BLOCK):
            if self.delay:
                await asyncio.sleep(self.delay)
            if to is not None and not line.lost:
                to.write(data)
                await to.drain()
        if line.lost:
            await asyncio.Event().wait()  # the goodbye is swallowed, too
        raise ConnectionError("said goodbye")


def end_of(url: str) -> tuple[str, int]:
    """Host and port."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def through(proxy: Proxy, url: str) -> str:
    """The same address by way of a proxy."""
    host, port = end_of(url)
    return url.replace(f"{host}:{port}", f"{proxy.host}:{proxy.port}")
