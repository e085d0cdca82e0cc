"""What the driver knows of a system: one adapter each, the same acts for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from benchmarks.serving.figures import Counts, Tally
from benchmarks.serving.machine import Parts

CLASSES = ("oak", "ash", "elm", "fir")
_STEP = 2_654_435_761
#: the same in SQL, of a bigint `n`
TRUTH_IN_SQL = f"mod(n * {_STEP} / 128, {len(CLASSES)})"


def truth(item: int) -> int:
    """The right answer to item number `item`, the same for every system and run; easy to compute in SQL."""
    return item * _STEP // 128 % len(CLASSES)


@dataclass(frozen=True)
class Item:
    """A claimed task: `key` is what overlap is counted on, `number` leads to the truth."""

    key: Any
    number: int
    claim: Any = None


@dataclass
class Worker:
    """One who answers; `extra` is the adapter's own."""

    key: Any
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Project:
    """A pool of items in a system; `key` is the system's own name of it."""

    key: Any
    items: int
    overlap: int


@dataclass(frozen=True)
class Load:
    """What is asked of a system for a while: a closed loop of next and submit by so many workers.

    It ends after `seconds`, or `most` answers, or with `drain` when no worker finds anything any more.
    """

    workers: int
    seconds: float
    seed: int
    suite: int = 1
    think: float = 0.0
    drain: bool = False
    most: int = 10**9


class Adapter(Protocol):
    """A system under load. Only what is named here is ever called."""

    name: str
    #: most items it is measured with; None: any
    largest: int | None
    #: most tasks it hands out at once
    suites: int

    async def create_project(self, overlap: int) -> Project:
        """An empty project."""

    async def import_items(self, project: Project, count: int) -> None:
        """Fill a project with `count` items and open it for work."""

    async def workers(self, count: int) -> list[Worker]:
        """The first `count` workers; the same each time."""

    async def next(self, project: Project, worker: Worker, size: int) -> list[Item]:
        """Claim up to `size` items; none when there is nothing for this worker now. Raises Refused."""

    async def submit(
        self, project: Project, worker: Worker, items: list[Item], choices: list[int]
    ) -> list[bool]:
        """Answer claimed items; True for each answer the system said it kept, False for one it refused
        (over quota, lease lost, twice). Raises Refused for anything else.
        """

    async def export(self, project: Project) -> int | None:
        """How many answers the system's own export tells of; None where it has none."""

    async def check(self, project: Project) -> Counts | None:
        """What stands in its database; None where we cannot look."""

    def pids(self) -> Parts:
        """Root processes by part."""

    async def quiet(self) -> None:
        """Wait until what the answers set off is done: it is charged to them."""

    async def apply(self, project: Project, load: Load) -> Tally | None:
        """Run a load by its own means; None: the driver does it through `next` and `submit`."""

    async def close(self) -> None:
        """Let go of everything."""


class System:
    """What most adapters have in common."""

    name = ""
    largest: int | None = None
    suites = 1

    async def export(self, project: Project) -> int | None:
        """No export."""
        return None

    async def check(self, project: Project) -> Counts | None:
        """No look into its database."""
        return None

    async def quiet(self) -> None:
        """Nothing is set off."""

    async def apply(self, project: Project, load: Load) -> Tally | None:
        """By the driver."""
        return None

    async def close(self) -> None:
        """Nothing is held."""
