"""Integer money: micros (millionths of the currency's unit), split without losing one."""

from __future__ import annotations

from collections.abc import Sequence

MICROS = 1_000_000
PPM = 1_000_000
MOST_MICROS = 2**63 - 1  # what an account can hold


def split_by_ratio(amount_micros: int, weights: Sequence[int]) -> list[int]:
    """Split `amount_micros` (>= 0) in proportion to `weights` (>= 0, not all 0) by largest remainder.

    The parts always add up to the amount; ties go to the earlier part.
    """
    total = sum(weights)
    if amount_micros < 0 or total <= 0 or min(weights) < 0:
        raise ValueError("an amount >= 0 and weights >= 0 with a positive sum are needed")
    parts = [amount_micros * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(amount_micros * weights[i] % total))
    for index in by_remainder[: amount_micros - sum(parts)]:
        parts[index] += 1
    return parts


def share_of(amount_micros: int, share_ppm: int) -> int:
    """`share_ppm` millionths of an amount, rounded up: fees never fall short of what was quoted."""
    return -(-amount_micros * share_ppm // PPM)


def as_text(amount_micros: int, currency: str) -> str:
    """An amount for people: at least two decimals, more only where they say something."""
    whole, rest = divmod(abs(amount_micros), MICROS)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    sign = "-" if amount_micros < 0 else ""
    return f"{sign}{whole:,}.{decimals} {currency}"
