"""The supervisor: starts processes in order, starts them again when they end, and leaves none behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from marketplace.local import logs, pids, tether
from marketplace.local.errors import LocalError
from marketplace.local.program import Program
from marketplace.local.state import Child
from marketplace.local.terminal import Terminal

TICK = 0.1  # seconds between looks
PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds before the 1st, 2nd, ... start after an end
STEADY = 60.0  # seconds of life after which earlier ends are forgotten


class Stopped(Exception):
    """A person or the system asked us to end."""


@dataclass
class Running:
    """One program and its present process."""

    program: Program
    process: subprocess.Popen[bytes]
    mark: str
    follower: logs.Follower
    since: float
    ends: int = 0
    due: float | None = None  # when to start it again, on the monotonic clock
    awaited: bool = False  # started again and not yet ready


@dataclass
class Supervisor:
    """Runs programs; `on_change` is told of every process the moment it exists, to write it down."""

    logs: Path
    home: Path  # the directory in which programs start
    terminal: Terminal
    on_change: Callable[[tuple[Child, ...]], None]
    asked: int = 0
    _running: list[Running] = field(default_factory=list)

    def listen_for_signals(self) -> None:
        """From now on Ctrl-C, SIGTERM and SIGHUP end the run in order; a second one ends it at once."""
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._note_signal)

    def start(self, program: Program) -> None:
        """Start `program` and wait until it is ready.

        Raises LocalError with its last words when it ends or is not ready in time, Stopped when we shall end.
        """
        logs.rotate(self._log(program.name))
        running = self._launch(program)
        self._running.append(running)
        self._tell()
        deadline = time.monotonic() + program.patience
        while not program.ready():
            self._look_at_all(but=running)
            self.pause(TICK)
            if _has_ended(running.process):
                self._relaunch_or_fail(running, deadline)
            elif time.monotonic() > deadline:
                raise self._failure(program.name, f"was not ready after {program.patience:.0f} seconds")

    def run_once(self, name: str, argv: Sequence[str], env: dict[str, str]) -> int:
        """Run a command to its end and give its exit code; its output is in its log. Stopped ends it too."""
        logs.rotate(self._log(name))
        process = self._spawn(Program(name=name, argv=tuple(argv), env=env))
        try:
            while not _has_ended(process):
                self.watch()
        finally:
            _kill_group_of(process)
        return process.returncode

    def watch(self) -> None:
        """One look at everything, then a short pause: call it for as long as the run lasts."""
        self._look_at_all()
        self.pause(TICK)

    def pause(self, seconds: float) -> None:
        """Sleep, unless we are to end: then raise Stopped."""
        if self.asked:
            raise Stopped
        time.sleep(seconds)
        if self.asked:
            raise Stopped

    def stop_all(self) -> None:
        """Ask all to end, the servers only after those who use them; what does not end in time is killed."""
        for servers in (False, True):
            stage = [each for each in self._running if each.program.is_server == servers]
            for running in stage:
                if not _has_ended(running.process):
                    running.process.send_signal(running.program.stop_signal)
            began = time.monotonic()
            for running in stage:
                self._wait_or_kill(running, began + running.program.grace)
        self._running.clear()
        self._tell()

    def _wait_or_kill(self, running: Running, deadline: float) -> None:
        """Wait for the end until `deadline` (monotonic clock) or until a second signal shows impatience."""
        patient = max(self.asked, 1)
        while not _has_ended(running.process):
            if time.monotonic() > deadline or self.asked > patient:
                _kill_group_of(running.process)
            time.sleep(0.02)

    def _look_at_all(self, *, but: Running | None = None) -> None:
        for running in self._running:
            if running is not but:
                self._look_at(running)

    def _look_at(self, running: Running) -> None:
        name = running.program.name
        for line in running.follower.new_lines():
            self.terminal.relay(name, line)
        running.follower.keep_short()
        if running.due is not None:
            if time.monotonic() >= running.due:
                self._start_again(running)
        elif _has_ended(running.process):
            self._plan_restart(running)
        elif running.awaited and running.program.ready():
            running.awaited = False
            self.terminal.say(name, "runs again")

    def _plan_restart(self, running: Running) -> None:
        now = time.monotonic()
        running.ends = 1 if now - running.since > STEADY else running.ends + 1
        wait = PAUSES[min(running.ends, len(PAUSES)) - 1]
        running.due = now + wait
        how = describe_end(running.process.returncode)
        self.terminal.say(running.program.name, f"{how}; starting again in {wait:g} s", "bad")

    def _start_again(self, running: Running) -> None:
        fresh = self._launch(running.program)
        running.process, running.mark, running.since = fresh.process, fresh.mark, fresh.since
        running.due, running.awaited = None, True
        self._tell()

    def _relaunch_or_fail(self, running: Running, deadline: float) -> None:
        program = running.program
        passes = program.again is not None and program.again.search(
            logs.tail(self._log(program.name))[-2000:]
        )
        if not passes or time.monotonic() > deadline:
            raise self._failure(program.name, describe_end(running.process.returncode))
        self.pause(0.5)
        self._start_again(running)
        running.awaited = False

    def _failure(self, name: str, how: str) -> LocalError:
        log = self._log(name)
        return LocalError(f"{name} {how}: {logs.cause(logs.tail(log))} (more in {log})")

    def _launch(self, program: Program) -> Running:
        follower = logs.Follower(self._log(program.name), program.loud)
        process = self._spawn(program)
        mark = pids.start_mark(process.pid) or ""
        return Running(program=program, process=process, mark=mark, follower=follower, since=time.monotonic())

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        """Start one process in a group of its own, so that a Ctrl-C in the terminal reaches only us."""
        log = logs.open_log(self._log(program.name))
        try:
            return subprocess.Popen(
                program.argv,
                cwd=self.home,
                env=os.environ | dict(program.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=program.share,
                preexec_fn=tether.tied(program.stop_signal),  # safe: this process has one thread
            )
        except OSError as error:
            raise LocalError(
                f"{program.name} could not be started: {error.strerror}: {program.argv[0]}"
            ) from None
        finally:
            os.close(log)

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _tell(self) -> None:
        children = tuple(Child(each.program.name, each.process.pid, each.mark) for each in self._running)
        self.on_change(children)

    def _note_signal(self, signum: int, frame: FrameType | None) -> None:
        self.asked += 1


def describe_end(code: int) -> str:
    """How a process ended, in words, from its exit code as subprocess gives it."""
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def stop_leftovers(children: Sequence[Child], terminal: Terminal) -> None:
    """End what a killed run left behind: only processes it wrote down, the last started first."""
    for child in reversed(children):
        if not pids.is_running(child.pid, child.mark):
            continue
        terminal.say(child.name, "left over from an earlier run, stopping it")
        polite = signal.SIGINT if child.name == "postgres" else signal.SIGTERM
        pids.send(child.pid, child.mark, polite)
        if not pids.wait_gone(child.pid, child.mark, seconds=10):
            pids.send_group(child.pid, child.mark, signal.SIGKILL)
            pids.wait_gone(child.pid, child.mark, seconds=5)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether a child of ours has ended; what it had started is killed before its number is given back."""
    if process.returncode is not None:
        return True
    if hasattr(os, "waitid"):
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        _kill_group(process.pid)
    return process.poll() is not None


def _kill_group_of(process: subprocess.Popen[bytes]) -> None:
    """Kill a child of ours and all it started; does nothing once it has ended."""
    if process.returncode is None:
        _kill_group(process.pid)
        process.wait()


def _kill_group(pid: int) -> None:
    """Each child leads a group numbered like itself; nobody else can have that number before we reap it."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # nobody is left in it
