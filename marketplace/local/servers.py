"""PostgreSQL and Valkey together: those that were given by address, or our own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from marketplace.local import postgres, valkey
from marketplace.local.errors import LocalError
from marketplace.local.probe import database_trouble, redis_trouble
from marketplace.local.processes import Supervisor
from marketplace.local.state import Addresses

DATABASE = "assay"
NEEDED = 300_000_000  # bytes: a fresh cluster, its log of changes, and room to work


@dataclass(frozen=True)
class Given:
    """Addresses from the environment; an empty one means: start our own."""

    database_url: str = ""
    redis_url: str = ""


def start_servers(supervisor: Supervisor, var: Path, given: Given, *, fast: bool = False) -> Addresses:
    """Start what was not given and reach what was; both answer when this returns.

    `fast` makes servers for tests, which keep nothing through a power cut. Raises LocalError.
    """
    _check_given(given)
    if not (given.database_url and given.redis_url):
        _check_room(var)
    return Addresses(
        database_url=given.database_url or _own_database(supervisor, var, fast=fast),
        redis_url=given.redis_url or _own_redis(supervisor, var, fast=fast),
    )


def _own_database(supervisor: Supervisor, var: Path, *, fast: bool) -> str:
    server = postgres.prepare(var, fast=fast)
    supervisor.start(server.program())
    server.ensure_database(DATABASE)
    return server.url(DATABASE)


def _own_redis(supervisor: Supervisor, var: Path, *, fast: bool) -> str:
    server = valkey.prepare(var, fast=fast)
    supervisor.start(server.program())
    return server.url()


def _check_given(given: Given) -> None:
    for name, url, trouble in (
        ("DATABASE_URL", given.database_url, database_trouble),
        ("REDIS_URL", given.redis_url, redis_trouble),
    ):
        why = trouble(url) if url else None
        if why:
            raise LocalError(f"{name} cannot be used: {why}")


def _check_room(var: Path) -> None:
    free = shutil.disk_usage(var).free
    if free < NEEDED:
        raise LocalError(
            f"The disk is nearly full: {free // 1_000_000} MB free at {var}, "
            f"{NEEDED // 1_000_000} MB are needed."
        )
