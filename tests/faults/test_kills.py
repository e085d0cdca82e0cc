"""kill -9 of each part of Assay under load: nothing acknowledged is lost, and it comes back by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from marketplace.local.ports import free_port
from tests.faults.conftest import Play
from tests.faults.trees import House

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """All of `make run` with two web processes."""
    var: Path = tmp_path_factory.mktemp("house")
    with House(var, free_port(), WEB_PROCESSES="2") as made:
        yield made


def kill_all(house: House, names: list[str]) -> None:
    for name in names:
        house.kill(name)


def test_web_processes_are_killed_in_turns(house: House, play: Play) -> None:
    with play(house.site()) as scene:
        for name in ("web", "web-2", "web", "web-2"):
            scene.suffer(f"kill -9 of {name}", partial(house.kill, name))


def test_celery_and_beat_are_killed(house: House, play: Play) -> None:
    with play(house.site()) as scene:
        scene.suffer("kill -9 of celery", lambda: house.kill("celery"))
        scene.suffer("kill -9 of a child of celery", lambda: house.kill_a_child_of("celery"))
        scene.suffer("kill -9 of beat", lambda: house.kill("beat"))


def test_valkey_is_killed(house: House, play: Play) -> None:
    with play(house.site()) as scene:
        scene.suffer("kill -9 of Valkey", lambda: house.kill("valkey"))


def test_postgresql_is_killed(house: House, play: Play) -> None:
    with play(house.site()) as scene:
        scene.suffer("kill -9 of PostgreSQL's first process", lambda: house.kill("postgres"))
        scene.suffer("kill -9 of a process of PostgreSQL", scene.database.kill_a_backend)
        scene.suffer("kill -9 of all of PostgreSQL", lambda: house.kill_all_of("postgres"))


def test_anything_is_killed_at_any_time(house: House, play: Play) -> None:
    rng = random.Random(4)
    parts = ["web", "web-2", "celery", "beat", "valkey", "postgres"]
    with play(house.site()) as scene:
        for _ in range(4):
            names = rng.sample(parts, 2)
            scene.suffer(f"kill -9 of {names[0]} and {names[1]}", partial(kill_all, house, names))
