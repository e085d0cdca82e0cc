"""What a batch can cost at most, and what it pays an hour. Pure integer arithmetic in micros."""

from __future__ import annotations

from typing import NamedTuple

from marketplace.ledger.money import share_of


class Terms(NamedTuple):
    """The prices and limits of a batch that decide its cost."""

    reward_micros: int
    expert_reward_micros: int
    fee_ppm: int
    max_overlap: int
    gold_max_overlap: int
    seconds_per_task: int


class Quote(NamedTuple):
    """The cost of a batch at worst and what a worker earns an hour, all in micros."""

    tasks: int
    gold_tasks: int
    worst_case_micros: int
    fee_micros: int
    hourly_micros: int


def quote(terms: Terms, *, tasks: int, gold_tasks: int) -> Quote:
    """The worst case: every task asked `max_overlap` times and then judged by an expert, every gold
    task asked `gold_max_overlap` times. Escrow holds this sum (fee included); what is not used
    returns to the client when the batch closes.

    `tasks` counts rows without a known answer, `gold_tasks` those with one.
    """
    rewards = terms.reward_micros * (tasks * terms.max_overlap + gold_tasks * terms.gold_max_overlap)
    experts = terms.expert_reward_micros * tasks
    # the fee is rounded up per payment, so hold it per answer and per verdict, not on the sum
    fee = (
        share_of(terms.reward_micros, terms.fee_ppm)
        * (tasks * terms.max_overlap + gold_tasks * terms.gold_max_overlap)
        + share_of(terms.expert_reward_micros, terms.fee_ppm) * tasks
    )
    hourly = hourly_micros(terms.reward_micros, terms.seconds_per_task)
    return Quote(tasks, gold_tasks, rewards + experts + fee, fee, hourly)


def hourly_micros(reward_micros: int, seconds_per_task: int) -> int:
    """What a reward comes to in an hour of work at so many seconds a task."""
    return reward_micros * 3600 // max(1, seconds_per_task)
