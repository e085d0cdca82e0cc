"""How much gold goes into a suite. Pure."""

from __future__ import annotations

import random

NEWCOMER_ANSWERS = 5
NEWCOMER_SHARE = 0.3


def gold_count(size: int, *, gold_answers: int, gold_share: float, rng: random.Random) -> int:
    """How many of `size` tasks should be gold, for a worker with `gold_answers` graded so far.

    Newcomers get more (about 30 % until five are graded), later the batch's share. Drawn at random
    so that a place in a suite tells nothing. At least one task of a suite is work, but a suite of one
    may be gold: nobody escapes being measured by asking for tasks one by one.
    """
    share = max(gold_share, NEWCOMER_SHARE) if gold_share and gold_answers < NEWCOMER_ANSWERS else gold_share
    drawn = sum(rng.random() < share for _ in range(size))
    return min(drawn, max(1, size - 1))
