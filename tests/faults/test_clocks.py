"""The clock of a running Assay is put forward and back under load: nobody loses a task, all is paid once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from marketplace.local.ports import free_port
from tests.faults.conftest import Play
from tests.faults.trees import Database, House, until

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]

HOUR = 3600
BY = 15  # seconds in which every sweep comes by
CLOCKED = Path(__file__).parent / "clocked"


@dataclass
class Clocked:
    """A house all of whose processes go by a clock of ours."""

    house: House
    jump: Path

    def put_forward(self, seconds: int) -> None:
        """By so much against the real clock; by less than before means back."""
        fresh = self.jump.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self.jump)
        time.sleep(BY)


@pytest.fixture(scope="module")
def clocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clocked]:
    """A house whose clock is right at first, until a sweep of leases has gone by it.

    A jump before the very first sweep of an installation cannot be told from a clock that was always so.
    """
    var = tmp_path_factory.mktemp("clocked")
    jump = var / "jump"
    jump.write_text("0")
    with House(var / "house", free_port(), PYTHONPATH=str(CLOCKED), CLOCK_JUMP=str(jump)) as house:
        database = Database(house.addresses.database_url)
        seen = "SELECT 1 FROM marketplace_sweepclock WHERE name LIKE 'leases@%%'"
        until(lambda: database.rows(seen), "leases were never swept")
        yield Clocked(house, jump)


def test_the_clock_jumps_by_hours(clocked: Clocked, play: Play) -> None:
    with play(clocked.house.site(), lease_seconds=600) as scene:
        answer = scene.crowd.somebody_takes_a_suite()
        scene.suffer("the clock is put forward by an hour", lambda: clocked.put_forward(HOUR))
        scene.suffer("the clock is put back by an hour", lambda: clocked.put_forward(0))
        scene.suffer("the clock is put forward by two hours", lambda: clocked.put_forward(2 * HOUR))
        assert answer()
        assert scene.database.rows("SELECT id FROM tasks_assignment WHERE state = 'expired'") == []
