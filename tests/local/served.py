"""One web process over the tests' own database, started with the words `make run` starts it with."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.db import connection

from marketplace.local.ports import free_port, listen
from marketplace.local.run import ROOT, WEB

PATIENCE = 60.0  # seconds a reply may take before a test gives up


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Served:
    """A web process that answers."""

    port: int
    threads: ThreadPoolExecutor

    @property
    def name(self) -> str:
        """What its connections are called in the server's own list."""
        return f"web-{self.port}"

    def get(self, path: str, **headers: str) -> Reply:
        """Ask, and wait for the reply."""
        return self._send("GET", path, None, headers)

    def post(self, path: str, body: Any, secret: str) -> Reply:
        """Have something done by a program with an API key."""
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        return self._send("POST", path, json.dumps(body), headers)

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Reply:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            line.request(method, path, body, headers)
            reply = line.getresponse()
            said = {name.lower(): value for name, value in reply.getheaders()}
            return Reply(reply.status, said, reply.read())
        finally:
            line.close()

    def backends(self, waiting_for: str = "") -> list[int]:
        """Process numbers of the server's side of its connections; if so asked, only those that wait."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction would see the same for ever
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
                " AND (%s = '' OR wait_event_type = %s)",
                [self.name, waiting_for, waiting_for],
            )
            return [row[0] for row in cursor.fetchall()]

    def ask(self, path: str, **headers: str) -> Future[Reply]:
        """Ask beside others; the reply comes later."""
        return self.threads.submit(self.get, path, **headers)


@contextmanager
def served(*, url: str = "", **settings: str) -> Iterator[Served]:
    """A web process with these settings, over the database of the test, gone at the end of the block.

    `url` is another way to that database.
    """
    port = free_port()
    with listen("127.0.0.1", port) as door, ThreadPoolExecutor(64) as threads:
        made = Served(port, threads)
        address = f"{url}?application_name={made.name}" if url else url_of_the_test(made.name)
        env = os.environ | {"DATABASE_URL": address} | settings
        command = [sys.executable, "-m", *WEB, "--fd", str(door.fileno())]
        process = subprocess.Popen(command, cwd=ROOT, env=env, pass_fds=(door.fileno(),))
        try:
            assert made.get("/healthz").status == 200
            yield made
        finally:
            process.terminate()
            process.wait(30)


def url_of_the_test(name: str) -> str:
    """The address of the database that this test works in, with patience for locks that a test holds."""
    given = os.environ["DATABASE_URL"].rpartition("/")[0]
    patience = quote("-c lock_timeout=60000 -c statement_timeout=60000")
    return f"{given}/{connection.settings_dict['NAME']}?application_name={name}&options={patience}"


def until(what: Any, seconds: float = PATIENCE) -> Any:
    """Ask until the answer is true."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


def terminate(pids: list[int]) -> None:
    """End the server's side of connections, and wait until it is gone."""
    with connection.cursor() as cursor:
        for pid in pids:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
