"""A supervisor in a directory of the test's own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from marketplace.local.processes import Supervisor
from marketplace.local.state import Child
from marketplace.local.terminal import Terminal


@dataclass
class Bench:
    """A supervisor, what it said, and the processes it wrote down."""

    var: Path
    said: io.StringIO = field(default_factory=io.StringIO)
    children: tuple[Child, ...] = ()

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(
            logs=self.var / "log",
            home=self.var,
            terminal=Terminal(self.said),
            on_change=lambda children: setattr(self, "children", children),
        )

    def child(self, name: str) -> Child:
        """The process now running under that name."""
        return next(child for child in self.children if child.name == name)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A bench whose processes are gone when the test is over."""
    made = Bench(tmp_path)
    yield made
    made.supervisor.stop_all()
