"""A task as the claim's model has it, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field

from tasks.pool.models import Lane


@dataclass
class Modelled:
    """Who holds, answered and passed on a task, and how many answers it wants."""

    pk: int
    name: str
    gold: bool
    overlap: int
    most: int
    state: str = "open"
    begun: bool = False
    near: bool = False
    live: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    skipped: set[int] = field(default_factory=set)

    @property
    def wanted(self) -> bool:
        """Whether it may be handed to somebody."""
        return self.state == "open" and len(self.live) + len(self.answered) < self.overlap

    def fits(self, who: int) -> bool:
        """Whether it may be offered to this worker."""
        return self.wanted and who not in self.live | self.answered | self.skipped

    @property
    def lane(self) -> int:
        """How soon it is due."""
        return Lane.NEAR if self.near else Lane.BEGUN if self.begun else Lane.FRESH
