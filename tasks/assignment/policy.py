"""How much gold goes into a suite. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from tasks.quality.trust.gold import DEFAULT_GOLD, Standing, share

# Kinds without classes are graded right or wrong; with two classes guessing is easiest, so trust comes last.
FEWEST_LABELS = 2


class GoldRecord(NamedTuple):
    """A worker's answers to gold on one question of the project, which has `n_labels` classes."""

    right: int
    total: int
    n_labels: int | None


def gold_share_of(records: Iterable[GoldRecord], *, answers: int, gold_share: float) -> float:
    """The share of gold, 0..1, among a worker's next tasks: that of the question they are least known on.

    `gold_share` is what the client wants for workers who are well known; 0 means no gold for anybody.
    """
    if not gold_share:
        return 0.0
    settled = answers >= DEFAULT_GOLD.settled
    return max(
        (_share(*record, settled, gold_share) for record in records),
        default=_share(0, 0, None, settled, gold_share),
    )


def gold_count(size: int, *, share: float, rng: random.Random) -> int:
    """How many of `size` tasks should be gold when each is with probability `share`.

    Drawn at random so that a place in a suite tells nothing. At least one task of a suite is work, but a
    suite of one may be gold: nobody escapes being measured by asking for tasks one by one.
    """
    drawn = sum(rng.random() < share for _ in range(size))
    return min(drawn, max(1, size - 1))


@lru_cache(maxsize=4096)
def _share(right: int, total: int, n_labels: int | None, settled: bool, least: float) -> float:
    policy = replace(
        DEFAULT_GOLD,
        first=max(DEFAULT_GOLD.first, least),
        second=max(DEFAULT_GOLD.second, least),
        settled_share=least,
    )
    answers = policy.settled if settled else 0
    return share(Standing(right, total, answers), n_labels or FEWEST_LABELS, policy)
