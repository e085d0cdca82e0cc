"""`python -m marketplace.local run`: the whole of Assay on one machine, from the servers to the sign-ins."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from marketplace.local import lock, probe, state
from marketplace.local.errors import LocalError
from marketplace.local.logs import cause, tail
from marketplace.local.ports import is_loopback, listen
from marketplace.local.processes import Stopped, Supervisor, stop_leftovers
from marketplace.local.program import Program
from marketplace.local.servers import Given, start_servers
from marketplace.local.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
READY = 60.0  # seconds all parts have to become ready before the run goes on without them
SHUT = 3.0  # seconds a port may stay taken after its holder was ended
FULL = 10_000_000  # bytes free, below which a failure is blamed on the disk
# one web process; which socket is added when it starts
WEB = (
    *(
        "uvicorn",
        "marketplace.asgi:application",
        "--no-server-header",
        "--no-access-log",
        "--lifespan",
        "off",
    ),
    *("--ws-max-size", "65536", "--timeout-keep-alive", "15", "--timeout-graceful-shutdown", "5"),
)
LOUD = re.compile(r"(?<![\w-])(WARNING|ERROR|CRITICAL)(?![\w-])")


@dataclass(frozen=True)
class Wishes:
    """What the environment asks for."""

    var: Path
    host: str
    port: int
    web_processes: int
    demo: bool
    given: Given

    @property
    def address(self) -> str:
        """Where a browser on this machine finds us."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def wishes(env: Mapping[str, str]) -> Wishes:
    """Read PORT, HOST, WEB_PROCESSES, ASSAY_VAR, ASSAY_DEMO, DATABASE_URL and REDIS_URL.

    The demo's one-click sign-ins are on by themselves only where nobody but this machine can reach them.
    Raises LocalError for a number that is none.
    """
    host = env.get("HOST") or "127.0.0.1"
    return Wishes(
        var=Path(env.get("ASSAY_VAR") or ROOT / "var").resolve(),
        host=host,
        port=_number(env, "PORT", 8000, 65_535),
        web_processes=_number(env, "WEB_PROCESSES", 1, 64),
        demo=_yes(env.get("ASSAY_DEMO") or str(is_loopback(host))),
        given=Given(env.get("DATABASE_URL", ""), env.get("REDIS_URL", "")),
    )


def run(asked: Wishes) -> int:
    """Run everything until Ctrl-C or SIGTERM; the exit code. Raises LocalError when it cannot be started."""
    terminal = Terminal()
    with lock.only_one(asked.var) as mine:
        earlier = state.read(asked.var)
        if not mine:
            raise LocalError(_already(asked.var, earlier))
        left = earlier.children if earlier else ()
        stop_leftovers(left, terminal)
        with listen(asked.host, asked.port, patience_seconds=SHUT if left else 0.0) as door:
            Run(asked, terminal, door).until_stopped()
    return 0


