"""The demo's projects, and how a row is recognised again by what it shows. Pure."""

from __future__ import annotations

from functools import cache
from typing import Any

from tasks.demo.codes import codes
from tasks.demo.content import DemoProject, DemoRow
from tasks.demo.dots import dots
from tasks.demo.sentences import sentences
from tasks.demo.topics import topics

COMMON_TERMS: dict[str, Any] = {
    "min_overlap": 2,
    "max_overlap": 5,
    "target_accuracy": 0.9,
    "gold_share": 0.12,
    "gold_max_overlap": 40,
    "expert_reward_micros": 400_000,
    "acceptance_seconds": 30,
}


@cache
def demo_projects() -> tuple[DemoProject, ...]:
    """All of them, drawn on first use."""
    return (dots(), sentences(), topics(), codes())


@cache
def known_rows() -> dict[str, tuple[DemoProject, DemoRow]]:
    """Every demo row with its project, by the fingerprint of what is shown of it."""
    return {shown: (project, row) for project in demo_projects() for shown, row in project.row_of().items()}
