"""Several machines as docs/scaling.md has them: web and celery machines, PgBouncer, PostgreSQL, Valkey."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.local import privilege, tether
from marketplace.local.ports import free_port
from marketplace.local.probe import database_trouble
from marketplace.local.run import ROOT, WEB
from tests.faults.network import Host, Network, network
from tests.faults.proxy import Proxy, end_of, through
from tests.faults.trees import Database, Servers, Site, clean_environment, is_well, offspring, until

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
SERVER_CONNECTIONS = 12
LIMITS = ("statement_timeout = '15s'", "lock_timeout = '5s'", "idle_in_transaction_session_timeout = '30s'")
CELERY = ("celery", "-A", "marketplace.celery")


@dataclass
class Machine:
    """A host and the program it is there for."""

    host: Host
    start_program: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Switch it on."""
        self.process = self.start_program()

    def die(self) -> None:
        """kill -9 of everything on it."""
        for pid in (self.process.pid, *offspring(self.process.pid)):
            os.kill(pid, signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> None:
        """Switch it off in order."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.die()

    @property
    def address(self) -> str:
        """Where a web machine answers."""
        return f"http://{self.host.address}:{self.host.port}"


@dataclass
class Hosts:
    """All of it, at work."""

    servers: Servers
    network: Network
    bouncer: Machine | None  # where it is installed
    webs: list[Machine]
    celeries: list[Machine]
    balancer: Proxy
    env: dict[str, str]

    @property
    def site(self) -> Site:
        """Where a crowd goes: the balancer. The operator has a line to PostgreSQL itself."""
        found = self.servers.addresses
        address = f"http://{self.balancer.host}:{self.balancer.port}"
        return Site(
            address, found.database_url, found.redis_url, Path(self.env["ASSAY_VAR"]), self.all_webs_answer
        )

    @property
    def database(self) -> Database:
        """As an operator looks into it."""
        return Database(self.servers.addresses.database_url)

    def all_webs_answer(self) -> bool:
        """Whether each web machine is well."""
        return all(is_well(web.address) for web in self.webs)


@contextmanager
def hosts(var: Path) -> Iterator[Hosts]:
    """Two web machines and two celery machines, a beat on each of these on purpose; gone at the end."""
    with ExitStack() as stack:
        servers = stack.enter_context(Servers(var / "servers"))
        net = stack.enter_context(network())
        messages = stack.enter_context(Proxy(end_of(servers.addresses.redis_url), host=net.gateway))

        def machine(host: Host, words: tuple[str, ...], name: str, env: dict[str, str]) -> Machine:
            made = Machine(host, lambda: _start(var / f"{name}.log", (*host.prefix, *words), env))
            stack.callback(made.stop)
            return made

        straight, bouncer = servers.addresses.database_url, None
        if PGBOUNCER is None:
            url = through(stack.enter_context(Proxy(end_of(straight), host=net.gateway)), straight)
        else:
            beside = Host("bouncer", net.gateway, free_port())
            url = straight.replace("{}:{}".format(*end_of(straight)), f"{beside.address}:{beside.port}")
            bouncer = machine(beside, _bouncer(var / "bouncer", beside, straight), "bouncer", {})
        until(lambda: database_trouble(url) is None, "nobody answers between the machines and PostgreSQL")
        env = {
            "DATABASE_URL": url,
            "ASSAY_PGBOUNCER": "1",
            "REDIS_URL": through(messages, servers.addresses.redis_url),
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ASSAY_VAR": str(var / "shared"),
            "ALLOWED_HOSTS": "*",
            "PYTHONUNBUFFERED": "1",
        }
        _prepare(Database(straight), env)
        webs, celeries = [], []
        for number in (1, 2):
            host = net.host(number)
            words = _python(*WEB, "--host", host.address, "--port", str(host.port))
            webs.append(machine(host, words, f"web{number}", env))
        for number in (1, 2):
            host = net.host(2 + number)
            schedule = str(var / f"beat{number}")
            # a beat on each: one is enough, and two must do no harm
            name = f"celery{number}"
            options = ("--concurrency", "2", "--beat", "--schedule", schedule, "--hostname", f"{name}@%h")
            words = _python("tests.faults.kept", name, *_python(*CELERY, "worker", *options))
            celeries.append(machine(host, words, name, env))
        balancer = stack.enter_context(Proxy(*[(web.host.address, web.host.port) for web in webs]))
        made = Hosts(servers, net, bouncer, webs, celeries, balancer, env)
        until(made.all_webs_answer, "the machines did not become ready")
        yield made


def _python(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *words)


def _start(log: Path, words: tuple[str, ...], env: dict[str, str]) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            words,
            cwd=ROOT,
            env=clean_environment() | env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            preexec_fn=tether.tied(signal.SIGTERM),
        )


def _prepare(database: Database, env: dict[str, str]) -> None:
    """What docs/scaling.md has an operator do once: tables, by way of PgBouncer, and the role's limits."""
    Path(env["ASSAY_VAR"]).mkdir()
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--noinput", "--skip-checks"],
        cwd=ROOT,
        env=clean_environment() | env,
        check=True,
        capture_output=True,
    )
    for limit in LIMITS:
        database.do(f"ALTER ROLE assay SET {limit}")


def _bouncer(home: Path, host: Host, straight: str) -> tuple[str, ...]:
    """PgBouncer's command, with its files written."""
    home.mkdir()
    address, port = end_of(straight)
    user, password = Database(straight).owner
    (home / "users").write_text(f'"{user}" "{password}"\n')
    (home / "pgbouncer.ini").write_text(
        f"""
        [databases]
        * = host={address} port={port}
        [pgbouncer]
        listen_addr = {host.address}
        listen_port = {host.port}
        unix_socket_dir =
        auth_type = plain
        auth_file = {home / "users"}
        pool_mode = transaction
        default_pool_size = {SERVER_CONNECTIONS}
        server_login_retry = 1
        max_client_conn = 200
        query_wait_timeout = 10
        """
    )
    way = privilege.choose(Path(str(PGBOUNCER)), home)  # like PostgreSQL it refuses to be root
    privilege.give(way, home)
    return (*way.prefix, str(PGBOUNCER), "-q", str(home / "pgbouncer.ini"))
