"""The stories' stage: a whole Assay as `make run` starts it, and a real browser before it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from marketplace.local import browser as chromium

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Stage:
    """A running Assay: where it is, and where it keeps what it knows."""

    address: str
    var: Path
    process: subprocess.Popen[bytes]

    def manage(self, *words: str, timeout: float = PATIENCE_SECONDS) -> subprocess.CompletedProcess[str]:
        """One command of manage.py beside the running Assay."""
        command = [sys.executable, "manage.py", *words]
        env = clean_environment() | {"ASSAY_VAR": str(self.var)}
        return subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=timeout, check=False
        )

    def pids(self) -> dict[str, int]:
        """The processes it runs, by name."""
        state = json.loads((self.var / "run" / "state.json").read_text())
        return {child["name"]: child["pid"] for child in state["children"]}

    def is_ready(self) -> bool:
        """Whether every part of it is well."""
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=5) as reply:  # noqa: S310
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def clean_environment() -> dict[str, str]:
    """Our environment without what the test session set for itself."""
    own = ("DATABASE_URL", "REDIS_URL", "ASSAY_", "DJANGO_")
    return {key: value for key, value in os.environ.items() if not key.startswith(own)}


def wait_for(what: Callable[[], Any], why: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """Ask until the answer is true, or fail with `why`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.25)
    pytest.fail(f"waited {seconds:.0f} s: {why}")


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A demo started by the command behind `make run`, on a free port, with data of its own."""
    var = tmp_path_factory.mktemp("stage")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (var / "run.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "marketplace.local", "run"],
        cwd=ROOT,
        env=clean_environment() | {"ASSAY_VAR": str(var), "PORT": str(port), "ASSAY_DEMO": "1"},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    running = Stage(f"http://127.0.0.1:{port}", var, process)
    try:
        wait_for(
            lambda: process.poll() is not None or b"Ctrl-C stops" in (var / "run.log").read_bytes(),
            "the demo did not start",
        )
        assert process.poll() is None, (var / "run.log").read_text()
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    path = chromium.find()
    if path is None:
        pytest.skip(chromium.MISSING)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def sign_in(stage: Stage, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a window of its own, signed in as one of the demo's people; nothing on a page may fail unseen."""
    contexts = []
    faults: list[str] = []

    def open_window(person: str, **options: Any) -> Page:
        context = browser.new_context(base_url=stage.address, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda line: faults.append(line.text) if is_fault(line.type, line.text) else None)
        page.goto("/")
        page.locator(f'button[name="person"][value="{person}"]').click()
        page.wait_for_load_state()
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert faults == []


def is_fault(kind: str, text: str) -> bool:
    """Whether a line of the browser's console is a fault: a refused request is an answer, not a fault."""
    return kind == "error" and not re.search(r"status of 4\d\d", text)
