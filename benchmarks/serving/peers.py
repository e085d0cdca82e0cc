"""Peers that run beside us: the adapters of another bench, used where they lie.

A directory of peers holds `systems.json` (name, module, class, opts with the url, a file of users and the
files that name the processes) and a package with one adapter class per system.
"""

from __future__ import annotations

import importlib
import json
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp

from benchmarks.serving.adapter import Item, Project, System, Worker
from benchmarks.serving.line import Refused
from benchmarks.serving.machine import Parts

NAMES = ("labelstudio", "pybossa")
CHUNK = 5000  # items of one import
SEED = 7  # of the texts it makes
Result = TypeVar("Result")


class Peer(System):
    """A system through its own adapter; a fresh one of these for every project."""

    def __init__(self, spec: dict[str, Any], directory: Path, *, largest: int) -> None:
        self.name, self.largest = spec["name"], largest
        self._options = {
            key: _placed(value, directory) if "file" in key or key == "users" else value
            for key, value in spec["opts"].items()
        }
        self._make: Callable[..., Any] = getattr(importlib.import_module(spec["module"]), spec["class"])
        self._session: aiohttp.ClientSession | None = None
        self._newest: Any = None

    async def create_project(self, overlap: int) -> Project:
        """A project of its own."""
        if self._session is None:
            closing = bool(self._options.get("force_close"))
            connector = aiohttp.TCPConnector(limit=0, force_close=closing)
            self._session = aiohttp.ClientSession(connector=connector)
        adapter = self._newest = self._make(self._session, **self._options)
        await _heard(adapter.create_project(overlap))
        return Project(adapter, 0, overlap)

    async def import_items(self, project: Project, count: int) -> None:
        """By its own import, a chunk at a time."""
        for start in range(0, count, CHUNK):
            await _heard(project.key.import_items(start, min(CHUNK, count - start), SEED))
            print(f"  {self.name}: {min(start + CHUNK, count):,} of {count:,} items", flush=True)
        project.items = count

    async def workers(self, count: int) -> list[Worker]:
        """Its users."""
        return [Worker(found.id, {"self": found}) for found in await self._newest.workers(count)]

    async def next(self, project: Project, worker: Worker, size: int) -> list[Item]:
        """One item."""
        found = await _heard(project.key.next(worker.extra["self"]))
        return [] if found is None else [Item(found.id, found.idx or 0, found)]

    async def submit(
        self, project: Project, worker: Worker, items: list[Item], choices: list[int]
    ) -> list[bool]:
        """Its answer."""
        return [await _heard(project.key.submit(worker.extra["self"], items[0].claim, choices[0]))]

    async def export(self, project: Project) -> int | None:
        """Its own export."""
        return int((await _heard(project.key.export()))[0])

    def pids(self) -> Parts:
        """Its server, and its stores together."""
        adapter = self._newest
        return {"web": adapter.pids(), "postgres": adapter.store_pids()} if adapter else {}

    async def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()


def find(directory: Path, *, largest: int) -> tuple[list[Peer], list[str]]:
    """Peers that are set up and answer, and for the others why not."""
    listed = directory / "systems.json"
    if not listed.is_file():
        return [], [f"{name}: no {listed.name} in {directory}" for name in NAMES]
    sys.path.insert(0, str(directory))
    peers, missing = [], []
    for spec in json.loads(listed.read_text()):
        if spec["name"] in NAMES:
            why = _trouble(spec, directory)
            if why:
                missing.append(f"{spec['name']}: {why}")
            else:
                peers.append(Peer(spec, directory, largest=largest))
    return peers, missing


def _trouble(spec: dict[str, Any], directory: Path) -> str:
    """Why a peer cannot be measured; empty when it can."""
    address = urlsplit(spec["opts"]["url"])
    try:
        socket.create_connection((address.hostname or "", address.port or 80), 2).close()
    except OSError:
        return f"nothing answers at {spec['opts']['url']}"
    users = _placed(spec["opts"]["users"], directory)
    return "" if Path(users).is_file() else f"no users in {users}"


def _placed(value: Any, directory: Path) -> Any:
    return [_placed(each, directory) for each in value] if isinstance(value, list) else str(directory / value)


async def _heard(act: Awaitable[Result]) -> Result:
    """What a peer's adapter does, its own errors as ours."""
    try:
        return await act
    except aiohttp.ClientError as error:
        raise ConnectionError(str(error)) from error
    except Exception as error:
        status = getattr(error, "status", None)
        if status is None:
            raise
        raise Refused(int(status), str(getattr(error, "body", "")).encode()) from error
