"""Assay on several hosts: two web and two celery machines, two beats, PgBouncer; any of them may go."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.faults.conftest import Play
from tests.faults.hosts import Hosts, hosts
from tests.faults.network import FORBIDDEN, Ports

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """All machines, at work."""
    with hosts(tmp_path_factory.mktemp("hosts")) as made:
        yield made


def test_a_celery_machine_dies(machines: Hosts, play: Play) -> None:
    machine = machines.celeries[0]
    with play(machines.site) as scene:
        scene.suffer("a celery machine of two dies", machine.die)
        scene.suffer("it is switched on again", machine.start)


def test_a_web_machine_dies(machines: Hosts, play: Play) -> None:
    machine = machines.webs[0]

    def die_and_come_back() -> None:
        machine.die()
        time.sleep(5)
        machine.start()

    with play(machines.site) as scene:
        scene.suffer("a web machine of two is gone for 5 s", die_and_come_back)


def test_pgbouncer_dies(machines: Hosts, play: Play) -> None:
    bouncer = machines.bouncer
    if bouncer is None:
        pytest.skip("pgbouncer is not installed here: the machines speak to PostgreSQL itself")

    def die_and_come_back() -> None:
        bouncer.die()
        time.sleep(2)
        bouncer.start()

    with play(machines.site) as scene:
        scene.suffer("PgBouncer is gone for 2 s", die_and_come_back)


def test_postgresql_dies_behind_pgbouncer(machines: Hosts, play: Play) -> None:
    with play(machines.site) as scene:
        scene.suffer("kill -9 of PostgreSQL behind PgBouncer", lambda: machines.servers.kill("postgres"))


@pytest.mark.parametrize("part", ["webs", "celeries"])
def test_the_cable_of_a_machine_is_pulled(machines: Hosts, play: Play, part: str) -> None:
    if isinstance(machines.network, Ports):
        pytest.skip(FORBIDDEN)
    host = getattr(machines, part)[1].host

    def pull_and_plug() -> None:
        machines.network.pull(host)
        time.sleep(20)
        machines.network.plug(host)

    with play(machines.site) as scene:
        scene.suffer(f"no cable for 20 s: one of two {part}", pull_and_plug)
