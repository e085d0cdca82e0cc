"""The disk of the servers is full for a while: what cannot be stored is refused, and nothing else is lost."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from marketplace.local.ports import free_port
from tests.faults.conftest import Play
from tests.faults.trees import House, Servers

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]

MEGABYTE = bytes(1_000_000)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 500 MB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=500m", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk of our own can be mounted here (that takes root)")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def fill(ballast: Path) -> None:
    """Take what is left of a disk, to the last byte."""
    with suppress(OSError), ballast.open("wb", buffering=0) as out:
        while out.write(MEGABYTE):
            pass


def test_the_disk_of_the_servers_is_full(small_disk: Path, tmp_path: Path, play: Play) -> None:
    ballast = small_disk / "ballast"

    def be_full() -> None:
        fill(ballast)
        time.sleep(15)
        ballast.unlink()

    with Servers(small_disk / "servers") as servers:
        found = servers.addresses
        given = {"DATABASE_URL": found.database_url, "REDIS_URL": found.redis_url}
        with House(tmp_path / "house", free_port(), **given) as house, play(house.site(servers)) as scene:
            scene.suffer("the disk of the servers is full", be_full)
        assert scene.crowd.journal.told["503"]
