"""What runs now, in var/run/state.json: addresses for Django's settings, processes for the next start."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from marketplace.local.pids import is_running


@dataclass(frozen=True)
class Addresses:
    """Where the two servers listen, passwords included."""

    database_url: str
    redis_url: str


@dataclass(frozen=True)
class Child:
    """A process we started, so that a later run can tell it from a stranger with the same number."""

    name: str
    pid: int
    mark: str


@dataclass(frozen=True)
class State:
    """One run as it was last written down."""

    addresses: Addresses
    web: str = ""
    supervisor: int = 0  # its process number, for a person who wants to stop it
    children: tuple[Child, ...] = ()


def state_file(var: Path) -> Path:
    """Where the state of runs in `var` is kept."""
    return var / "run" / "state.json"


def read(var: Path) -> State | None:
    """The state last written in `var`; None when there is none or it cannot be read."""
    try:
        raw = json.loads(state_file(var).read_text())
        return State(
            addresses=Addresses(**raw["addresses"]),
            web=raw["web"],
            supervisor=raw["supervisor"],
            children=tuple(Child(**child) for child in raw["children"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(var: Path, state: State) -> None:
    """Replace the state file in one step; only its owner may read it, for it holds passwords."""
    target = state_file(var)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(asdict(state), out, indent=1)
    fresh.replace(target)


def remove(var: Path) -> None:
    """Forget the run: nothing of it is left."""
    state_file(var).unlink(missing_ok=True)


def addresses(var: Path) -> Addresses | None:
    """Addresses of the servers that run now in `var`; None when they do not run.

    Read by the settings of a command typed beside a running Assay, so it is cheap and knows no Django.
    """
    state = read(var)
    if state is None:
        return None
    servers = [child for child in state.children if child.name in {"postgres", "valkey"}]
    if not all(is_running(server.pid, server.mark) for server in servers):
        return None
    return state.addresses