class Run:
    """One run, from the first process to the last."""

    def __init__(self, asked: Wishes, terminal: Terminal, door: socket.socket) -> None:
        self._asked = asked
        self._terminal = terminal
        self._door = door
        self._state = state.State(
            addresses=state.Addresses("", ""), web=asked.address, supervisor=os.getpid()
        )
        self._supervisor = Supervisor(
            logs=asked.var / "log", home=ROOT, terminal=terminal, on_change=self._write_down
        )

    def until_stopped(self) -> None:
        """Start all, tell the person, watch; whatever happens, nothing is left running."""
        self._supervisor.listen_for_signals()
        try:
            self._start()
            self._greet()
            while True:
                self._supervisor.watch()
        except Stopped:
            self._terminal.say("assay", "stopping")
        except LocalError as error:
            # a full disk shows in many ways, and often cannot even write down its reason
            if shutil.disk_usage(self._asked.var).free < FULL:
                raise LocalError(f"The disk is full at {self._asked.var} ({error})") from None
            raise
        finally:
            self._supervisor.stop_all()
            state.remove(self._asked.var)
        self._terminal.say("assay", f"all stopped; the data is kept in {self._asked.var}")

    def _start(self) -> None:
        asked, supervisor = self._asked, self._supervisor
        addresses = start_servers(supervisor, asked.var, asked.given)
        self._state = replace(self._state, addresses=addresses)
        self._write_down(self._state.children)
        database = "the database of DATABASE_URL" if asked.given.database_url else "PostgreSQL"
        messages = "the Redis of REDIS_URL" if asked.given.redis_url else "Valkey"
        self._terminal.say("servers", f"{database} and {messages} are ready")
        self._terminal.say("migrate", "bringing the tables up to date")
        self._manage("migrate", "--noinput", "--skip-checks")
        if asked.demo:
            self._terminal.say("demo", "loading the example content")
            self._manage("demo")
        self._terminal.say("web", "starting, with celery and beat beside it")
        for program in self._programs():
            supervisor.start(program)
        self._wait_until_ready()

    def _programs(self) -> list[Program]:
        schedule = str(self._asked.var / "run" / "beat-schedule")
        celery = ("celery", "-A", "marketplace.celery")
        return [
            self._python("celery", *celery, "worker", "--concurrency", "2", "--loglevel", "INFO"),
            self._python("beat", *celery, "beat", "--loglevel", "INFO", "--pidfile=", "--schedule", schedule),
            # last, for it alone is waited for: the others come up meanwhile
            *(self._web(number) for number in range(1, self._asked.web_processes + 1)),
        ]

    def _web(self, number: int) -> Program:
        """One web process; all share the listening socket, so any of them answers."""
        door = self._door.fileno()
        name = "web" if number == 1 else f"web-{number}"
        program = self._python(name, *WEB, "--fd", str(door))
        return replace(program, share=(door,), ready=self._web_answers)

    def _python(self, name: str, *words: str) -> Program:
        return Program(name=name, argv=(sys.executable, "-m", *words), env=self._env(), loud=LOUD)

    def _web_answers(self) -> bool:
        return probe.status(self._asked.address, "/healthz")[0] in range(200, 500)

    def _manage(self, verb: str, *options: str) -> None:
        """One command of manage.py to its end; LocalError with its last words when it fails."""
        command = [sys.executable, "manage.py", verb, *options]
        if self._supervisor.run_once(verb, command, self._env()):
            log = self._log(verb)
            raise LocalError(f"manage.py {verb} failed: {cause(tail(log))} (more in {log})")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY
        code, body = 0, None
        while time.monotonic() < deadline:
            code, body = probe.status(self._asked.address, "/readyz")
            if code == 200:
                return
            for _ in range(5):
                self._supervisor.watch()
        self._terminal.say("assay", f"not everything is ready: {_unwell(code, body)}", "bad")

    def _greet(self) -> None:
        asked = self._asked
        lines = [f"  Assay runs at {self._terminal.strong(asked.address)}", ""]
        if asked.demo:
            if not is_loopback(asked.host):
                lines += ["  Anyone who can reach this address can sign in as the people of the demo:"]
            lines += [*self._sign_ins(), ""]
        lines += [
            f"  Data   {asked.var}",
            f"  Logs   {asked.var / 'log'}",
            "  Stop   Ctrl-C stops everything; the data stays",
        ]
        self._terminal.block(lines)

    def _sign_ins(self) -> list[str]:
        code = self._supervisor.run_once(
            "sign-ins", [sys.executable, "manage.py", "demo", "--list"], self._env()
        )
        told = [f"  {line}" for line in tail(self._log("sign-ins")).splitlines()]
        return told if code == 0 else ["  The list of demo sign-ins could not be read: manage.py demo --list"]

    def _env(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self._state.addresses.database_url,
            "REDIS_URL": self._state.addresses.redis_url,
            "ASSAY_DEMO": "1" if self._asked.demo else "0",
            "ASSAY_VAR": str(self._asked.var),
            "PYTHONUNBUFFERED": "1",
        }

    def _log(self, name: str) -> Path:
        return self._asked.var / "log" / f"{name}.log"

    def _write_down(self, children: tuple[state.Child, ...]) -> None:
        self._state = replace(self._state, children=children)
        state.write(self._asked.var, self._state)


def _number(env: Mapping[str, str], name: str, usual: int, highest: int) -> int:
    text = env.get(name) or str(usual)
    if not text.isdecimal() or not 1 <= int(text) <= highest:
        raise LocalError(f"{name} must be a number from 1 to {highest}, not {text!r}")
    return int(text)


def _yes(text: str) -> bool:
    return text.lower() in {"1", "true", "yes", "on"}


def _already(var: Path, earlier: state.State | None) -> str:
    where = f" at {earlier.web}, process {earlier.supervisor}" if earlier else ""
    return f"Assay already runs{where}, with its data in {var}; stop it first, or give another ASSAY_VAR."


def _unwell(code: int, body: object) -> str:
    """Which parts /readyz names as not well, or that it could not be read."""
    if not isinstance(body, dict) or "checks" not in body:
        return f"/readyz was answered with status {code}" if code else "/readyz was not answered"
    return ", ".join(f"{check['name']} ({check['detail']})" for check in body["checks"] if not check["ok"])
