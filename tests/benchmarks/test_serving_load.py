"""The closed loop of the serving benchmark, on a system that lives in memory."""

from __future__ import annotations

from collections import defaultdict

from benchmarks.serving.adapter import Item, Load, Project, System, Worker, truth
from benchmarks.serving.figures import Ledger
from benchmarks.serving.line import Refused
from benchmarks.serving.load import drive
from benchmarks.serving.machine import Parts


class InMemory(System):
    """Hands out each item `overlap` times, once per worker; `generous` forgets to count."""

    name, suites = "in memory", 10

    def __init__(self, *, generous: bool = False, refusing: bool = False) -> None:
        self.generous, self.refusing = generous, refusing
        self.had: dict[int, list[object]] = defaultdict(list)
        self.choices: dict[tuple[int, object], int] = {}

    async def create_project(self, overlap: int) -> Project:
        return Project("only", 0, overlap)

    async def import_items(self, project: Project, count: int) -> None:
        project.items = count

    async def workers(self, count: int) -> list[Worker]:
        return [Worker(number) for number in range(count)]

    async def next(self, project: Project, worker: Worker, size: int) -> list[Item]:
        if self.refusing:
            raise Refused(503, b'{"code": "busy"}')
        room = project.items if self.generous else project.overlap
        free = [
            number
            for number in range(project.items)
            if worker.key not in self.had[number] and len(self.had[number]) < room
        ][:size]
        for number in free:
            self.had[number].append(worker.key)
        return [Item(f"item {number}", number) for number in free]

    async def submit(
        self, project: Project, worker: Worker, items: list[Item], choices: list[int]
    ) -> list[bool]:
        self.choices |= {
            (item.number, worker.key): choice for item, choice in zip(items, choices, strict=True)
        }
        return [True] * len(items)

    def pids(self) -> Parts:
        return {}


async def run(system: InMemory, load: Load, items: int = 20) -> Ledger:
    """What the driver's book says after a load."""
    project = await system.create_project(3)
    await system.import_items(project, items)
    ledger = Ledger()
    ledger.add((await drive(system, project, load)).kept)
    return ledger


async def test_it_drains_a_project_to_exactly_its_overlap() -> None:
    found = (await run(InMemory(), Load(8, 60.0, seed=1, drain=True))).counts(3)
    assert (found.answers, found.full, found.items_over, found.twice) == (60, 20, 0, 0)


async def test_it_notices_a_system_that_hands_out_too_much() -> None:
    found = (await run(InMemory(generous=True), Load(8, 60.0, seed=1, drain=True))).counts(3)
    assert (found.items_over, found.surplus) == (20, 20 * 5)


async def test_it_drains_by_suites_too() -> None:
    found = (await run(InMemory(), Load(8, 60.0, seed=1, suite=10, drain=True))).counts(3)
    assert (found.answers, found.full) == (60, 20)


async def test_it_stops_at_the_most_answers_asked_for() -> None:
    ledger = await run(InMemory(), Load(1, 60.0, seed=1, most=7))
    assert ledger.answers == 7


async def test_it_chooses_the_same_for_the_same_seed() -> None:
    first, again, other = InMemory(), InMemory(), InMemory()
    await run(first, Load(4, 60.0, seed=1, drain=True))
    await run(again, Load(4, 60.0, seed=1, drain=True))
    await run(other, Load(4, 60.0, seed=2, drain=True))
    assert first.choices == again.choices
    assert first.choices != other.choices


async def test_it_is_right_about_as_often_as_its_workers_are() -> None:
    system = InMemory()
    await run(system, Load(8, 60.0, seed=1, drain=True), items=200)
    right = sum(choice == truth(number) for (number, _), choice in system.choices.items())
    assert 0.85 < right / len(system.choices) < 0.99


async def test_it_counts_what_was_refused_as_faults() -> None:
    system = InMemory(refusing=True)
    project = await system.create_project(3)
    tally = await drive(system, project, Load(1, 0.01, seed=1))
    assert dict(tally.faults) == {"next 503": 1}
    assert "busy" in tally.last_fault
