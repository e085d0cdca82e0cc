"""The bare view under load, behind the best server for it that is installed."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from benchmarks.serving import floor
from benchmarks.serving.adapter import CLASSES, Item, Project, System, Worker
from benchmarks.serving.figures import Counts
from benchmarks.serving.line import Line
from benchmarks.serving.machine import Parts
from benchmarks.serving.running import ROOT, Running

APPLICATION = "benchmarks.serving.bareview:application"
#: best first: two processes of four threads each wherever the server knows threads
SERVERS: dict[str, str] = {
    "granian": "granian --interface wsgi --host 127.0.0.1 --port {port} --workers 2 --blocking-threads 4 "
    "--log-level error {application}",
    "gunicorn": "gunicorn --bind 127.0.0.1:{port} --workers 2 --worker-class gthread --threads 4 "
    "--log-level error {application}",
    "uvicorn": "uvicorn --interface wsgi --host 127.0.0.1 --port {port} --workers 2 --log-level error "
    "--no-access-log {application}",
}
PYTHONS = (sys.executable, str(ROOT / ".venv-peers" / "bin" / "python"))


def choose() -> tuple[str, str]:
    """The best server installed beside us or among the peers, and the Python that has it."""
    for server in SERVERS:
        for python in PYTHONS:
            if _has(python, server):
                return server, python
    raise RuntimeError("no server for the bare view is installed")


def _has(python: str, module: str) -> bool:
    try:
        done = subprocess.run(
            [python, "-c", f"import django, rest_framework, {module}"], capture_output=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


class BareView(System):
    """Two views and two statements on the PostgreSQL of `running`, answering at `port`."""

    name = "bare view"

    def __init__(self, running: Running, *, port: int) -> None:
        self._running, self._port, self._url = running, port, running.database(floor.DATABASE)
        floor.prepare(running.database("assay"), self._url)
        self.server, python = choose()
        words = SERVERS[self.server].format(port=port, application=APPLICATION).split()
        self._web = running.start_beside(
            "bare-view", [python, "-m", *words], port=port, environment={"FLOOR_DATABASE_URL": self._url}
        )
        self._workers: list[Worker] = []

    async def create_project(self, overlap: int) -> Project:
        """Its number comes with its items."""
        return Project(0, 0, overlap)

    async def import_items(self, project: Project, count: int) -> None:
        """Items by one INSERT ... SELECT."""
        project.key = await asyncio.to_thread(floor.fill, self._url, count, project.overlap)
        project.items = count

    async def workers(self, count: int) -> list[Worker]:
        """Numbers, each with a connection; nobody signs in."""
        for number in range(len(self._workers) + 1, count + 1):
            self._workers.append(Worker(number, {"line": Line("127.0.0.1", self._port)}))
        return self._workers[:count]

    async def next(self, project: Project, worker: Worker, size: int) -> list[Item]:
        """Claim one item."""
        body = {"worker": worker.key, "project": project.key}
        reply = (await worker.extra["line"].post("/claims", body)).expect(201, 204)
        if reply.status == 204:
            return []
        claimed = reply.json()
        return [Item(claimed["item"], claimed["number"], claimed["claim"])]

    async def submit(
        self, project: Project, worker: Worker, items: list[Item], choices: list[int]
    ) -> list[bool]:
        """Answer it."""
        body = {"worker": worker.key, "claim": items[0].claim, "tree": CLASSES[choices[0]]}
        return [(await worker.extra["line"].post("/answers", body)).expect(201, 409).status == 201]

    async def check(self, project: Project) -> Counts | None:
        """What its tables hold."""
        return await asyncio.to_thread(floor.count, self._url, project.key, project.overlap)

    def pids(self) -> Parts:
        """The server and PostgreSQL."""
        return {"web": [self._web], "postgres": self._running.pids()["postgres"]}

    async def close(self) -> None:
        """Hang up."""
        for worker in self._workers:
            worker.extra["line"].close()
