"""The scene of the faults: a whole Assay with data of its own, and a table of what was seen at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from tests.faults.scenes import Figures, Scene
from tests.faults.trees import Database, Site
from tests.faults.working import at_work, set_stage

figures = Figures()
Play = Callable[..., AbstractContextManager[Scene]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was seen."""
    if figures.found or figures.ends:
        terminalreporter.section("what the faults did")
        for line in figures.lines():
            terminalreporter.write_line(line)


@pytest.fixture
def play(request: pytest.FixtureRequest) -> Play:
    """Lets a crowd work on a fresh batch for the length of a block; at its end everything is proven."""

    @contextmanager
    def run(site: Site, **terms: Any) -> Iterator[Scene]:
        stage = set_stage(site, **terms)
        with at_work(site.address, stage) as crowd:
            scene = Scene(crowd, Database(site.database_url), figures, site)
            yield scene
        scene.prove(request.node.name)

    return run
