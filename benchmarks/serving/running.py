"""Assay itself for the length of a benchmark: all that `make run` starts, in a directory of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from benchmarks.serving.machine import Parts
from marketplace.local import state, tether
from marketplace.local.probe import status

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180.0  # seconds until the house answers, migrations included
PATIENCE_BESIDE = 120.0  # and a server beside it
PARTS = {"postgres": "postgres", "valkey": "valkey", "celery": "background", "beat": "background"}


class CannotRun(Exception):
    """A server did not start; the text says which and where its words are."""


def end_in_order() -> None:
    """Let a SIGTERM end this program as Ctrl-C does: with everything stopped that it started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


class Running:
    """`python -m marketplace.local run` with its data in `var`, or in a directory that is removed."""

    def __init__(self, *, port: int, web_processes: int = 2, var: Path | None = None) -> None:
        self.port = port
        self._keep = var is not None
        self.var = var or Path(tempfile.mkdtemp(prefix="assay-serving-"))
        self.var.mkdir(parents=True, exist_ok=True)
        self._programs: list[subprocess.Popen[bytes]] = []
        environment = {
            **self.environment(),
            "PORT": str(port),
            "HOST": "127.0.0.1",
            "WEB_PROCESSES": str(web_processes),
        }
        words = [sys.executable, "-m", "marketplace.local", "run"]
        house = self._start("house", words, environment)
        try:
            self._await(house, "house", port, "/readyz", PATIENCE)
        except CannotRun:
            self._keep = True
            self.stop()
            raise

    def environment(self) -> dict[str, str]:
        """What a process beside it must have in its environment; without addresses before it runs."""
        found = state.read(self.var)
        given = {"DATABASE_URL": "", "REDIS_URL": ""}
        if found is not None:
            given = {
                "DATABASE_URL": found.addresses.database_url,
                "REDIS_URL": found.addresses.redis_url,
            }
        return given | {
            "ASSAY_VAR": str(self.var),
            "ASSAY_DEMO": "0",
            "DJANGO_SETTINGS_MODULE": "marketplace.settings",
        }

    def database(self, name: str) -> str:
        """Address of another database on the same PostgreSQL."""
        return urlunsplit(urlsplit(self.environment()["DATABASE_URL"])._replace(path=f"/{name}"))

    def pids(self) -> Parts:
        """Its processes by part; what is neither a store nor background is web."""
        parts: dict[str, list[int]] = {"web": [], "postgres": [], "valkey": [], "background": []}
        found = state.read(self.var)
        for child in found.children if found else ():
            parts[PARTS.get(child.name, "web")].append(child.pid)
        return parts

    def start_beside(
        self,
        name: str,
        words: list[str],
        *,
        port: int,
        environment: Mapping[str, str],
        path: str = "/healthz",
    ) -> int:
        """Start another server on the same stores and wait until it answers at `path`; its process number.

        Raises CannotRun, and then the house runs on without it.
        """
        process = self._start(name, words, self.environment() | dict(environment))
        self._await(process, name, port, path, PATIENCE_BESIDE)
        return process.pid

    def stop(self) -> None:
        """End all of it, and forget the data unless the directory was given."""
        for process in reversed(self._programs):
            _end(process)
        if not self._keep:
            shutil.rmtree(self.var, ignore_errors=True)

    def _start(self, name: str, words: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        # the words of the stores' own addresses must not leak in from outside, nor out into the house
        surroundings = {
            key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")
        }
        given = {key: value for key, value in environment.items() if value}
        with (self.var / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                words,
                cwd=ROOT,
                env=surroundings | given,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=tether.tied(signal.SIGTERM),
            )
        self._programs.append(process)
        return process

    def _await(
        self, process: subprocess.Popen[bytes], name: str, port: int, path: str, patience: float
    ) -> None:
        deadline = time.monotonic() + patience
        while status(f"http://127.0.0.1:{port}", path)[0] != 200:
            if process.poll() is not None or time.monotonic() > deadline:
                _end(process)
                log = self.var / f"{name}.log"
                words = log.read_text(errors="replace").strip().splitlines() or [f"not a word in {log}"]
                raise CannotRun(f"{name} does not answer: {' / '.join(words[-3:])}")
            time.sleep(0.3)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
